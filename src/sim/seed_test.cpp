#include "sim/seed.h"

#include <cstdlib>
#include <gtest/gtest.h>
#include <set>
#include <string>

namespace starling::sim {
namespace seed_test {

TEST(SeedTest, DerivedSeedsAreRepeatableAndDifferForEachSeedUseAndIndex) {
  std::set<uint64_t> derived;
  for (uint64_t seed = 0; seed < 20; ++seed) {
    for (const SeedUse use : {SeedUse::paths, SeedUse::streams, SeedUse::tests, SeedUse::disk}) {
      for (uint64_t index = 0; index < 20; ++index) {
        const uint64_t value = derive_seed(seed, use, index);
        EXPECT_EQ(value, derive_seed(seed, use, index));
        derived.insert(value);
      }
    }
  }
  EXPECT_EQ(derived.size(), 20U * 4 * 20);
}

TEST(SeedTest, TakesTheSeedOfTheEnvironmentWhenItIsANumber) {
  const char* before = std::getenv("STARLING_SEED");
  const std::string saved = before == nullptr ? "" : before;
  setenv("STARLING_SEED", "12345678901234567890", 1);
  EXPECT_EQ(seed_from_env_or(7), 12'345'678'901'234'567'890U);
  setenv("STARLING_SEED", "12x", 1);
  EXPECT_EQ(seed_from_env_or(7), 7U);
  unsetenv("STARLING_SEED");
  EXPECT_EQ(seed_from_env_or(7), 7U);
  if (before != nullptr) setenv("STARLING_SEED", saved.c_str(), 1);
}

}  // namespace seed_test
}  // namespace starling::sim
