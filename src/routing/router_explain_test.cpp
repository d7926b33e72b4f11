// What a router says of the ways that it knows, and that it does as it says.
#include <algorithm>
#include <gtest/gtest.h>

#include "routing/handmade_origin.h"
#include "routing/mesh_oracle.h"

namespace starling::routing {
namespace router_explain_test {

// Node 0 with the neighbours 1, 2 and 3, at 10, 20 and 30. What they say further away comes from the test.
class RouterExplainTest : public testing::Test {
 protected:
  RouterExplainTest() {
    for (size_t i = 0; i < 4; ++i) mesh_.add_node();
    for (size_t i = 1; i < 4; ++i) mesh_.connect(0, i, static_cast<Metric>(10 * i));
    mesh_.run_for(5s);
  }

  WayReport explain(const crypto::NodeId& node) {
    return mesh_.router(0).explain(mesh_.now(), node);
  }
  // `neighbour` says that `origin` is at `metric` from it.
  void advertise(size_t neighbour, const HandmadeOrigin& origin, Metric metric, uint8_t step = 1) {
    mesh_.inject_control(neighbour, 0, encode(RouteUpdate{{origin.entry(900, step, metric)}}));
  }
  // An address with one landmark, a neighbour each, and the rest from there.
  void learn_address(const std::vector<std::pair<size_t, Metric>>& landmarks) {
    Address address;
    for (const auto& [landmark, rest] : landmarks)
      address.paths.push_back({{{short_of(landmark), rest}}});
    mesh_.router(0).learn_address(mesh_.now(), kFar, address, mesh_.now() + 1h);
  }
  // A packet of the far node comes over a neighbour, at a cost of `so_far` when it was there.
  void hear_from_far(size_t neighbour, Metric so_far) {
    MeshPacket packet;
    packet.kind = PayloadKind::directory;
    packet.source = kFar;
    packet.destination = mesh_.id(0);
    packet.records = true;
    packet.recorded = {{short_id_of(kFar), 0}, {short_of(neighbour), so_far}};
    mesh_.inject_packet(neighbour, 0, encode(packet));
  }
  // An error about a packet to the far node that went over these landmarks.
  void fail_once() {
    std::optional<MeshPacket> sent;
    mesh_.packet_tap = [&](const RouterMesh::Link&, const Bytes& bytes) {
      if (!sent) sent = decode_mesh_packet(bytes);
      return false;
    };
    mesh_.router(0).send(mesh_.now(), kFar, PayloadKind::directory, Bytes{1});
    mesh_.drain(0);
    mesh_.packet_tap = [](const RouterMesh::Link&, const Bytes&) { return false; };
    ASSERT_TRUE(sent);
    MeshPacket error;
    error.kind = PayloadKind::error;
    error.source = mesh_.id(1);
    error.destination = mesh_.id(0);
    Bytes payload(4);
    for (size_t i = 0; i < 4; ++i) payload[i] = static_cast<uint8_t>(sent->nonce >> (24 - 8 * i));
    payload.insert(payload.end(), kFar.value.begin(), kFar.value.end());
    error.payload = payload;
    mesh_.inject_packet(1, 0, encode(error));
  }
  ShortId short_of(size_t node) { return short_id_of(mesh_.id(node)); }
  NeighbourId name(size_t neighbour) { return mesh_.name_of(0, neighbour); }

