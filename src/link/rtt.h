// link/rtt.h - smoothed round-trip time and its deviation (RFC 6298 section 2).
#pragma once

#include <algorithm>
#include <cstdlib>

#include "base/time.h"

namespace starling::link {

class RttEstimator {
 public:
  // Assumed until the first sample.
  static constexpr Duration kInitial = 100ms;
  // The granularity of timers, as G in RFC 6298.
  static constexpr Duration kGranularity = 1ms;

  void add_sample(Duration sample) {
    if (!has_sample_) {
      smoothed_ = sample;
      deviation_ = sample / 2;
      has_sample_ = true;
      return;
    }
    const Duration error = std::chrono::abs(smoothed_ - sample);
    deviation_ = (3 * deviation_ + error) / 4;
    smoothed_ = (7 * smoothed_ + sample) / 8;
  }
  [[nodiscard]] bool has_sample() const { return has_sample_; }
  [[nodiscard]] Duration smoothed() const { return smoothed_; }
  // How long an answer may reasonably take: smoothed + max(4 x deviation, granularity).
  [[nodiscard]] Duration timeout() const {
    return smoothed_ + std::max(4 * deviation_, kGranularity);
  }

 private:
  Duration smoothed_ = kInitial;
  Duration deviation_ = kInitial / 2;
  bool has_sample_ = false;
};

}  // namespace starling::link
