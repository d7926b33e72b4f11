#include "reach/clock_offsets.h"

#include <gtest/gtest.h>

namespace starling::reach {
namespace clock_offsets_test {

crypto::NodeKey key_of(uint8_t number) {
  crypto::NodeKey key;
  key.value[0] = number;
  return key;
}

TEST(ClockOffsetsTest, TwoNeighboursAreNoMajority) {
  ClockOffsets offsets;
  offsets.add_reading(key_of(1), WallTime{1000}, WallTime{5000});
  offsets.add_reading(key_of(2), WallTime{1000}, WallTime{5000});
  EXPECT_EQ(offsets.median_seconds(), std::nullopt);
}

TEST(ClockOffsetsTest, AMinorityOfLiarsDoesNotMoveTheMedian) {
  ClockOffsets offsets;
  for (uint8_t i = 0; i < 5; ++i) offsets.add_reading(key_of(i), WallTime{1000}, WallTime{1002});
  for (uint8_t i = 5; i < 9; ++i) offsets.add_reading(key_of(i), WallTime{1000}, WallTime{999'999});
  EXPECT_EQ(offsets.median_seconds(), 2);
}

TEST(ClockOffsetsTest, ANeighbourHasOneReadingHoweverOftenItLinks) {
  ClockOffsets offsets;
  for (int i = 0; i < 50; ++i) offsets.add_reading(key_of(1), WallTime{1000}, WallTime{9000});
  offsets.add_reading(key_of(2), WallTime{1000}, WallTime{1001});
  offsets.add_reading(key_of(3), WallTime{1000}, WallTime{1000});
  EXPECT_EQ(offsets.median_seconds(), 1);
}

TEST(ClockOffsetsTest, OldReadingsGoWhenThereAreTooMany) {
  ClockOffsets offsets;
  for (uint8_t i = 0; i < 40; ++i) offsets.add_reading(key_of(i), WallTime{0}, WallTime{500});
  for (uint8_t i = 40; i < 72; ++i) offsets.add_reading(key_of(i), WallTime{0}, WallTime{0});
  EXPECT_EQ(offsets.median_seconds(), 0);
}

}  // namespace clock_offsets_test
}  // namespace starling::reach
