// os/signals.h - turns the first SIGINT or SIGTERM into a call on the event loop.
//
// After that call, and after destruction, the signals have their default effect again: a second
// Ctrl-C ends a process that hangs while it stops.
#pragma once

#include <functional>
#include <memory>

#include "os/event_loop.h"

namespace starling::os {

class SignalWatch {
 public:
  // `loop` is borrowed. `signalled` is called at most once and may destroy this object.
  SignalWatch(EventLoop& loop, std::function<void()> signalled);
  ~SignalWatch();
  SignalWatch(const SignalWatch&) = delete;
  SignalWatch& operator=(const SignalWatch&) = delete;

 private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace starling::os
