// link/liveness.h - decides whether one neighbour is still reachable.
//
// How:     a probe goes out when we sent something and heard nothing for max(4 x smoothed rtt, 100 ms), when the link was
//          idle for kIdleInterval, or at once after suspect(). Silent probes repeat; `silent_probes_max` of them in a row
//          mean dead: three on a clean link, more where probes are known to get lost, and kSilentProbesMax on an idle link,
//          where nobody waits: so a fresh link learns what its path loses before that can cost the link.
// Drive:   call the handle_* for what happens; when now >= next_timeout(), handle_timeout() says what to do.
// Time:    `now` never goes backwards.  Threads: single owner.
// Wire:    decides only; docs/wire/link.md#liveness.
#pragma once

#include "base/rng.h"
#include "base/time.h"
#include "link/rtt.h"

namespace starling::link {

enum class LivenessAction : uint8_t { none, send_probe, dead };

class Liveness {
 public:
  static constexpr Duration kSilenceMin = 100ms;
  static constexpr Duration kIdleInterval = 10s;
  static constexpr int kSilentProbesMin = 3;
  // At most so many, or a lossy link would be declared dead too late to be of use: 12 probes are about 1.2 s.
  static constexpr int kSilentProbesMax = 12;

  // One draw of `rng` per row of probes: a jitter of 10 %, so that links do not probe in step.
  Liveness(Rng& rng, Instant now);

  // We sent something that the peer will answer or acknowledge.
  void handle_sent(Instant now);
  // Anything authentic arrived.
  void handle_heard(Instant now);
  // Somebody says that the peer is gone: probe now.
  void suspect(Instant now);
  LivenessAction handle_timeout(Instant now, const RttEstimator& rtt);
  [[nodiscard]] Instant next_timeout() const { return next_timeout_; }

  [[nodiscard]] Instant last_heard() const { return last_heard_; }
  [[nodiscard]] bool is_probing() const { return probes_silent_ > 0; }
  // Probes sent since we heard from the peer.
  [[nodiscard]] int probes_silent() const { return probes_silent_; }
  // Share of probes that stay without answer, as seen so far; leans towards too high.
  [[nodiscard]] double probe_loss() const { return probe_loss_; }

 private:
  [[nodiscard]] static Duration silence_limit(const RttEstimator& rtt);
  void arm_idle(Instant now);
  void draw_idle_interval();
  // Silent probes that mean "dead": so many that chance would need longer than years.
  [[nodiscard]] int silent_probes_max() const;

  Rng& rng_;
  Duration idle_interval_ = kIdleInterval;
  Instant last_heard_;
  Instant unanswered_since_ = kNever;  // first send after last_heard_
  Instant next_timeout_ = kNever;
  bool suspected_ = false;
  int probes_silent_ = 0;
  int probes_limit_ = kSilentProbesMin;
  double probe_loss_ = 0.005;
};

}  // namespace starling::link
