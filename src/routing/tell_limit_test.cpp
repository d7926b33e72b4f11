#include "routing/tell_limit.h"

#include <gtest/gtest.h>

namespace starling::routing {
namespace tell_limit_test {

// News of `slot` that are told within `time` when there is something new every 100 ms, in an epoch of its own if so said.
int told_within(Duration time, bool new_epochs) {
  TellLimit limit;
  int told = 0;
  uint32_t epoch = 1;
  for (Instant now{1h}; now < Instant{1h} + time; now += 100ms) {
    if (new_epochs) ++epoch;
    if (now < limit.free_at(7, epoch)) continue;
    limit.take(now, 7, epoch);
    ++told;
  }
  return told;
}

TEST(TellLimitTest, LetsAFewThroughAtOnceAndThenOneEachInterval) {
  EXPECT_EQ(told_within(1s, false), TellLimit::kBurst - TellLimit::kEpochCost + 1);
  EXPECT_EQ(told_within(100 * TellLimit::kInterval, false),
            100 + TellLimit::kBurst - TellLimit::kEpochCost);
}

TEST(TellLimitTest, NewEpochsCostMore) {
  EXPECT_EQ(told_within(1s, true), TellLimit::kBurst / TellLimit::kEpochCost);
  EXPECT_EQ(told_within(100 * TellLimit::kInterval, true), 22);
}

TEST(TellLimitTest, OneDestinationDoesNotPayForAnother) {
  TellLimit limit;
  const Instant now{1h};
  while (now >= limit.free_at(1, 1)) limit.take(now, 1, 1);
  EXPECT_LE(limit.free_at(2, 1), now);
}

TEST(TellLimitTest, ForgetsWhoOwesNothing) {
  TellLimit limit;
  const Instant now{1h};
  limit.take(now, 1, 1);
  limit.expire(now);
  EXPECT_EQ(limit.size(), 1U);
  limit.expire(now + TellLimit::kEpochCost * TellLimit::kInterval);
  EXPECT_EQ(limit.size(), 0U);
}

}  // namespace tell_limit_test
}  // namespace starling::routing
