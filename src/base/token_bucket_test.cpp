#include "base/token_bucket.h"

#include <gtest/gtest.h>

#include "base/rng.h"

namespace starling {
namespace token_bucket_test {

constexpr Instant kStart{1h};

TEST(TokenBucketTest, StartsFullAndThenRefuses) {
  TokenBucket bucket(/*rate_per_s=*/1, /*burst=*/3);
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(bucket.take(kStart));
  EXPECT_FALSE(bucket.take(kStart));
}

TEST(TokenBucketTest, RefillsAtItsRate) {
  TokenBucket bucket(/*rate_per_s=*/2, /*burst=*/4);
  ASSERT_TRUE(bucket.take(kStart, 4));
  EXPECT_FALSE(bucket.take(kStart + 499ms));
  EXPECT_TRUE(bucket.take(kStart + 501ms));
  EXPECT_FALSE(bucket.take(kStart + 502ms));
  EXPECT_DOUBLE_EQ(bucket.available(kStart + 1s), 1.0);
}

TEST(TokenBucketTest, NeverHoldsMoreThanItsBurst) {
  TokenBucket bucket(/*rate_per_s=*/1000, /*burst=*/5);
  EXPECT_DOUBLE_EQ(bucket.available(kStart), 5);
  ASSERT_TRUE(bucket.take(kStart, 2));
  EXPECT_DOUBLE_EQ(bucket.available(kStart + 24h), 5);
}

TEST(TokenBucketTest, ARefusalTakesNothing) {
  TokenBucket bucket(/*rate_per_s=*/0, /*burst=*/5);
  EXPECT_FALSE(bucket.take(kStart, 6));
  EXPECT_DOUBLE_EQ(bucket.available(kStart), 5);
  EXPECT_TRUE(bucket.take(kStart, 5));
}

TEST(TokenBucketTest, ARateOfZeroNeverRefills) {
  TokenBucket bucket(/*rate_per_s=*/0, /*burst=*/1);
  ASSERT_TRUE(bucket.take(kStart));
  EXPECT_FALSE(bucket.take(kStart + 24h * 365));
}

TEST(TokenBucketTest, TheFirstUseMayComeAtAnyInstant) {
  for (const Instant first : {Instant::min(), Instant{}, Instant::max() - 1s}) {
    TokenBucket bucket(/*rate_per_s=*/1, /*burst=*/1);
    EXPECT_TRUE(bucket.take(first));
    EXPECT_FALSE(bucket.take(first));
    EXPECT_TRUE(bucket.take(first + 1s));
  }
}

TEST(TokenBucketTest, LetsThroughNoMoreThanBurstAndRateWhateverTheAskingTimes) {
  Rng rng(1);
  TokenBucket bucket(/*rate_per_s=*/100, /*burst=*/20);
  Instant now = kStart;
  double taken = 0;
  while (now < kStart + 10s) {
    now += Duration(rng.below(5'000'000));
    const double amount = static_cast<double>(1 + rng.below(4));
    if (bucket.take(now, amount)) taken += amount;
    ASSERT_LE(taken, 20 + 100 * to_seconds(now - kStart) + 1e-6);
  }
  EXPECT_GE(taken, 1000);
}

}  // namespace token_bucket_test
}  // namespace starling
