#include "sim/scenario.h"

#include <gtest/gtest.h>

#include "sim/scenario_run.h"

namespace starling::sim::scenario_test {
namespace {

TEST(ScenarioTest, ReadsSettingsStepsAndBars) {
  const auto scenario = parse_scenario("x", R"(
description = "something"
topology = "city"
nodes = 64
table = 16
loss = 0.1
[[step]]
do = "start"
spread_s = 2.5
[[step]]
do = "ask"
name = "later"
tries_s = [0, 1, 2.5]
[bars]
"later.delivered" = ">= 0.9"
"later.slowest_s" = "<= 3"
[bars.radio]
"later.delivered" = ">= 0.5"
)");
  ASSERT_TRUE(scenario) << scenario.error();
  EXPECT_EQ(scenario->description, "something");
  EXPECT_EQ(scenario->defaults.topology, TopologyKind::city);
  EXPECT_EQ(scenario->defaults.nodes, 64u);
  EXPECT_EQ(scenario->defaults.table_size, 16u);
  ASSERT_EQ(scenario->steps.size(), 2u);
  EXPECT_EQ(scenario->steps[0].name, "start");
  EXPECT_EQ(scenario->steps[0].number("spread_s", 0), 2.5);
  EXPECT_EQ(scenario->steps[1].name, "later");
  EXPECT_EQ(scenario->steps[1].numbers("tries_s", {}), (std::vector<double>{0, 1, 2.5}));
  EXPECT_EQ(scenario->steps[1].number("pairs", 7), 7);
  ASSERT_EQ(scenario->bars.size(), 2u);
  EXPECT_FALSE(scenario->bars[1].at_least == scenario->bars[0].at_least);
  ASSERT_EQ(scenario->bars_of_topology.at("radio").size(), 1u);
}

TEST(ScenarioTest, SaysWhatIsWrongAndInWhichLine) {
  const auto error_of = [](std::string_view text) {
    const auto scenario = parse_scenario("x", text);
    return scenario ? "none" : scenario.error();
  };
  EXPECT_EQ(error_of(""), "there is no [[step]]");
  EXPECT_EQ(error_of("[[step]]\ndo = \"fly\""), "line 1: there is no step 'fly'");
  EXPECT_EQ(error_of("[[step]]\ndo = \"wait\"\nhours = 3"),
            "line 3: the step 'wait' has no 'hours'");
  EXPECT_EQ(error_of("colour = 3"), "line 1: there is no setting 'colour'");
  EXPECT_EQ(error_of("topology = \"tree\""), "line 1: there is no such topology");
  EXPECT_EQ(error_of("nodes = \"many\""), "line 1: this should be a number from 2 to 1e+06");
  EXPECT_EQ(error_of("nodes = 1"), "line 1: this should be a number from 2 to 1e+06");
  EXPECT_EQ(error_of("table = 3"), "line 1: this should be a number from 16 to 255");
  EXPECT_EQ(error_of("[[step]]\ndo = \"wait\"\nseconds = \"3\""),
            "line 3: this should be a number from 0.05 to 3.1536e+07");
  EXPECT_EQ(error_of("[[step]]\ndo = \"kill\"\nwhich = \"best\""),
            "line 3: this should be one of: random, top");
  EXPECT_EQ(error_of("[[step]]\ndo = \"ask\"\ntries_s = []"),
            "line 3: this should be a list of 1 to 256 numbers");
  EXPECT_EQ(error_of("[[step]]\ndo = \"ask\"\ntries_s = [2, 1]"),
            "line 3: the numbers should ascend");
  EXPECT_EQ(error_of("[[step]]\ndo = \"wait\""), "the first step, and no other, should be 'start'");
  EXPECT_EQ(error_of("[bars]\nx = \"> 3\""),
            "line 2: a bar is written like \">= 0.99\" or \"<= 10\"");
  EXPECT_EQ(error_of("[bars.tree]\nx = \">= 3\""), "line 1: there is no topology 'tree'");
  EXPECT_TRUE(error_of("nodes = = 3").starts_with("line 1: "));
}

Scenario scenario_of(std::string_view text) {
  auto scenario = parse_scenario("test", text);
  EXPECT_TRUE(scenario) << scenario.error();
  scenario->defaults.threads = 1;
  return std::move(*scenario);
}

TEST(ScenarioRunTest, MeasuresAndJudges) {
  const Scenario scenario = scenario_of(R"(
nodes = 60
topology = "random"
[[step]]
do = "start"
[[step]]
do = "wait"
seconds = 20
[[step]]
do = "ask"
pairs = 100
[[step]]
do = "traffic"
seconds = 5
[bars]
"ask.delivered" = ">= 1"
"ask.first_try" = "<= 0.5"
"nothing.measured" = ">= 0"
)");
  ScenarioRun run(scenario, scenario.defaults, nullptr);
  EXPECT_TRUE(run.run(nullptr));
  EXPECT_EQ(run.measures().at("ask.pairs"), 100);
  EXPECT_EQ(run.measures().at("ask.delivered"), 1);
  EXPECT_EQ(run.measures().at("traffic.faults"), 0);
  const auto bars = run.bars();
  ASSERT_EQ(bars.size(), 3u);
  EXPECT_TRUE(bars[0].is_kept());
  EXPECT_FALSE(bars[1].is_kept());
  // What was never measured is not kept.
  EXPECT_FALSE(bars[2].is_kept());
  EXPECT_FALSE(run.plots().empty());
}

TEST(ScenarioRunTest, GoesOnWhenNobodyIsLeft) {
  const Scenario scenario = scenario_of(R"(
nodes = 5
[[step]]
do = "start"
[[step]]
do = "kill"
share = 1
[[step]]
do = "attacker"
[[step]]
do = "sybils"
[[step]]
do = "ask"
[[step]]
do = "look-up"
[[step]]
do = "tables"
[bars]
"ask.delivered" = ">= 1"
)");
  ScenarioRun run(scenario, scenario.defaults, nullptr);
  EXPECT_TRUE(run.run(nullptr));
  EXPECT_EQ(run.measures().at("ask.pairs"), 0);
  EXPECT_FALSE(run.bars()[0].is_kept());
}

TEST(ScenarioRunTest, StopsWhenAsked) {
  const Scenario scenario =
      scenario_of("nodes = 20\n[[step]]\ndo = \"start\"\n[[step]]\ndo = \"wait\"\nseconds = 1e6\n");
  ScenarioRun run(scenario, scenario.defaults, nullptr);
  int asked = 0;
  EXPECT_FALSE(run.run([&] { return ++asked > 50; }));
}

}  // namespace
}  // namespace starling::sim::scenario_test
