// session/quic_clock.h - the time that a connection tells ngtcp2: nanoseconds, ahead of ours by what was skipped.
//
// Why:     the wait for an answer doubles with each attempt that comes to nothing, and ngtcp2 has no way to shorten it; but what
//          time it is, it hears from us.
// Time:    never goes backwards as long as `now` does not.  Threads: single owner.
#pragma once

#include <cstdint>

#include "base/time.h"

namespace starling::session {

class QuicClock {
 public:
  [[nodiscard]] uint64_t stamp_of(Instant now) const {
    return static_cast<uint64_t>((now + ahead_).time_since_epoch().count());
  }
  // kNever for what ngtcp2 has no time for, which it says with the largest number.
  [[nodiscard]] Instant instant_of(uint64_t stamp) const {
    return stamp > static_cast<uint64_t>(kNever.time_since_epoch().count())
               ? kNever
               : Instant(Duration(static_cast<int64_t>(stamp))) - ahead_;
  }
  // So much time passes for the connection at once. Pre: time >= 0.
  void skip(Duration time) { ahead_ += time; }

 private:
  Duration ahead_{};
};

}  // namespace starling::session
