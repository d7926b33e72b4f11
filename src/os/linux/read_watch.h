// os/linux/read_watch.h - calls a function on the event loop while a descriptor has something to read.
//
// The function is called again as long as something is left, so it need not read everything at once.
#pragma once

#include <functional>
#include <memory>

#include "os/event_loop.h"

namespace starling::os {

class ReadWatch {
 public:
  // `loop` and the descriptor are borrowed; the descriptor must stay open as long as this object
  // lives and be non-blocking. `readable` is also called for an error that the next read will
  // report. It may destroy this object.
  ReadWatch(EventLoop& loop, int descriptor, std::function<void()> readable);
  ~ReadWatch();
  ReadWatch(const ReadWatch&) = delete;
  ReadWatch& operator=(const ReadWatch&) = delete;

 private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace starling::os
