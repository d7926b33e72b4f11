#include "sim/paths.h"

#include <gtest/gtest.h>

namespace starling::sim {
namespace paths_test {

constexpr HostId kA{0};
constexpr HostId kB{1};
constexpr HostId kC{2};
constexpr Instant kNow{100s};
constexpr int kPackets = 20'000;

Paths paths_with(const LinkProperties& link) {
  Paths paths(42);
  paths.set_default(link);
  return paths;
}

TEST(PathsTest, DelaysByExactlyTheLatencyByDefault) {
  Paths paths = paths_with({.latency = 35ms});
  const Transit transit = paths.transit(kNow, kA, kB, 1500);
  EXPECT_FALSE(transit.drop);
  EXPECT_EQ(transit.arrival, kNow + 35ms);
  EXPECT_FALSE(transit.copy_arrival);
}

TEST(PathsTest, DropsOnlyWhatIsAboveTheMtu) {
  Paths paths = paths_with({.mtu = 1280});
  EXPECT_FALSE(paths.transit(kNow, kA, kB, 1280).drop);
  EXPECT_EQ(paths.transit(kNow, kA, kB, 1281).drop, PacketFate::too_big);
}

TEST(PathsTest, LosesTheFractionThatWasAskedFor) {
  Paths paths = paths_with({.loss = 0.2});
  int lost = 0;
  for (int i = 0; i < kPackets; ++i) lost += paths.transit(kNow, kA, kB, 100).drop ? 1 : 0;
  // Five standard deviations: 5 * sqrt(20000 * 0.2 * 0.8) = 283.
  EXPECT_NEAR(lost, kPackets * 0.2, 283);
}

TEST(PathsTest, SpreadsJitterUniformlyWithoutReordering) {
  Paths paths = paths_with({.latency = 10ms, .jitter = 20ms});
  double sum_ms = 0;
  Instant last{};
  for (int i = 0; i < kPackets; ++i) {
    // So far apart that no packet catches up with another.
    const Instant now = kNow + i * 100ms;
    const Transit transit = paths.transit(now, kA, kB, 100);
    EXPECT_GE(transit.arrival, now + 10ms);
    EXPECT_LE(transit.arrival, now + 30ms);
    sum_ms += to_seconds(transit.arrival - now) * 1e3;
  }
  EXPECT_NEAR(sum_ms / kPackets, 20, 0.25);
  for (int i = 0; i < kPackets; ++i) {
    const Transit transit = paths.transit(kNow + 10000s, kA, kB, 100);
    EXPECT_GE(transit.arrival, last);
    last = transit.arrival;
  }
}

TEST(PathsTest, DelaysTheReorderedFractionByUpToFourTimesTheUsual) {
  Paths paths = paths_with({.latency = 10ms, .reorder = 0.1});
  int reordered = 0;
  for (int i = 0; i < kPackets; ++i) {
    const Transit transit = paths.transit(kNow, kA, kB, 100);
    reordered += transit.reordered ? 1 : 0;
    EXPECT_GE(transit.arrival, kNow + 10ms);
    EXPECT_LE(transit.arrival, kNow + (transit.reordered ? 50ms : 10ms));
  }
  EXPECT_NEAR(reordered, kPackets * 0.1, 213);
}

TEST(PathsTest, DuplicatesTheFractionThatWasAskedFor) {
  Paths paths = paths_with({.duplicate = 0.3});
  int copies = 0;
  for (int i = 0; i < kPackets; ++i) {
    const Transit transit = paths.transit(kNow, kA, kB, 100);
    if (!transit.copy_arrival) continue;
    ++copies;
    EXPECT_GE(*transit.copy_arrival, transit.arrival);
  }
  EXPECT_NEAR(copies, kPackets * 0.3, 325);
}

TEST(PathsTest, SendsOnePacketAfterAnotherAtTheRateAndDropsWhatWouldWaitTooLong) {
  // 1,000 bytes take 1 ms.
  Paths paths = paths_with({.latency = 10ms, .bytes_per_s = 1e6, .queue_ms_max = 5});
  for (int i = 1; i <= 6; ++i) {
    EXPECT_EQ(paths.transit(kNow, kA, kB, 1000).arrival, kNow + 10ms + i * 1ms);
  }
  EXPECT_EQ(paths.transit(kNow, kA, kB, 1000).drop, PacketFate::queue_full);
  EXPECT_FALSE(paths.transit(kNow + 1ms, kA, kB, 1000).drop);
  // The other direction has a queue of its own.
  EXPECT_EQ(paths.transit(kNow, kB, kA, 1000).arrival, kNow + 11ms);
}

TEST(PathsTest, TakesPropertiesOfAPairBeforeTheDefault) {
  Paths paths = paths_with({.latency = 10ms});
  paths.set_one_way(kA, kB, {.latency = 70ms});
  EXPECT_EQ(paths.transit(kNow, kA, kB, 100).arrival, kNow + 70ms);
  EXPECT_EQ(paths.transit(kNow, kB, kA, 100).arrival, kNow + 10ms);
  paths.set_one_way(kA, kB, {.latency = 20ms});
  paths.set_default({.latency = 30ms});
  EXPECT_EQ(paths.transit(kNow, kA, kB, 100).arrival, kNow + 20ms);
  EXPECT_EQ(paths.transit(kNow, kA, kC, 100).arrival, kNow + 30ms);
}

TEST(PathsTest, BlocksOneDirectionOnly) {
  Paths paths = paths_with({});
  paths.set_blocked_one_way(kA, kB, true);
  EXPECT_EQ(paths.transit(kNow, kA, kB, 100).drop, PacketFate::blocked);
  EXPECT_FALSE(paths.transit(kNow, kB, kA, 100).drop);
  paths.set_blocked_one_way(kA, kB, false);
  EXPECT_FALSE(paths.transit(kNow, kA, kB, 100).drop);
}

TEST(PathsTest, SeparatesGroupsAndKeepsTheUnlistedHostsTogether) {
  Paths paths = paths_with({});
  const HostId unlisted{7};
  const HostId another{8};
  paths.partition({{kA, kB}, {kC}});
  EXPECT_FALSE(paths.blocked(kA, kB));
  EXPECT_TRUE(paths.blocked(kA, kC));
  EXPECT_TRUE(paths.blocked(kC, unlisted));
  EXPECT_FALSE(paths.blocked(unlisted, another));
  paths.set_blocked_one_way(kA, kB, true);
  paths.heal();
  EXPECT_FALSE(paths.blocked(kA, kC));
  EXPECT_FALSE(paths.blocked(kA, kB));
}

TEST(PathsTest, SparesAHostsPacketsToItself) {
  Paths paths = paths_with({.loss = 1, .mtu = 0});
  paths.set_blocked_one_way(kA, kA, true);
  const Transit transit = paths.transit(kNow, kA, kA, 60'000);
  EXPECT_FALSE(transit.drop);
  EXPECT_EQ(transit.arrival, kNow + Paths::kLoopbackDelay);
}

}  // namespace paths_test
}  // namespace starling::sim
