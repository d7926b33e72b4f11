#include "sim/static_tables.h"

#include <gtest/gtest.h>
#include <map>

#include "sim/static_walk.h"

namespace starling::sim {
namespace static_tables_test {

class StaticTablesTest : public testing::TestWithParam<TopologyKind> {
 protected:
  static constexpr uint32_t kNodes = 600;
  Topology topology_ = make_topology(GetParam(), kNodes, 5);
  StaticTables tables_{topology_, 16, 5};
};

TEST_P(StaticTablesTest, HasWhatTheRuleOfRoutersChooses) {
  for (uint32_t node = 0; node < kNodes; node += 37)
    EXPECT_TRUE(tables_.follows_rule(node)) << node;
}

TEST_P(StaticTablesTest, SomeNeighbourLeadsToEachEntry) {
  for (uint32_t node = 0; node < kNodes; node += 41) {
    for (const auto& entry : tables_.table(node)) {
      const auto way = tables_.view(node).way_to(StaticTables::id_of(entry.node));
      ASSERT_TRUE(way) << node << " to " << entry.node;
      EXPECT_EQ(way->distance, entry.distance);
    }
  }
}

TEST_P(StaticTablesTest, EveryPacketArrivesAndAnsweredOnesGoNearlyTheShortestWay) {
  StaticWalker walker(tables_);
  double stretch = 0;
  int pairs = 0;
  for (uint32_t from = 3; from < kNodes; from += 97) {
    const auto distances = tables_.distances_from(from);
    for (uint32_t to = 0; to < kNodes; to += 29) {
      if (to == from) continue;
      const auto said = walker.converse(from, to);
      ASSERT_TRUE(said.first.arrived && said.answer.arrived && said.second.arrived)
          << from << " to " << to;
      EXPECT_GE(said.second.cost, distances[to]);
      stretch += static_cast<double>(said.second.cost) / distances[to];
      ++pairs;
    }
  }
  EXPECT_LT(stretch / pairs, 1.2);
}

INSTANTIATE_TEST_SUITE_P(Topologies, StaticTablesTest, testing::ValuesIn(kTopologyKinds),
                         [](const auto& kind) {
                           std::string name(name_of(kind.param));
                           std::erase(name, '-');
                           return name;
                         });

TEST(StaticTablesIdTest, NamesEveryNode) {
  for (const uint32_t node : {0U, 1U, 255U, 256U, 999'999U})
    EXPECT_EQ(StaticTables::node_of(routing::short_id_of(StaticTables::id_of(node))), node);
}

}  // namespace static_tables_test
}  // namespace starling::sim
