#include "crypto/secure_random.h"

#include <array>
#include <bit>
#include <gtest/gtest.h>
#include <set>

#include "crypto/keys.h"

namespace starling::crypto {
namespace secure_random_test {

Bytes drawn(SecureRandom& random, size_t size) {
  Bytes bytes(size);
  random.fill(bytes);
  return bytes;
}

TEST(SeededRandomTest, EqualSeedsGiveEqualDraws) {
  SeededRandom first(7);
  SeededRandom second(7);
  for (const size_t size : {32u, 1u, 0u, 1000u}) {
    EXPECT_EQ(drawn(first, size), drawn(second, size));
  }
  EXPECT_EQ(first.u64(), second.u64());
  EXPECT_EQ(first.u32(), second.u32());
}

TEST(SeededRandomTest, DifferentSeedsGiveDifferentDraws) {
  std::set<Bytes> seen;
  for (uint64_t seed = 0; seed < 64; ++seed) {
    SeededRandom low(seed);
    SeededRandom high(seed << 58 | 1u << 31);
    seen.insert(drawn(low, 16));
    seen.insert(drawn(high, 16));
  }
  EXPECT_EQ(seen.size(), 128u);
}

TEST(SeededRandomTest, NeverRepeatsADraw) {
  SeededRandom random(1);
  std::set<uint64_t> seen;
  for (int i = 0; i < 10'000; ++i) EXPECT_TRUE(seen.insert(random.u64()).second);
}

// Seed 0 is the zero key and the first draw has nonce 0, in the original form of ChaCha20 with a
// nonce of 64 bits: draft-strombergson-chacha-test-vectors-01, TC1 with 256 bits and 20 rounds.
TEST(SeededRandomTest, DrawsTheChaCha20StreamOfItsSeed) {
  SeededRandom random(0);
  EXPECT_EQ(to_hex(drawn(random, 64)),
            "76b8e0ada0f13d90405d6ae55386bd28bdd219b8a08ded1aa836efcc8b770dc7"
            "da41597c5157488d7724e03fb8d84a376a43b8f41518a11cc387b669b2ee6586");
}

TEST(SeededRandomTest, FillsTheWholeViewAndNothingBeyond) {
  SeededRandom random(3);
  for (const size_t size : {0u, 1u, 63u, 64u, 65u}) {
    Bytes bytes(size + 2, 0);
    // 64 draws leave a byte that is filled at zero with a probability of 2^-512.
    Bytes touched(size + 2, 0);
    for (int i = 0; i < 64; ++i) {
      random.fill(MutableByteView(bytes).subspan(1, size));
      for (size_t j = 0; j < bytes.size(); ++j) touched[j] |= bytes[j];
    }
    EXPECT_EQ(touched.front(), 0);
    EXPECT_EQ(touched.back(), 0);
    for (size_t j = 1; j <= size; ++j) EXPECT_NE(touched[j], 0) << j << " of " << size;
  }
}

TEST(SecureRandomTest, FixedSizeValuesSecretsAndNumbersAreFilled) {
  SeededRandom random(4);
  EXPECT_NE(random.fixed<Digest>(), Digest{});
  EXPECT_FALSE(same_bytes(random.secret<SymmetricKey>().reveal(), Bytes(32)));
  int bits = 0;
  for (int i = 0; i < 1000; ++i) bits += std::popcount(random.u32()) + std::popcount(random.u64());
  EXPECT_NEAR(bits, 48'000, 800);
}

}  // namespace secure_random_test
}  // namespace starling::crypto
