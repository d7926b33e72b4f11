#include "base/rng.h"

#include <algorithm>
#include <array>
#include <gtest/gtest.h>
#include <random>

namespace starling {
namespace rng_test {

static_assert(std::uniform_random_bit_generator<Rng>);

// Computed with a separate implementation in Python of xoshiro256** seeded by splitmix64.
TEST(RngTest, DrawsTheSequenceOfASeparateImplementation) {
  Rng zero(0);
  for (const uint64_t expected :
       {0x99ec5f36cb75f2b4u, 0xbf6e1f784956452au, 0x1a5f849d4933e6e0u, 0x6aa594f1262d2d2cu}) {
    EXPECT_EQ(zero(), expected);
  }
  Rng one(1);
  for (const uint64_t expected :
       {0xb3f2af6d0fc710c5u, 0x853b559647364ceau, 0x92f89756082a4514u, 0x642e1c7bc266a3a7u}) {
    EXPECT_EQ(one(), expected);
  }
}

TEST(RngTest, EqualSeedsGiveEqualDrawsAndACopyContinuesAlike) {
  Rng first(42);
  Rng second(42);
  for (int i = 0; i < 100; ++i) ASSERT_EQ(first(), second());
  Rng copy = first;
  EXPECT_EQ(copy(), first());
}

TEST(RngTest, BelowStaysBelowItsBound) {
  Rng rng(2);
  for (const uint64_t bound : {uint64_t{1}, uint64_t{2}, uint64_t{3}, uint64_t{1000},
                               (uint64_t{1} << 63) + 1, Rng::max()}) {
    for (int i = 0; i < 1000; ++i) ASSERT_LT(rng.below(bound), bound);
  }
}

TEST(RngTest, BelowReachesEveryValueAboutEquallyOften) {
  Rng rng(3);
  std::array<int, 7> seen{};
  for (int i = 0; i < 70'000; ++i) ++seen[rng.below(seen.size())];
  // The standard deviation is 93: five of them either way.
  for (const int count : seen) EXPECT_NEAR(count, 10'000, 465);
}

// A bound of 3 * 2^62 makes a plain remainder favour the lowest third two to one.
TEST(RngTest, BelowDoesNotFavourSmallValuesForAHugeBound) {
  Rng rng(4);
  const uint64_t third = uint64_t{1} << 62;
  int in_lowest_third = 0;
  for (int i = 0; i < 30'000; ++i) in_lowest_third += rng.below(3 * third) < third ? 1 : 0;
  EXPECT_NEAR(in_lowest_third, 10'000, 410);
}

TEST(RngTest, BelowZeroIsAProgrammingError) {
  Rng rng(5);
  EXPECT_DEATH(rng.below(0), "bound > 0");
}

TEST(RngTest, UnitLiesInTheHalfOpenIntervalAndAveragesOneHalf) {
  Rng rng(6);
  double sum = 0;
  double smallest = 1;
  double largest = 0;
  for (int i = 0; i < 100'000; ++i) {
    const double draw = rng.unit();
    sum += draw;
    smallest = std::min(smallest, draw);
    largest = std::max(largest, draw);
  }
  EXPECT_GE(smallest, 0.0);
  EXPECT_LT(smallest, 0.001);
  EXPECT_LT(largest, 1.0);
  EXPECT_GT(largest, 0.999);
  EXPECT_NEAR(sum / 100'000, 0.5, 0.005);
}

TEST(RngTest, ChanceZeroNeverHappensAndChanceOneAlways) {
  Rng rng(7);
  int quarter = 0;
  for (int i = 0; i < 10'000; ++i) {
    ASSERT_FALSE(rng.chance(0));
    ASSERT_TRUE(rng.chance(1));
    quarter += rng.chance(0.25) ? 1 : 0;
  }
  EXPECT_NEAR(quarter, 2'500, 220);
}

}  // namespace rng_test
}  // namespace starling
