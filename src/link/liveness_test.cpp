#include "link/liveness.h"

#include <gtest/gtest.h>
#include <set>
#include <vector>

namespace starling::link {
namespace liveness_test {

constexpr Instant kStart = Instant{} + 1h;

RttEstimator settled_rtt(Duration rtt) {
  RttEstimator estimator;
  for (int i = 0; i < 50; ++i) estimator.add_sample(rtt);
  return estimator;
}

// One side that probes a peer that answers each probe that reaches it, over a path that loses
// packets.
struct ProbedPeer {
  ProbedPeer(uint64_t seed, Duration round_trip_time, double loss)
      : rng(seed),
        round_trip(round_trip_time),
        loss_each_way(loss),
        rtt(settled_rtt(round_trip_time)) {}

  Rng rng;
  Duration round_trip;
  double loss_each_way;
  bool peer_is_up = true;
  RttEstimator rtt;
  Instant now = kStart;
  Liveness liveness{rng, kStart};
  std::set<Instant> answers;
  std::vector<Instant> probes;
  bool declared_dead = false;

  // Something that the peer answers, a probe or traffic, goes out now.
  void send() {
    liveness.handle_sent(now);
    const bool answered = !rng.chance(loss_each_way) && !rng.chance(loss_each_way);
    if (peer_is_up && answered) answers.insert(now + round_trip);
  }
  // Until `end` or until the peer is declared dead.
  void run_until(Instant end) {
    while (!declared_dead) {
      const bool answer_first = !answers.empty() && *answers.begin() <= liveness.next_timeout();
      const Instant next = answer_first ? *answers.begin() : liveness.next_timeout();
      if (next > end) break;
      now = next;
      if (answer_first) {
        answers.erase(answers.begin());
        liveness.handle_heard(now);
        continue;
      }
      const auto action = liveness.handle_timeout(now, rtt);
      declared_dead = action == LivenessAction::dead;
      if (action != LivenessAction::send_probe) continue;
      probes.push_back(now);
      send();
    }
    if (!declared_dead) now = end;
  }
  void run_for(Duration duration) { run_until(now + duration); }
};

TEST(LivenessTest, FindsADeadPeerWithinHalfASecondOfTheFirstUnansweredSendOnACleanLink) {
  ProbedPeer peer(1, 10ms, 0);
  peer.run_for(10min);
  ASSERT_FALSE(peer.declared_dead);
  peer.peer_is_up = false;
  peer.probes.clear();
  const Instant sent_at = peer.now;
  peer.send();
  peer.run_for(1min);
  EXPECT_TRUE(peer.declared_dead);
  EXPECT_EQ(peer.probes.size(), 3u);
  EXPECT_LE(peer.now - sent_at, 500ms);
}

TEST(LivenessTest, FindsADeadPeerWithinHalfASecondOnAFreshLinkToo) {
  ProbedPeer peer(1, 10ms, 0);
  peer.peer_is_up = false;
  peer.run_for(3s);
  const Instant sent_at = peer.now;
  peer.send();
  peer.run_for(1min);
  EXPECT_TRUE(peer.declared_dead);
  EXPECT_LE(peer.now - sent_at, 500ms);
}

TEST(LivenessTest, IdleProbingForADayNeverCallsALivePeerDeadAtTenPercentLossEachWay) {
  for (uint64_t seed = 1; seed <= 200; ++seed) {
    SCOPED_TRACE(seed);
    ProbedPeer peer(seed, 10ms, 0.1);
    peer.run_for(24h);
    EXPECT_FALSE(peer.declared_dead) << "after " << to_seconds(peer.now - kStart) << " s";
    EXPECT_GT(peer.probes.size(), 8'000u);
  }
}

TEST(LivenessTest, TrafficForAnHourNeverCallsALivePeerDeadAtTenPercentLossEachWay) {
  for (uint64_t seed = 1; seed <= 20; ++seed) {
    SCOPED_TRACE(seed);
    ProbedPeer peer(seed, 10ms, 0.1);
    peer.run_for(1h);  // long enough to learn the loss
    for (int i = 0; i < 3'600 && !peer.declared_dead; ++i) {
      peer.send();
      peer.run_for(1s);
    }
    EXPECT_FALSE(peer.declared_dead);
  }
}

TEST(LivenessTest, FindsADeadPeerOnALossyLinkWithinTwoSeconds) {
  for (uint64_t seed = 1; seed <= 20; ++seed) {
    SCOPED_TRACE(seed);
    ProbedPeer peer(seed, 10ms, 0.1);
    peer.run_for(1h);
    ASSERT_FALSE(peer.declared_dead);
    peer.peer_is_up = false;
    const Instant sent_at = peer.now;
    peer.send();
    peer.run_for(1min);
    EXPECT_TRUE(peer.declared_dead);
    EXPECT_LE(peer.now - sent_at, 2s);
  }
}

TEST(LivenessTest, ASilentIdlePeerIsFoundWithinThirteenSeconds) {
  for (uint64_t seed = 1; seed <= 20; ++seed) {
    ProbedPeer peer(seed, 10ms, 0.05);
    peer.run_for(1h);
    peer.peer_is_up = false;
    const Instant died_at = peer.now;
    peer.run_for(1min);
    EXPECT_TRUE(peer.declared_dead);
    EXPECT_LE(peer.now - died_at, 13s);
  }
}

TEST(LivenessTest, ProbesAnIdleLinkBetweenNineAndElevenSecondsAfterItWasHeard) {
  ProbedPeer peer(7, 10ms, 0);
  peer.run_for(1h);
  ASSERT_GT(peer.probes.size(), 300u);
  std::set<Duration> intervals;
  Instant heard = kStart;
  for (const Instant probe : peer.probes) {
    EXPECT_GE(probe - heard, 9s);
    EXPECT_LE(probe - heard, 11s);
    intervals.insert(probe - heard);
    heard = probe + peer.round_trip;
  }
  EXPECT_GT(intervals.size(), 100u) << "links must not probe in step";
}

TEST(LivenessTest, DoesNotProbeWhileThePeerIsHeard) {
  Rng rng(1);
  Liveness liveness(rng, kStart);
  const auto rtt = settled_rtt(10ms);
  Instant now = kStart;
  for (int i = 0; i < 10'000; ++i) {
    now += 50ms;
    liveness.handle_sent(now);
    EXPECT_EQ(liveness.handle_timeout(now, rtt), LivenessAction::none);
    now += 10ms;
    liveness.handle_heard(now);
    EXPECT_EQ(liveness.handle_timeout(now, rtt), LivenessAction::none);
    EXPECT_FALSE(liveness.is_probing());
  }
  EXPECT_EQ(liveness.last_heard(), now);
}

TEST(LivenessTest, WaitsFourRoundTripsForAnAnswerOnASlowPath) {
  Rng rng(1);
  Liveness liveness(rng, kStart);
  const auto rtt = settled_rtt(300ms);
  const Instant sent_at = kStart + 1s;
  liveness.handle_sent(sent_at);
  while (liveness.handle_timeout(liveness.next_timeout(), rtt) == LivenessAction::none) {
    ASSERT_LE(liveness.next_timeout(), sent_at + 1'200ms);
  }
  EXPECT_TRUE(liveness.is_probing());
  EXPECT_EQ(liveness.next_timeout(), sent_at + 1'200ms + rtt.timeout());
}

TEST(LivenessTest, LaterSendsDoNotPutTheProbeOff) {
  Rng rng(1);
  Liveness liveness(rng, kStart);
  const auto rtt = settled_rtt(10ms);
  Instant now = kStart + 1s;
  int probes = 0;
  for (int i = 0; i <= 10; ++i, now += 10ms) {
    liveness.handle_sent(now);
    if (liveness.handle_timeout(now, rtt) == LivenessAction::send_probe) ++probes;
  }
  EXPECT_EQ(probes, 1);
}

TEST(LivenessTest, ASuspicionProbesAtOnceOnAnIdleLink) {
  Rng rng(1);
  Liveness liveness(rng, kStart);
  liveness.suspect(kStart + 1s);
  EXPECT_EQ(liveness.next_timeout(), kStart + 1s);
  EXPECT_EQ(liveness.handle_timeout(kStart + 1s, settled_rtt(10ms)), LivenessAction::send_probe);
}

TEST(LivenessTest, ASuspicionProbesAtOnceAlsoRightAfterASend) {
  Rng rng(1);
  Liveness liveness(rng, kStart);
  liveness.handle_sent(kStart + 995ms);
  liveness.suspect(kStart + 1s);
  EXPECT_EQ(liveness.next_timeout(), kStart + 1s);
  EXPECT_EQ(liveness.handle_timeout(kStart + 1s, settled_rtt(10ms)), LivenessAction::send_probe);
}

TEST(LivenessTest, ASuspicionProbesAtOnceAlsoOnAVerySlowPath) {
  Rng rng(1);
  Liveness liveness(rng, kStart);
  liveness.suspect(kStart + 1s);
  EXPECT_EQ(liveness.handle_timeout(kStart + 1s, settled_rtt(4s)), LivenessAction::send_probe);
}

TEST(LivenessTest, ASuspicionWithALivePeerCostsOneProbe) {
  ProbedPeer peer(1, 10ms, 0);
  peer.run_for(1s);
  peer.liveness.suspect(peer.now);
  peer.run_for(5s);
  EXPECT_FALSE(peer.declared_dead);
  EXPECT_EQ(peer.probes.size(), 1u);
  EXPECT_FALSE(peer.liveness.is_probing());
}

TEST(LivenessTest, SuspicionsWhileProbingDoNotSpeedItUp) {
  Rng rng(1);
  Liveness liveness(rng, kStart);
  const auto rtt = settled_rtt(10ms);
  liveness.suspect(kStart);
  ASSERT_EQ(liveness.handle_timeout(kStart, rtt), LivenessAction::send_probe);
  for (int i = 0; i < 20; ++i) {
    liveness.suspect(kStart + 1ms);
    EXPECT_EQ(liveness.handle_timeout(kStart + 1ms, rtt), LivenessAction::none);
  }
}

TEST(LivenessTest, AfterDeathThereIsNothingToWaitFor) {
  ProbedPeer peer(1, 10ms, 0);
  peer.peer_is_up = false;
  peer.run_for(1min);
  ASSERT_TRUE(peer.declared_dead);
  EXPECT_EQ(peer.liveness.next_timeout(), kNever);
}

TEST(LivenessTest, LearnsHowManyProbesGetLost) {
  ProbedPeer clean(1, 10ms, 0);
  clean.run_for(2h);
  EXPECT_LE(clean.liveness.probe_loss(), 0.01);
  ProbedPeer lossy(1, 10ms, 0.1);
  lossy.run_for(2h);
  EXPECT_GE(lossy.liveness.probe_loss(), 0.19);
  lossy.loss_each_way = 0;
  lossy.run_for(2h);
  EXPECT_LE(lossy.liveness.probe_loss(), 0.01);
}

}  // namespace liveness_test
}  // namespace starling::link
