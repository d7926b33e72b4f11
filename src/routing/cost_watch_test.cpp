#include "routing/cost_watch.h"

#include <gtest/gtest.h>

#include "base/rng.h"

namespace starling::routing::cost_watch_test {
namespace {

TEST(CostWatchTest, FollowsALastingChangeAfterTenSeconds) {
  CostWatch watch(100);
  Instant now{1'000s};
  EXPECT_FALSE(watch.handle_measured(now, 150));
  EXPECT_FALSE(watch.handle_measured(now + 9s, 150));
  EXPECT_EQ(watch.handle_measured(now + 10s, 160), 160u);
  EXPECT_EQ(watch.proposed(), 160u);
  EXPECT_FALSE(watch.handle_measured(now + 11s, 160));
}

TEST(CostWatchTest, IgnoresWhatPassesAndWhatIsSmall) {
  CostWatch watch(100);
  Instant now{1'000s};
  EXPECT_FALSE(watch.handle_measured(now, 150));
  EXPECT_FALSE(watch.handle_measured(now + 5s, 101));
  EXPECT_FALSE(watch.handle_measured(now + 10s, 150));
  EXPECT_FALSE(watch.handle_measured(now + 19s, 150));
  CostWatch small(3);
  EXPECT_FALSE(small.handle_measured(now, 4));
  EXPECT_FALSE(small.handle_measured(now + 1h, 4));
}

TEST(CostWatchTest, NoiseOfTwelvePerCentNeverMovesIt) {
  CostWatch watch(200);
  Rng rng(1);
  Instant now{1'000s};
  for (int i = 0; i < 10'000; ++i, now += 1s) {
    EXPECT_FALSE(watch.handle_measured(now, static_cast<Metric>(200 - 24 + rng.below(49))));
  }
}

TEST(CostOfRttTest, IsHalfTheRoundTripInMillisecondsAndOneForTheHop) {
  EXPECT_EQ(cost_of_rtt(Duration{}), 1u);
  EXPECT_EQ(cost_of_rtt(20ms), 11u);
  EXPECT_EQ(cost_of_rtt(1ms), 2u);
  EXPECT_EQ(cost_of_rtt(900us), 1u);
  EXPECT_EQ(cost_of_rtt(1h), kCostMax);
}

}  // namespace
}  // namespace starling::routing::cost_watch_test
