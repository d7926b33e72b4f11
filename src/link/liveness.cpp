#include "link/liveness.h"

#include <cmath>

namespace starling::link {
namespace {

// The chance of silence by loss alone that we accept per decision.
constexpr double kFalseDeathChance = 1e-6;
// A lost probe counts more than an answered one, so that the estimate errs on the side of patience.
constexpr double kLossWeight = 1.0 / 16;
constexpr double kAnswerWeight = 1.0 / 64;

}  // namespace

Liveness::Liveness(Rng& rng, Instant now) : rng_(rng), last_heard_(now) {
  draw_idle_interval();
  arm_idle(now);
}

Duration Liveness::silence_limit(const RttEstimator& rtt) {
  return std::max({4 * rtt.smoothed(), rtt.timeout(), kSilenceMin});
}

int Liveness::silent_probes_max() const {
  const double needed = std::ceil(std::log(kFalseDeathChance) / std::log(probe_loss_));
  return std::clamp(static_cast<int>(needed), kSilentProbesMin, kSilentProbesMax);
}

void Liveness::arm_idle(Instant now) { next_timeout_ = now + idle_interval_; }

void Liveness::draw_idle_interval() {
  const double jitter = 0.9 + 0.2 * rng_.unit();
  idle_interval_ = std::chrono::duration_cast<Duration>(kIdleInterval * jitter);
}

void Liveness::handle_sent(Instant now) {
  if (unanswered_since_ != kNever) return;
  unanswered_since_ = now;
  // The timer that handle_timeout() arms needs the rtt; until then look again after the least silence.
  if (probes_silent_ == 0) next_timeout_ = std::min(next_timeout_, now + kSilenceMin);
}

void Liveness::handle_heard(Instant now) {
  last_heard_ = now;
  unanswered_since_ = kNever;
  suspected_ = false;
  if (probes_silent_ > 0) {
    // The last probe was answered, or the peer spoke by itself; the ones before it were lost.
    for (int lost = 1; lost < probes_silent_; ++lost) {
      probe_loss_ += (1 - probe_loss_) * kLossWeight;
    }
    probe_loss_ -= probe_loss_ * kAnswerWeight;
    probe_loss_ = std::clamp(probe_loss_, 0.005, 0.5);
    probes_silent_ = 0;
  }
  arm_idle(now);
}

void Liveness::suspect(Instant now) {
  if (probes_silent_ > 0) return;
  suspected_ = true;
  next_timeout_ = now;
}

LivenessAction Liveness::handle_timeout(Instant now, const RttEstimator& rtt) {
  if (now < next_timeout_) return LivenessAction::none;
  const Duration limit = silence_limit(rtt);
  if (probes_silent_ == 0) {
    const bool idle_too_long = now - last_heard_ >= idle_interval_;
    const bool waits = unanswered_since_ != kNever;
    if (!idle_too_long && !suspected_ && waits && now - unanswered_since_ < limit) {
      next_timeout_ = unanswered_since_ + limit;
      return LivenessAction::none;
    }
    probes_limit_ = suspected_ || waits ? silent_probes_max() : kSilentProbesMax;
    suspected_ = false;
    draw_idle_interval();
  }
  if (probes_silent_ >= probes_limit_) {
    next_timeout_ = kNever;
    return LivenessAction::dead;
  }
  ++probes_silent_;
  if (unanswered_since_ == kNever) unanswered_since_ = now;
  next_timeout_ = now + std::max(rtt.timeout(), kSilenceMin);
  return LivenessAction::send_probe;
}

}  // namespace starling::link
