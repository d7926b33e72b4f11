#include "routing/recorded_way.h"

#include <gtest/gtest.h>

#include "base/rng.h"
#include "routing/documented_node.h"
#include "routing/forwarding_rule.h"
#include "routing/handmade_table.h"

namespace starling::routing {
namespace recorded_way_test {

using documented::short_id;

std::vector<ShortId> nodes_of_record(const std::vector<RecordedNode>& way) {
  std::vector<ShortId> nodes;
  for (const RecordedNode& node : way) nodes.push_back(node.node);
  return nodes;
}

const IsKnown kNothingKnown = [](const ShortId&) { return false; };

// A way of `count` nodes at distances of 10, each of which reaches the `sight`-th before it.
std::vector<RecordedNode> way_of(size_t count, size_t sight) {
  std::vector<RecordedNode> way;
  for (size_t i = 0; i < count; ++i) {
    way.push_back({short_id(static_cast<uint8_t>(i)), static_cast<Metric>(10 * i),
                   static_cast<uint8_t>(i < sight ? 0 : i - sight)});
  }
  return way;
}
std::vector<ShortId> nodes_of(const std::vector<Waypoint>& waypoints) {
  std::vector<ShortId> nodes;
  for (const Waypoint& waypoint : waypoints) nodes.push_back(waypoint.node);
  return nodes;
}
bool are_decodable(const std::vector<RecordedNode>& recorded) {
  MeshPacket packet;
  packet.records = true;
  packet.recorded = recorded;
  return decode_mesh_packet(encode(packet)).has_value();
}

TEST(WayBackTest, IsEmptyWithoutAWay) {
  EXPECT_TRUE(way_back({}).empty());
  EXPECT_TRUE(shortest_way_back({}).empty());
  EXPECT_TRUE(way_back(way_of(1, 1)).empty());
  EXPECT_TRUE(shortest_way_back(way_of(1, 1)).empty());
}

TEST(WayBackTest, GoesFromReachToReach) {
  const auto way = way_of(14, 4);
  EXPECT_EQ(shortest_way_back(way),
            (std::vector<Waypoint>{
                {way[9].node, 90}, {way[5].node, 50}, {way[1].node, 10}, {way[0].node, 0}}));
  EXPECT_EQ(shortest_way_back(way_of(5, 9)), (std::vector<Waypoint>{{way[0].node, 0}}));
}

TEST(WayBackTest, TakesOthersAlongAsLongAsTheyAreFew) {
  for (size_t count = 2; count <= MeshPacket::kRecordedMax; ++count) {
    for (const size_t sight : {1u, 3u, 8u, 64u}) {
      const auto way = way_of(count, sight);
      const auto shortest = shortest_way_back(way);
      const auto back = way_back(way);
      EXPECT_EQ(back.size(),
                shortest.size() < 8 ? std::min<size_t>(count - 1, 8) : shortest.size());
      EXPECT_EQ(back.back(), (Waypoint{way[0].node, 0}));
      for (size_t i = 1; i < back.size(); ++i) EXPECT_LT(back[i].rest, back[i - 1].rest);
      if (shortest.size() < MeshPacket::kWaypointsMax) {
        for (const Waypoint& waypoint : shortest)
          EXPECT_NE(std::ranges::find(back, waypoint), back.end());
      }
    }
  }
}

TEST(WayBackTest, WhatDoesNotFitIsLeftOutEvenly) {
  const auto way = way_of(MeshPacket::kRecordedMax, 1);
  const auto back = shortest_way_back(way);
  ASSERT_EQ(back.size(), MeshPacket::kWaypointsMax);
  EXPECT_EQ(back.front().rest, 620u);
  EXPECT_EQ(back.back().rest, 0u);
  for (size_t i = 1; i < back.size(); ++i) EXPECT_LE(back[i - 1].rest - back[i].rest, 30u);
}

TEST(ThinTest, KeepsBothEndsAndTheWayBack) {
  for (const size_t sight : {3u, 5u, 9u}) {
    auto way = way_of(MeshPacket::kRecordedMax, sight);
    const auto before = nodes_of(shortest_way_back(way));
    while (way.size() > before.size() + 1) {
      thin(way, kNothingKnown);
      ASSERT_TRUE(are_decodable(way));
      ASSERT_EQ(nodes_of(shortest_way_back(way)), before) << way.size();
    }
  }
}

TEST(ThinTest, WhatTheTableHasNoWayToGoesFirst) {
  auto way = way_of(6, 5);  // the last reaches the first, as all do
  way[2].so_far = 11;       // would be missed least
  thin(way, [](const ShortId& node) { return node != short_id(4); });
  EXPECT_EQ(nodes_of_record(way),
            (std::vector{short_id(0), short_id(1), short_id(2), short_id(3), short_id(5)}));
  thin(way, [](const ShortId&) { return true; });
  EXPECT_EQ(nodes_of_record(way),
            (std::vector{short_id(0), short_id(2), short_id(3), short_id(5)}));
}

TEST(ThinTest, OfANodeThatIsNeededItPassesTheReachOn) {
  auto way = way_of(5, 1);
  way[3].so_far = 21;  // the third is missed least
  thin(way, kNothingKnown);
  ASSERT_EQ(way.size(), 4u);
  ASSERT_TRUE(are_decodable(way));
  EXPECT_EQ(nodes_of(shortest_way_back(way)), (std::vector{short_id(3), short_id(1), short_id(0)}));
}

TEST(ThinTest, ARecordThatGrowsAndIsThinnedNeverLosesItsWayBack) {
  Rng rng(7);
  for (int round = 0; round < 50; ++round) {
    // Each node knows the 9 before it, and others as it comes.
    std::vector<RecordedNode> way = way_of(1, 1);
    std::vector<size_t> numbers{0};
    for (size_t node = 1; node < 250; ++node) {
      if (way.size() == MeshPacket::kRecordedMax) {
        const auto before = way;
        thin(way, kNothingKnown);
        size_t gone = 0;
        while (gone < way.size() && way[gone].so_far == before[gone].so_far) ++gone;
        numbers.erase(numbers.begin() + static_cast<std::ptrdiff_t>(gone));
      }
      size_t reach = way.size() - 1;
      for (size_t i = 0; i < way.size(); ++i) {
        if (node - numbers[i] > 9 && !rng.chance(0.01)) continue;
        reach = i;
        break;
      }
      way.push_back({short_id(static_cast<uint8_t>(node)),
                     way.back().so_far + 1 + static_cast<Metric>(rng.below(20)),
                     static_cast<uint8_t>(reach)});
      numbers.push_back(node);
      ASSERT_TRUE(are_decodable(way));
    }
    EXPECT_EQ(shortest_way_back(way).back().rest, 0u);
    EXPECT_LE(shortest_way_back(way).size(), MeshPacket::kWaypointsMax);
  }
}

// A way from the source over three nodes to one at 40, which reaches them at the given distances; 0 means not at all.
struct AtTheEnd {
  explicit AtTheEnd(std::array<Metric, 4> distances) {
    for (size_t i = 0; i < 4; ++i) {
      const crypto::NodeId id =
          distances[i] > 0 ? table.add(distances[i]) : crypto::NodeId{{uint8_t(i + 1)}};
      if (i == 0) packet.source = id;
      packet.recorded.push_back({short_id_of(id), static_cast<Metric>(10 * i)});
    }
  }
  unsigned reach() { return reach_from(packet, 40, table.table()); }

