// base/token_bucket.h - lets through at most `rate` units a second on average and `burst` at once.
//
// Time: `now` may repeat but never goes backwards. Single owner.
#pragma once

#include <algorithm>
#include <cstdint>

#include "base/time.h"

namespace starling {

class TokenBucket {
 public:
  TokenBucket(double rate_per_s, double burst) : rate_(rate_per_s), burst_(burst), tokens_(burst) {}

  // Takes `amount` tokens, or none and returns false when there are fewer.
  bool take(Instant now, double amount = 1) {
    refill(now);
    if (tokens_ < amount) return false;
    tokens_ -= amount;
    return true;
  }
  // Tokens there at `now`.
  double available(Instant now) {
    refill(now);
    return tokens_;
  }

 private:
  void refill(Instant now) {
    if (started_) tokens_ = std::min(burst_, tokens_ + rate_ * to_seconds(now - last_));
    last_ = now;
    started_ = true;
  }

  double rate_;
  double burst_;
  double tokens_;
  Instant last_{};
  bool started_ = false;
};

}  // namespace starling
