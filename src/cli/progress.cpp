#include "cli/progress.h"

#include <csignal>
#include <fmt/ostream.h>

namespace starling::cli {
namespace {

volatile std::sig_atomic_t interrupted = 0;

void note_interrupt(int signal) {
  interrupted = 1;
  std::signal(signal, SIG_DFL);
}

}  // namespace

InterruptWatch::InterruptWatch() {
  interrupted = 0;
  before_interrupt_ = std::signal(SIGINT, note_interrupt);
  before_terminate_ = std::signal(SIGTERM, note_interrupt);
}

InterruptWatch::~InterruptWatch() {
  std::signal(SIGINT, before_interrupt_);
  std::signal(SIGTERM, before_terminate_);
}

bool InterruptWatch::came() const { return interrupted != 0; }

ProgressLine::~ProgressLine() {
  if (shown_) fmt::print(console_.err, "\r\033[K");
  console_.err.flush();
}

void ProgressLine::show(const std::string& text) {
  if (!console_.err_is_terminal) return;
  fmt::print(console_.err, "\r{}\033[K", text);
  console_.err.flush();
  shown_ = true;
}

}  // namespace starling::cli
