// The flock of 200, many seeds: every sampled ordered pair within 10 s of the last start, and again within 10 s after a fifth
// of the nodes died at once. Seeds run in two processes (GTEST_SHARD_INDEX), since one simulation is one thread.
#include <gtest/gtest.h>

#include "sim/settle_scenario.h"

namespace starling::sim {
namespace {

class SettleScenario : public testing::TestWithParam<uint64_t> {};

TEST_P(SettleScenario, ReachesEverySampledPairInTime) {
  SettleOptions options;
  options.seed = GetParam();
  if (GetParam() <= 3) options.pairs = 0;
  const SettleReport report = run_settle(options, 0s);
  EXPECT_TRUE(report.cold.unanswered.empty())
      << "seed " << options.seed << ": " << report.cold.unanswered.size() << " of "
      << report.cold.asked << " at the start, first " << report.cold.unanswered.front().from
      << " to " << report.cold.unanswered.front().to;
  EXPECT_TRUE(report.killed.unanswered.empty())
      << "seed " << options.seed << ": " << report.killed.unanswered.size() << " of "
      << report.killed.asked << " after the deaths, first " << report.killed.unanswered.front().from
      << " to " << report.killed.unanswered.front().to;
  std::printf("seed %llu: slowest %.2f s, after the deaths %.2f s\n",
              static_cast<unsigned long long>(options.seed), to_seconds(report.cold.slowest),
              to_seconds(report.killed.slowest));
}

INSTANTIATE_TEST_SUITE_P(Seeds, SettleScenario, testing::Range<uint64_t>(1, 51));

}  // namespace
}  // namespace starling::sim