  static const crypto::NodeId kFar;
  RouterMesh mesh_{1};
};
const crypto::NodeId RouterExplainTest::kFar{{9, 9, 9}};

std::vector<WayState> states_of(const WayReport& report) {
  std::vector<WayState> states;
  for (const KnownWay& way : report.ways) states.push_back(way.state);
  return states;
}

TEST_F(RouterExplainTest, TheNodeItselfNeedsNoWay) {
  const WayReport report = explain(mesh_.id(0));
  EXPECT_EQ(report.standing, Standing::self);
  EXPECT_EQ(report.cost, 0u);
  EXPECT_FALSE(report.next);
  EXPECT_TRUE(report.ways.empty());
}

TEST_F(RouterExplainTest, OfAStrangerNothingIsKnown) {
  const WayReport report = explain(kFar);
  EXPECT_EQ(report.standing, Standing::unknown);
  EXPECT_EQ(report.cost, kInfinity);
  EXPECT_FALSE(report.next);
  EXPECT_TRUE(report.ways.empty());
}

TEST_F(RouterExplainTest, ANeighbourIsReachedByItsLink) {
  const WayReport report = explain(mesh_.id(3));
  EXPECT_EQ(report.standing, Standing::neighbour);
  EXPECT_EQ(report.next, name(3));
  EXPECT_EQ(report.cost, 30u);
  EXPECT_EQ(states_of(report), std::vector{WayState::chosen});
  EXPECT_EQ(report.ways[0].kind, WayKind::table);
  EXPECT_EQ(mesh_.router(0).link_cost(mesh_.id(3)), 30u);
  EXPECT_FALSE(mesh_.router(0).link_cost(kFar));
}

TEST_F(RouterExplainTest, WhatNeighboursSayIsComparedAndIsListedOnceItIsPassedOn) {
  const HandmadeOrigin origin(5);
  advertise(1, origin, 30);
  advertise(2, origin, 15);
  EXPECT_EQ(explain(origin.id()).standing, Standing::offered);
  mesh_.run_for(1s);
  const WayReport report = explain(origin.id());
  EXPECT_EQ(report.standing, Standing::listed);
  EXPECT_EQ(report.next, name(2));
  EXPECT_EQ(report.cost, 35u);
  ASSERT_EQ(states_of(report), (std::vector{WayState::chosen, WayState::costlier}));
  EXPECT_EQ(report.ways[1].next, name(1));
  EXPECT_EQ(report.ways[1].cost, 40u);
}

TEST_F(RouterExplainTest, ARouteThatIsShorterByTooLittleIsPassedOver) {
  const HandmadeOrigin origin(5);
  advertise(1, origin, 90);
  advertise(2, origin, 79);  // 99 in all: not a twentieth less than 100
  const WayReport report = explain(origin.id());
  EXPECT_EQ(report.cost, 100u);
  ASSERT_EQ(states_of(report), (std::vector{WayState::chosen, WayState::passed_over}));
  EXPECT_EQ(report.ways[1].cost, 99u);
}

TEST_F(RouterExplainTest, ARouteThatMightBeALoopIsInfeasibleAndARetractedOneOutOfReach) {
  const HandmadeOrigin origin(5);
  advertise(1, origin, 40);
  mesh_.run_for(1s);         // told on with 50: the limit for others
  advertise(2, origin, 60);  // 80 in all
  advertise(3, origin, kInfinity - 20);
  const WayReport report = explain(origin.id());
  EXPECT_EQ(report.next, name(1));
  ASSERT_EQ(states_of(report),
            (std::vector{WayState::chosen, WayState::infeasible, WayState::out_of_reach}));
  EXPECT_EQ(report.ways[1].next, name(2));
  EXPECT_EQ(report.ways[1].cost, 80u);
  EXPECT_FALSE(report.ways[2].next);
}

TEST_F(RouterExplainTest, TheRouteInUseStaysChosenWhenItGetsLongerThanIsFeasible) {
  const HandmadeOrigin origin(5);
  advertise(1, origin, 40);
  mesh_.run_for(1s);  // told on with 50
  advertise(1, origin, 60);
  const WayReport report = explain(origin.id());
  EXPECT_EQ(report.next, name(1));
  EXPECT_EQ(report.cost, 70u);
  EXPECT_EQ(states_of(report), std::vector{WayState::chosen});
}

TEST_F(RouterExplainTest, ANeighbourThatPassesNothingOnIsBlockedForOthersButNotForItself) {
  mesh_.add_node();
  mesh_.connect(1, 4, 5);
  mesh_.connect(3, 4, 5);
  mesh_.run_for(5s);
  const crypto::NodeId behind = mesh_.id(4);
  EXPECT_EQ(explain(behind).next, name(1));
  mesh_.packet_tap = [&](const RouterMesh::Link& link, const Bytes& bytes) {
    return link.from != 1 || decode_mesh_packet(bytes)->source == mesh_.id(1);
  };
  EXPECT_TRUE(mesh_.run_until(
      [&] {
        mesh_.ping(0, 4);
        return explain(behind).next == name(3);
      },
      60s));
  const WayReport report = explain(behind);
  const auto over_1 = std::ranges::find_if(report.ways, [&](const KnownWay& way) {
    return way.kind == WayKind::table && way.next == name(1);
  });
  ASSERT_NE(over_1, report.ways.end());
  EXPECT_EQ(over_1->state, WayState::blocked);
  EXPECT_EQ(over_1->cost, 15u);
  EXPECT_EQ(explain(mesh_.id(1)).next, name(1));
}

TEST_F(RouterExplainTest, LandmarksAreComparedByTheWayThereAndTheRest) {
  // 60, 35, 90; and one whose landmark nobody knows.
  learn_address({{1, 50}, {2, 15}, {3, 60}});
  const WayReport report = explain(kFar);
  EXPECT_EQ(report.standing, Standing::landmarks);
  EXPECT_EQ(report.next, name(2));
  EXPECT_EQ(report.cost, 35u);
  EXPECT_EQ(report.waypoints, (std::vector<Waypoint>{{short_of(2), 15}, {short_of(1), 50}}));
  ASSERT_EQ(states_of(report),
            (std::vector{WayState::chosen, WayState::costlier, WayState::costlier}));
  const KnownWay& chosen = report.ways[0];
  EXPECT_EQ(chosen.kind, WayKind::landmark);
  ASSERT_TRUE(chosen.joint);
  EXPECT_EQ(chosen.joint->node, short_of(2));
  EXPECT_EQ(chosen.joint->cost, 20u);
  EXPECT_EQ(chosen.joint->rest, 15u);
  EXPECT_TRUE(chosen.carried);
  EXPECT_TRUE(report.ways[1].carried);
  EXPECT_FALSE(report.ways[2].carried) << "two paths are enough for one packet";
  EXPECT_EQ(report.ways[2].cost, 90u);
}

TEST_F(RouterExplainTest, AWayIsJoinedWhereItIsShortestAndNeedNotReachItsLandmark) {
  const ShortId stranger = ShortId{{7, 7}};
  Address address;
  address.paths = {{{{stranger, 100}, {short_of(1), 50}, {short_of(3), 5}}}, {{{stranger, 3}}}};
  mesh_.router(0).learn_address(mesh_.now(), kFar, address, mesh_.now() + 1h);
  const WayReport report = explain(kFar);
  ASSERT_EQ(states_of(report), (std::vector{WayState::chosen, WayState::out_of_reach}));
  EXPECT_EQ(report.ways[0].waypoints.front().node, stranger);
  EXPECT_EQ(report.ways[0].joint->node, short_of(3));
  EXPECT_EQ(report.cost, 35u);
  EXPECT_FALSE(report.ways[1].joint);
  EXPECT_EQ(report.ways[1].cost, kInfinity);
}

TEST_F(RouterExplainTest, APathFromThisNodeItselfLeadsNowhereElse) {
  learn_address({{0, 30}, {2, 15}});
  const WayReport report = explain(kFar);
  ASSERT_EQ(states_of(report), (std::vector{WayState::chosen, WayState::starts_here}));
  EXPECT_FALSE(report.ways[1].next);
}

TEST_F(RouterExplainTest, ALandmarkThatFailedIsBannedForAWhile) {
  learn_address({{1, 50}, {2, 15}, {3, 60}});
  fail_once();
  mesh_.run_for(3s);
  const WayReport report = explain(kFar);
  EXPECT_EQ(report.next, name(3));
  ASSERT_EQ(states_of(report), (std::vector{WayState::chosen, WayState::banned, WayState::banned}));
  EXPECT_EQ(report.ways[1].banned_for, PathBook::kBanTime - 3s);
  mesh_.run_for(7s);
  EXPECT_EQ(explain(kFar).next, name(2));
}

TEST_F(RouterExplainTest, WhenAllAreBannedNoWayIsLeft) {
  learn_address({{1, 50}, {2, 15}});
  fail_once();
  const WayReport report = explain(kFar);
  EXPECT_FALSE(report.next);
  EXPECT_EQ(report.cost, kInfinity);
}

TEST_F(RouterExplainTest, ARecordedPathThatProvedItselfGoesAloneThoughALandmarkPromisesLess) {
  learn_address({{1, 50}, {2, 5}});
  hear_from_far(3, 12);
  mesh_.run_for(2s);
  const WayReport report = explain(kFar);
  EXPECT_EQ(report.standing, Standing::recorded);
  EXPECT_EQ(report.next, name(3));
  EXPECT_EQ(report.cost, 42u);
  ASSERT_EQ(states_of(report),
            (std::vector{WayState::chosen, WayState::passed_over, WayState::costlier}));
  EXPECT_EQ(report.ways[0].kind, WayKind::recorded);
  EXPECT_EQ(report.ways[0].recorded_cost, 42u);
  EXPECT_EQ(report.ways[0].age, 2s);
  EXPECT_EQ(report.ways[1].cost, 25u);
  EXPECT_FALSE(report.ways[1].carried);
  mesh_.run_for(PathBook::kPathLifetime);
  EXPECT_EQ(explain(kFar).ways[0].kind, WayKind::landmark);
  EXPECT_EQ(explain(kFar).ways.size(), 2u);
}

TEST_F(RouterExplainTest, WhatIsListedGoesByTheTableWhateverElseIsKnown) {
  const HandmadeOrigin origin(5);
  advertise(1, origin, 90);
  Address address;
  address.paths = {{{{short_of(2), 5}}}};
  mesh_.router(0).learn_address(mesh_.now(), origin.id(), address, mesh_.now() + 1h);
  // Not listed yet: then its address may lead there more directly.
  EXPECT_EQ(explain(origin.id()).next, name(2));
  mesh_.run_for(1s);
  const WayReport report = explain(origin.id());
  EXPECT_EQ(report.next, name(1));
  EXPECT_EQ(report.cost, 100u);
  EXPECT_TRUE(report.waypoints.empty());
  ASSERT_EQ(states_of(report), (std::vector{WayState::chosen, WayState::passed_over}));
  EXPECT_FALSE(report.ways[1].carried);
}

// What is explained to all nodes of a flock whose tables hold few of them, and what their packets then do.
TEST(RouterExplainFlockTest, PacketsGoAsIsExplained) {
  RouterMesh mesh(3);
  Rng rng(3);
  for (size_t i = 0; i < 80; ++i) mesh.add_node({.table_size = kSmallest});
  connect_randomly(mesh, rng, 4, 30);
  mesh.run_for(30s);
  std::map<Standing, int> met;
  std::map<WayKind, int> chosen_kinds;
  std::optional<std::pair<NeighbourId, MeshPacket>> first;
  Bytes kept;  // what `first` borrows from
  mesh.packet_tap = [&](const RouterMesh::Link& link, const Bytes& bytes) {
    if (first) return true;
    kept = bytes;
    first.emplace(link.name, decode_mesh_packet(kept).value());
    return true;
  };
  const auto expect_as_explained = [&](size_t from, size_t to) {
    const WayReport report = mesh.router(from).explain(mesh.now(), mesh.id(to));
    ++met[report.standing];
    first.reset();
    const auto result = mesh.router(from).ping(mesh.now(), mesh.id(to), 1);
    if (!report.next) {
      EXPECT_EQ(result, Router::SendResult::no_way);
      return;
    }
    mesh.drain(from);
    ASSERT_TRUE(first);
    EXPECT_EQ(first->first, *report.next);
    EXPECT_EQ(first->second.waypoints, report.waypoints);
    EXPECT_EQ(first->second.water + *mesh.router(from).table().cost_of(*report.next), report.cost);
    const auto is_chosen = [](const KnownWay& way) { return way.state == WayState::chosen; };
    ASSERT_EQ(std::ranges::count_if(report.ways, is_chosen), 1);
    ASSERT_TRUE(is_chosen(report.ways.front()));
    EXPECT_EQ(report.ways.front().next, report.next);
    EXPECT_EQ(report.ways.front().cost, report.cost);
    ++chosen_kinds[report.ways.front().kind];
  };
  for (int round = 0; round < 400; ++round) {
    const size_t from = rng.below(mesh.size());
    const size_t to = rng.below(mesh.size());
    if (from == to) continue;
    expect_as_explained(from, to);
    mesh.router(from).learn_address(mesh.now(), mesh.id(to), mesh.router(to).address(),
                                    mesh.now() + 1h);
    expect_as_explained(from, to);
    mesh.run_for(1s);
    expect_as_explained(from, to);
  }
  for (const Standing standing : {Standing::neighbour, Standing::listed, Standing::offered,
                                  Standing::recorded, Standing::landmarks, Standing::unknown}) {
    EXPECT_GT(met[standing], 0) << static_cast<int>(standing);
  }
  for (const WayKind kind : {WayKind::table, WayKind::recorded, WayKind::landmark})
    EXPECT_GT(chosen_kinds[kind], 0) << static_cast<int>(kind);
}

}  // namespace router_explain_test
}  // namespace starling::routing
