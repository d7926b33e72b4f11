// cli/progress.h - what long work shows meanwhile, and how it learns of Ctrl-C.
#pragma once

#include <string>

#include "cli/commands.h"

namespace starling::cli {

// While it lives, Ctrl-C (and SIGTERM) is noted instead of ending the program; a second one ends it. One at a time.
class InterruptWatch {
 public:
  InterruptWatch();
  InterruptWatch(const InterruptWatch&) = delete;
  InterruptWatch& operator=(const InterruptWatch&) = delete;
  ~InterruptWatch();
  [[nodiscard]] bool came() const;

 private:
  void (*before_interrupt_)(int);
  void (*before_terminate_)(int);
};

// One line on standard error that is written over again and again; nothing where nobody watches.
class ProgressLine {
 public:
  // Borrows `console`.
  explicit ProgressLine(const Console& console) : console_(console) {}
  ProgressLine(const ProgressLine&) = delete;
  ProgressLine& operator=(const ProgressLine&) = delete;
  ~ProgressLine();
  void show(const std::string& text);

 private:
  const Console& console_;
  bool shown_ = false;
};

}  // namespace starling::cli
