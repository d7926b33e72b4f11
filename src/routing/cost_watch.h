// routing/cost_watch.h - when the cost that was proposed for a link should follow what is measured now.
//
// How:     a new proposal is due when the measure has been off by more than kTolerance for kPatience: noise and short queues
//          must not move routes.
// Threads: single owner.
#pragma once

#include <cmath>
#include <optional>

#include "base/time.h"
#include "routing/types.h"

namespace starling::routing {

class CostWatch {
 public:
  static constexpr double kTolerance = 0.12;
  static constexpr Duration kPatience = 10s;
  // Differences below this are rounding.
  static constexpr double kUnitsMin = 1.5;

  explicit CostWatch(Metric proposed = 1) : proposed_(proposed) {}

  [[nodiscard]] Metric proposed() const { return proposed_; }
  // The cost to be proposed from now on, when that is another one.
  std::optional<Metric> handle_measured(Instant now, Metric measured) {
    const double difference = std::abs(static_cast<double>(measured) - proposed_);
    if (difference <= kTolerance * proposed_ || difference < kUnitsMin) {
      off_since_ = kNever;
      return std::nullopt;
    }
    if (off_since_ == kNever) off_since_ = now;
    if (now - off_since_ < kPatience) return std::nullopt;
    off_since_ = kNever;
    proposed_ = measured;
    return measured;
  }

 private:
  Metric proposed_;
  Instant off_since_ = kNever;
};

}  // namespace starling::routing
