// node/sleep_schedule.h - when a leaf is awake and when it sleeps.
//
// How:     it stays awake for kAwake after the last time something was going on, then sleeps; it wakes after `sleep`, or when
//          somebody wants the network.
// Drive:   poll() when next_timeout() is due, and after wake(); it says what to do.
// Threads: single owner.
#pragma once

#include <algorithm>
#include <cstdint>

#include "base/time.h"

namespace starling::node {

class SleepSchedule {
 public:
  static constexpr Duration kAwake = 10s;
  // A node that starts has to find its place first.
  static constexpr Duration kAwakeFirst = 60s;

  // `sleep`: zero for a node that never does.
  explicit SleepSchedule(Duration sleep) : sleep_(sleep) {}

  void start(Instant now) {
    if (sleep_ > Duration::zero()) turns_at_ = now + kAwakeFirst;
  }
  // Nothing happens to who is awake, but that it stays so.
  void wake(Instant now) {
    if (turns_at_ == kNever) return;
    turns_at_ = is_asleep_ ? now : std::max(turns_at_, now + kAwake);
  }
  enum class Step : uint8_t { none, fall_asleep, wake_up };
  // `is_busy`: something is going on that sleep would interrupt.
  Step poll(Instant now, bool is_busy) {
    if (now < turns_at_) return Step::none;
    if (!is_asleep_ && is_busy) {
      turns_at_ = now + kAwake;
      return Step::none;
    }
    is_asleep_ = !is_asleep_;
    turns_at_ = now + (is_asleep_ ? sleep_ : kAwake);
    return is_asleep_ ? Step::fall_asleep : Step::wake_up;
  }
  [[nodiscard]] bool is_asleep() const { return is_asleep_; }
  [[nodiscard]] Instant next_timeout() const { return turns_at_; }

 private:
  Duration sleep_;
  bool is_asleep_ = false;
  Instant turns_at_ = kNever;
};

}  // namespace starling::node
