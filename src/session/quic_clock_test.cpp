#include "session/quic_clock.h"

#include <gtest/gtest.h>

namespace starling::session {
namespace quic_clock_test {

TEST(QuicClockTest, RunsAheadByWhatWasSkipped) {
  QuicClock clock;
  const Instant now{5s};
  EXPECT_EQ(clock.stamp_of(now), 5'000'000'000U);
  clock.skip(3s);
  clock.skip(1s);
  EXPECT_EQ(clock.stamp_of(now), 9'000'000'000U);
  EXPECT_EQ(clock.instant_of(9'000'000'000U), now);
}

TEST(QuicClockTest, NeverStaysNever) {
  QuicClock clock;
  EXPECT_EQ(clock.instant_of(UINT64_MAX), kNever);
  clock.skip(3s);
  EXPECT_EQ(clock.instant_of(UINT64_MAX), kNever);
}

}  // namespace quic_clock_test
}  // namespace starling::session
