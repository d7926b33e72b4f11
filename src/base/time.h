// base/time.h - the two notions of time.
//
// Instant: monotonic, starts anywhere, never goes backwards; all timers use it. In the simulator it is virtual.
// WallTime: seconds since 1970 as the computer believes; it may be wrong (docs/wire/link.md#clocks), so nothing
// that must be safe depends on it.
#pragma once

#include <chrono>
#include <cstdint>

namespace starling {

using namespace std::chrono_literals;

using Duration = std::chrono::nanoseconds;

struct MonotonicClock {
  using duration = Duration;
  using rep = duration::rep;
  using period = duration::period;
  using time_point = std::chrono::time_point<MonotonicClock>;
  static constexpr bool is_steady = true;
};
using Instant = MonotonicClock::time_point;

// A timer that is not set.
inline constexpr Instant kNever = Instant::max();

struct WallTime {
  int64_t unix_seconds = 0;
  friend constexpr auto operator<=>(const WallTime&, const WallTime&) = default;
};

constexpr int64_t to_us(Duration duration) {
  return std::chrono::duration_cast<std::chrono::microseconds>(duration).count();
}
constexpr int64_t to_ms(Duration duration) {
  return std::chrono::duration_cast<std::chrono::milliseconds>(duration).count();
}
constexpr double to_seconds(Duration duration) {
  return std::chrono::duration<double>(duration).count();
}
constexpr Duration from_seconds(double seconds) {
  return std::chrono::duration_cast<Duration>(std::chrono::duration<double>(seconds));
}

}  // namespace starling
