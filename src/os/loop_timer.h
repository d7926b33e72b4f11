// os/loop_timer.h - env::Timer on the event loop.
//
// Arming for a later time than before, which is what cores do with every packet, costs no system
// work: the wait that is already under way ends, sees that it came too early, and waits again.
#pragma once

#include <functional>
#include <memory>

#include "env/runtime.h"
#include "os/event_loop.h"

namespace starling::os {

class LoopTimer final : public env::Timer {
 public:
  // `loop` is borrowed. `fire` may arm and may destroy this object.
  LoopTimer(EventLoop& loop, std::function<void()> fire);
  ~LoopTimer() override;
  LoopTimer(const LoopTimer&) = delete;
  LoopTimer& operator=(const LoopTimer&) = delete;

  void arm(Instant when) override;

 private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace starling::os
