// 200 nodes in a random graph of degree 4 with 5 % loss: every pair answers within 10 s of the last start, the lookup
// included, and again within 10 s after a fifth of the nodes died at once. 50 seeds; three of them ask all pairs.
#include <gtest/gtest.h>

#include "sim/settle_scenario.h"

namespace starling::sim {
namespace settle_test {

#ifdef STARLING_SANITIZED
constexpr uint64_t kSampledSeeds = 1;
constexpr uint64_t kWholeSeeds = 0;
#else
constexpr uint64_t kSampledSeeds = 47;
constexpr uint64_t kWholeSeeds = 3;
#endif

void expect_complete(const SettleOptions& options) {
  const SettleReport report = run_settle(options, 0s);
  EXPECT_TRUE(report.complete()) << "cold: " << report.cold.unanswered.size() << " of "
                                 << report.cold.asked << " pairs unanswered; after the deaths: "
                                 << report.killed.unanswered.size() << " of " << report.killed.asked
                                 << ". Again: starling-sim flock --seed " << options.seed
                                 << " --pairs " << options.pairs;
}

class SettleScenario : public testing::TestWithParam<uint64_t> {};

TEST_P(SettleScenario, EveryPairAnswersWithin10sOfTheStartAndOfTheDeaths) {
  const uint64_t seed = GetParam();
  expect_complete({.seed = seed, .pairs = seed <= kWholeSeeds ? size_t{0} : size_t{2'000}});
}

INSTANTIATE_TEST_SUITE_P(Seeds, SettleScenario,
                         testing::Range<uint64_t>(1, kWholeSeeds + kSampledSeeds + 1),
                         [](const auto& seed) { return std::to_string(seed.param); });

}  // namespace settle_test
}  // namespace starling::sim
