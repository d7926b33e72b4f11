#include "directory/nearest_first.h"

#include <gtest/gtest.h>

#include "base/rng.h"

namespace starling::directory {
namespace nearest_first_test {

struct Element {
  KeyNumber key;
};

// How the keys of an array are spread.
enum class Spread : uint8_t { even, equal_prefix, clusters, dense, count_ };

KeyNumber random_key(Rng& rng, Spread spread) {
  KeyNumber key{rng(), rng()};
  if (spread == Spread::equal_prefix) key.high = 0x0123456789abcdef;
  if (spread == Spread::dense) key = {0, rng.below(512)};
  if (spread == Spread::clusters && rng.chance(0.8)) {
    // Shares a random number of first bits with one key.
    const size_t bits = rng.below(128);
    const uint64_t high = bits < 64 ? ~uint64_t{0} >> bits : 0;
    const uint64_t low = bits < 64 ? ~uint64_t{0} : ~uint64_t{0} >> (bits - 64);
    key = {0xa5a5a5a5a5a5a5a5 ^ (key.high & high), 0x5a5a5a5a5a5a5a5a ^ (key.low & low)};
  }
  return key;
}

std::vector<Element> random_array(Rng& rng, Spread spread) {
  std::vector<KeyNumber> keys;
  for (size_t left = rng.below(rng.chance(0.3) ? 5 : 300); left > 0; --left)
    keys.push_back(random_key(rng, spread));
  std::sort(keys.begin(), keys.end());
  keys.erase(std::unique(keys.begin(), keys.end()), keys.end());
  std::vector<Element> elements;
  for (const KeyNumber& key : keys) elements.push_back({key});
  return elements;
}

TEST(NearestFirstTest, GivesWhatSortingAllByDistanceGives) {
  for (uint64_t seed = 0; seed < 600; ++seed) {
    Rng rng(seed);
    const auto spread = static_cast<Spread>(seed % static_cast<uint64_t>(Spread::count_));
    const auto elements = random_array(rng, spread);
    const std::span<const Element> sorted(elements);
    for (int n = 0; n < 10; ++n) {
      // Also one that stands in the array.
      const KeyNumber position = !elements.empty() && rng.chance(0.3)
                                     ? elements[rng.below(elements.size())].key
                                     : random_key(rng, rng.chance(0.5) ? spread : Spread::even);
      std::vector<KeyNumber> expected;
      for (const Element& element : elements) expected.push_back(element.key);
      std::sort(expected.begin(), expected.end(), [&](const auto& a, const auto& b) {
        return distance(a, position) < distance(b, position);
      });
      const size_t count = 1 + rng.below(rng.chance(0.5) ? 10 : 400);
      if (expected.size() > count) expected.resize(count);
      std::vector<KeyNumber> seen;
      visit_nearest_first(sorted, position, [&](const Element& element) {
        seen.push_back(element.key);
        return seen.size() < count;
      });
      EXPECT_EQ(seen, expected) << "seed " << seed;
    }
  }
}

TEST(NearestFirstTest, FindsAPlaceHoweverTheKeysAreSpread) {
  for (uint64_t seed = 0; seed < 400; ++seed) {
    Rng rng(seed);
    const auto spread = static_cast<Spread>(seed % static_cast<uint64_t>(Spread::count_));
    const auto elements = random_array(rng, spread);
    for (int n = 0; n < 20; ++n) {
      KeyNumber key = random_key(rng, rng.chance(0.5) ? spread : Spread::even);
      if (!elements.empty() && rng.chance(0.3)) key = elements[rng.below(elements.size())].key;
      if (rng.chance(0.05)) key = {};
      if (rng.chance(0.05)) key = {~uint64_t{0}, ~uint64_t{0}};
      const auto smaller = std::count_if(elements.begin(), elements.end(),
                                         [&](const Element& element) { return element.key < key; });
      EXPECT_EQ(place_of(std::span(elements), key), static_cast<size_t>(smaller));
    }
  }
}

TEST(NearestFirstTest, CountsARunOfAnyLength) {
  for (size_t count = 0; count < 70; ++count) {
    for (size_t length = 0; length <= count; ++length) {
      const auto holds = [&](size_t i) {
        EXPECT_LT(i, count);
        return i < length;
      };
      EXPECT_EQ(run_length(count, holds), length);
    }
  }
}

TEST(NearestFirstTest, NumbersAreInTheOrderOfTheBytes) {
  Rng rng(1);
  for (int n = 0; n < 1'000; ++n) {
    NodeId a;
    for (uint8_t& byte : a.value) byte = static_cast<uint8_t>(rng());
    NodeId b = a;
    const size_t bit = rng.below(128);
    b.value[bit / 8] ^= static_cast<uint8_t>(0x80u >> (bit % 8));
    b.value[15] ^= static_cast<uint8_t>(bit < 120 ? rng() : 0);
    EXPECT_EQ(id_of(number_of(a)), a);
    EXPECT_EQ(number_of(a) < number_of(b), a < b);
    EXPECT_EQ(common_bits(a, b), bit);
    EXPECT_EQ(bit_behind(number_of(a), bit), (a.value[bit / 8] >> (7 - bit % 8) & 1) != 0);
    EXPECT_TRUE(is_at(a, position_of_node(a)));
    EXPECT_FALSE(is_at(a, position_of_node(b)));
  }
}

}  // namespace nearest_first_test
}  // namespace starling::directory