  HandmadeTable table;
  MeshPacket packet;
};

TEST(ReachFromTest, IsTheFarthestNodeThatTheTableReaches) {
  EXPECT_EQ(AtTheEnd({40, 30, 20, 10}).reach(), 0u);
  EXPECT_EQ(AtTheEnd({0, 30, 20, 10}).reach(), 1u);
  EXPECT_EQ(AtTheEnd({0, 0, 20, 10}).reach(), 2u);
  EXPECT_EQ(AtTheEnd({0, 12, 20, 10}).reach(), 1u) << "a shorter way than the packet's";
}

TEST(ReachFromTest, PassesOverWhatTheTableReachesOnlyByADetour) {
  EXPECT_EQ(AtTheEnd({41, 31, 20, 10}).reach(), 2u);
  EXPECT_EQ(AtTheEnd({41, 31, 21, 11}).reach(), 3u)
      << "whence the packet came, whatever the table says";
  EXPECT_EQ(AtTheEnd({0, 0, 0, 0}).reach(), 3u);
}

TEST(ReachFromTest, KnowsTheSourceByItsWholeIdAndNotByTheRecordedOne) {
  AtTheEnd end({40, 0, 0, 10});
  end.packet.source.value[15] ^= 1;
  EXPECT_EQ(end.reach(), 3u);
}

TEST(ReachFromTest, WithoutARecordThereIsNothingToReach) {
  AtTheEnd end({40, 30, 20, 10});
  end.packet.recorded.clear();
  EXPECT_EQ(end.reach(), 0u);
}

}  // namespace recorded_way_test
}  // namespace starling::routing
