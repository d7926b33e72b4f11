#include "link/rtt.h"

#include <gtest/gtest.h>

namespace starling::link {
namespace rtt_test {

TEST(RttEstimatorTest, AssumesTheInitialValueUntilTheFirstSample) {
  const RttEstimator rtt;
  EXPECT_FALSE(rtt.has_sample());
  EXPECT_EQ(rtt.smoothed(), RttEstimator::kInitial);
  EXPECT_EQ(rtt.timeout(), 3 * RttEstimator::kInitial);
}

TEST(RttEstimatorTest, TakesTheFirstSampleAsItIs) {
  RttEstimator rtt;
  rtt.add_sample(20ms);
  EXPECT_TRUE(rtt.has_sample());
  EXPECT_EQ(rtt.smoothed(), 20ms);
  EXPECT_EQ(rtt.timeout(), 60ms);
}

TEST(RttEstimatorTest, FollowsTheFormulasOfRfc6298) {
  RttEstimator rtt;
  rtt.add_sample(80ms);
  rtt.add_sample(160ms);
  // Deviation first, from the old mean: (3 x 40 + 80) / 4 = 50; then (7 x 80 + 160) / 8 = 90.
  EXPECT_EQ(rtt.smoothed(), 90ms);
  EXPECT_EQ(rtt.timeout(), 290ms);
}

TEST(RttEstimatorTest, SettlesOnASteadyPathAtTheGranularityOfTimers) {
  RttEstimator rtt;
  for (int i = 0; i < 100; ++i) rtt.add_sample(30ms);
  EXPECT_EQ(rtt.smoothed(), 30ms);
  EXPECT_EQ(rtt.timeout(), 30ms + RttEstimator::kGranularity);
}

TEST(RttEstimatorTest, AdaptsToASlowerPathWithinThirtySamples) {
  RttEstimator rtt;
  for (int i = 0; i < 50; ++i) rtt.add_sample(10ms);
  for (int i = 0; i < 30; ++i) rtt.add_sample(200ms);
  EXPECT_GT(rtt.smoothed(), 190ms);
  EXPECT_GE(rtt.timeout(), 200ms);
}

}  // namespace rtt_test
}  // namespace starling::link
