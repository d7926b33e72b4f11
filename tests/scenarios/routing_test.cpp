// The scenarios of starling-sim in a small form: every bar of each holds, on the topologies named here.
#include <gtest/gtest.h>

#include "scenario_texts.h"
#include "sim/scenario_run.h"

namespace starling::sim {
namespace routing_test {

#ifdef STARLING_SANITIZED
constexpr uint32_t kNodes = 40;
#else
constexpr uint32_t kNodes = 150;
#endif

struct SmallRun {
  std::string_view scenario;
  TopologyKind topology;
};

void PrintTo(const SmallRun& run, std::ostream* out) {
  *out << run.scenario << " " << name_of(run.topology);
}

class RoutingScenario : public testing::TestWithParam<SmallRun> {};

TEST_P(RoutingScenario, KeepsItsBars) {
  const SmallRun& small = GetParam();
  const auto text = std::find_if(scenario_texts().begin(), scenario_texts().end(),
                                 [&](const auto& known) { return known.name == small.scenario; });
  ASSERT_NE(text, scenario_texts().end());
  const auto scenario = parse_scenario(text->name, text->text);
  ASSERT_TRUE(scenario) << scenario.error();
  ScenarioSettings settings = scenario->defaults;
  settings.topology = small.topology;
  settings.threads = 1;  // the tests run side by side
  settings.nodes = std::min(settings.nodes, kNodes);
  ScenarioRun run(*scenario, settings, nullptr);
  ASSERT_TRUE(run.run(nullptr));
  for (const ReportBar& bar : run.bars()) {
    EXPECT_TRUE(bar.is_kept()) << bar.what << (bar.at_least ? " >= " : " <= ") << *bar.bar
                               << ", measured " << bar.measured << ". Again: starling-sim "
                               << small.scenario << " --topology " << name_of(small.topology)
                               << " --nodes " << settings.nodes;
  }
}

std::string test_name(const testing::TestParamInfo<SmallRun>& info) {
  std::string name =
      std::string(info.param.scenario) + "_" + std::string(name_of(info.param.topology));
  std::erase(name, '-');
  return name;
}

INSTANTIATE_TEST_SUITE_P(
    Small, RoutingScenario,
    testing::Values(
        SmallRun{"settle", TopologyKind::overlay}, SmallRun{"settle", TopologyKind::power_law},
        SmallRun{"settle", TopologyKind::radio}, SmallRun{"settle", TopologyKind::city},
        SmallRun{"settle", TopologyKind::lans}, SmallRun{"settle", TopologyKind::moving},
        SmallRun{"top-loss", TopologyKind::overlay}, SmallRun{"top-loss", TopologyKind::radio},
        SmallRun{"black-holes", TopologyKind::overlay}, SmallRun{"attacker", TopologyKind::overlay},
        SmallRun{"look-up", TopologyKind::overlay}, SmallRun{"leaves", TopologyKind::overlay},
        SmallRun{"liars", TopologyKind::overlay}, SmallRun{"asymmetry", TopologyKind::overlay},
        SmallRun{"floods", TopologyKind::overlay},
        SmallRun{"look-up-churn", TopologyKind::overlay}),
    test_name);

}  // namespace routing_test
}  // namespace starling::sim
