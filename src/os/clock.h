// os/clock.h - the computer's clocks.
//
// Instants count from the start of CLOCK_MONOTONIC, as std::chrono::steady_clock's do.
#pragma once

#include <chrono>

#include "base/time.h"

namespace starling::os {

inline Instant monotonic_now() {
  return Instant{
      std::chrono::duration_cast<Duration>(std::chrono::steady_clock::now().time_since_epoch())};
}

inline WallTime wall_now() {
  const auto since_1970 = std::chrono::system_clock::now().time_since_epoch();
  return {std::chrono::floor<std::chrono::seconds>(since_1970).count()};
}

}  // namespace starling::os
