// How routers in small worlds get over cuts, rising costs and starvation.
#include <gtest/gtest.h>

#include "routing/mesh_oracle.h"

namespace starling::routing {
namespace router_healing_test {

std::unique_ptr<RouterMesh> mesh_of(size_t nodes) {
  auto mesh = std::make_unique<RouterMesh>(1);
  for (size_t i = 0; i < nodes; ++i) mesh->add_node();
  return mesh;
}
const Destination* route(RouterMesh& mesh, size_t from, size_t to) {
  const Destination* known = mesh.router(from).table().find(mesh.id(to));
  return known && known->selected ? known : nullptr;
}
// The first moment at which it does not hold, looked at every 5 ms; nothing when it holds all the time.
std::optional<Duration> breaks_within(RouterMesh& mesh, Duration limit,
                                      const std::function<bool()>& holds) {
  const Instant start = mesh.now();
  while (mesh.now() < start + limit) {
    if (!holds()) return mesh.now() - start;
    mesh.run_for(5ms);
  }
  return std::nullopt;
}

TEST(RouterHealingTest, ARingFindsTheOtherWayRoundWithinTwoSeconds) {
  for (const Duration detection : {Duration{0}, Duration{500ms}}) {
    const auto mesh = mesh_of(6);
    connect_ring(*mesh, 10);
    mesh->run_for(10s);
    ASSERT_EQ(unanswered_pairs(*mesh, 1s), 0u);
    mesh->cut(0, 5, detection);
    mesh->run_for(1ms);
    EXPECT_EQ(unanswered_pairs(*mesh, 2s), 0u);
    mesh->run_for(10s);
    EXPECT_EQ(route(*mesh, 0, 5)->distance, 50u);
  }
}

// The classic case of RFC 8966 section 2.5: what is left is longer than what was once told, so that nobody may take it before
// the origin has said something newer.
TEST(RouterHealingTest, ANewSequenceEndsStarvation) {
  const auto mesh = mesh_of(3);
  mesh->connect(0, 1, 1);
  mesh->connect(1, 2, 1);
  mesh->connect(0, 2, 4);
  mesh->run_for(5s);
  ASSERT_EQ(route(*mesh, 1, 0)->distance, 1u);
  ASSERT_EQ(route(*mesh, 2, 0)->distance, 2u);
  mesh->cut(0, 1);
  mesh->run_for(1s);
  ASSERT_TRUE(route(*mesh, 1, 0));
  EXPECT_EQ(route(*mesh, 1, 0)->distance, 5u);
  EXPECT_GT(route(*mesh, 1, 0)->sequence.step, 1);
  EXPECT_GT(mesh->count(RouterCounter::requests_sent), 0u);
  EXPECT_EQ(unanswered_pairs(*mesh, 1s), 0u);
}

TEST(RouterHealingTest, ARisingCostInterruptsNothing) {
  const auto mesh = mesh_of(5);
  connect_chain(*mesh, 10);
  mesh->run_for(5s);
  mesh->propose_cost(0, 1, 300);
  EXPECT_EQ(breaks_within(*mesh, 10s, [&] { return route(*mesh, 4, 0) != nullptr; }), std::nullopt);
  EXPECT_EQ(route(*mesh, 4, 0)->distance, 330u);
  // The last one told nobody, so that nothing limits what it takes.
  for (size_t i = 2; i < 4; ++i) {
    EXPECT_EQ(route(*mesh, i, 0)->sequence.step, 2) << i;
    EXPECT_TRUE(mesh->router(i).table().wanting().empty()) << i;
  }
  EXPECT_EQ(unanswered_pairs(*mesh, 1s), 0u);
}

TEST(RouterHealingTest, AKeptRouteIsGivenUpForAMuchShorterOne) {
  const auto mesh = mesh_of(4);
  connect_ring(*mesh, 10);
  mesh->run_for(5s);
  mesh->propose_cost(0, 1, 300);
  mesh->run_for(5s);
  EXPECT_EQ(route(*mesh, 1, 0)->distance, 30u);
  EXPECT_EQ(route(*mesh, 2, 0)->distance, 20u);
}

TEST(RouterHealingTest, AFallingCostIsTakenAtOnce) {
  const auto mesh = mesh_of(5);
  connect_ring(*mesh, 10);
  mesh->connect(1, 3, 100);
  mesh->run_for(5s);
  mesh->propose_cost(1, 3, 2);
  mesh->run_for(2s);
  EXPECT_EQ(route(*mesh, 1, 3)->distance, 2u);
  EXPECT_EQ(route(*mesh, 0, 3)->distance, 12u);
}

// An advert that is not feasible because its sequence is old leads to a shorter way: the neighbour is asked for a newer one.
TEST(RouterHealingTest, AfterANewSequenceTheShorterWaysComeBack) {
  const auto mesh = mesh_of(6);
  connect_ring(*mesh, 10);
  mesh->run_for(5s);
  mesh->cut(0, 1);
  mesh->run_for(10s);
  ASSERT_EQ(route(*mesh, 1, 0)->distance, 50u);
  mesh->connect(0, 1, 10);
  mesh->run_for(20s);
  for (size_t from = 0; from < 6; ++from) {
    const std::vector<Metric> distances = distances_from(*mesh, from);
    for (size_t to = 0; to < 6; ++to) {
      if (from == to) continue;
      EXPECT_EQ(route(*mesh, from, to)->distance, distances[to]) << from << to;
    }
  }
}

TEST(RouterHealingTest, AnOriginStepsAtMostOnceInFiveSeconds) {
  const auto mesh = mesh_of(2);
  mesh->connect(0, 1, 1);
  mesh->run_for(1s);
  const Instant start = mesh->now();
  while (mesh->now() < start + 19s) {
    const Sequence known = route(*mesh, 0, 1)->sequence;
    mesh->inject_control(0, 1, encode(SequenceRequest{mesh->id(1), next_after(known), 0}));
    mesh->run_for(100ms);
  }
  EXPECT_GE(route(*mesh, 0, 1)->sequence.step, 4);
  EXPECT_LE(route(*mesh, 0, 1)->sequence.step, 5);
}

TEST(RouterHealingTest, AfterTheLastStepANewEpochBegins) {
  const auto mesh = mesh_of(3);
  connect_chain(*mesh, 1);
  mesh->run_for(1s);
  for (int i = 0; i < kSteps; ++i) {
    const Sequence known = route(*mesh, 0, 1)->sequence;
    mesh->inject_control(0, 1, encode(SequenceRequest{mesh->id(1), next_after(known), 0}));
    mesh->run_for(6s);
  }
  EXPECT_EQ(route(*mesh, 0, 1)->sequence, (Sequence{2, 1}));
  EXPECT_EQ(mesh->node(1).epoch, 2u);
  EXPECT_EQ(unanswered_pairs(*mesh, 1s), 0u);
}

TEST(RouterHealingTest, ASequenceThatNobodyCanNeedIsNotMade) {
  const auto mesh = mesh_of(2);
  mesh->connect(0, 1, 1);
  mesh->run_for(1s);
  for (const Sequence wanted :
       {Sequence{1, 3}, Sequence{2, 0}, Sequence{2, 1}, Sequence{0xffff'ffff, 16}}) {
    mesh->inject_control(0, 1, encode(SequenceRequest{mesh->id(1), wanted, 64}));
  }
  mesh->run_for(10s);
  EXPECT_EQ(mesh->router(1).counters().of(RouterCounter::excessive_request), 4u);
  EXPECT_EQ(route(*mesh, 0, 1)->sequence, (Sequence{1, 1}));
}

TEST(RouterHealingTest, ManyAskersMakeOneRequest) {
  // 0 is the origin, 1 the only way to it, and the others ask 1.
  const auto mesh = mesh_of(12);
  mesh->connect(0, 1, 10);
  for (size_t i = 2; i < 12; ++i) mesh->connect(1, i, 10);
  mesh->run_for(5s);
  uint64_t passed_on = 0;
  mesh->control_tap = [&](const RouterMesh::Link& link, const Bytes& bytes) {
    const auto message = decode_routing_message(bytes);
    passed_on +=
        link.from == 1 && link.to == 0 && std::holds_alternative<SequenceRequest>(*message);
    return true;
  };
  for (size_t i = 2; i < 12; ++i) {
    mesh->inject_control(i, 1, encode(SequenceRequest{mesh->id(0), {1, 2}, 64}));
  }
  mesh->run_for(500ms);
  EXPECT_EQ(passed_on, 1u);
  for (size_t i = 2; i < 12; ++i) EXPECT_EQ(route(*mesh, i, 0)->sequence, (Sequence{1, 2})) << i;
}

TEST(RouterHealingTest, ARequestTravelsNoFurtherThanItsHops) {
  const auto mesh = mesh_of(5);
  connect_chain(*mesh, 10);
  mesh->run_for(5s);
  mesh->inject_control(4, 3, encode(SequenceRequest{mesh->id(0), {1, 2}, 1}));
  mesh->run_for(5s);
  EXPECT_EQ(mesh->router(3).counters().of(RouterCounter::requests_sent), 1u);
  EXPECT_EQ(mesh->router(2).counters().of(RouterCounter::requests_sent), 0u);
  EXPECT_EQ(route(*mesh, 4, 0)->sequence, (Sequence{1, 1}));
}

TEST(RouterHealingTest, WhatIsBehindADeadNodeIsUndeliverableAndThenUnknown) {
  const auto mesh = mesh_of(4);
  connect_chain(*mesh, 10);
  mesh->run_for(5s);
  mesh->crash(2, 500ms);
  mesh->run_for(600ms);
  // 1 knows it already, 0 may not.
  mesh->ping(0, 3);
  mesh->run_for(5s);
  EXPECT_FALSE(route(*mesh, 0, 3));
  EXPECT_FALSE(route(*mesh, 0, 2));
  EXPECT_EQ(mesh->router(0).ping(mesh->now(), mesh->id(3), 77), Router::SendResult::no_way);
  EXPECT_EQ(mesh->loops, 0u);
}

TEST(RouterHealingTest, ANodeThatComesBackWithANewEpochIsReachableAtOnce) {
  const auto mesh = mesh_of(4);
  connect_chain(*mesh, 10);
  mesh->run_for(5s);
  mesh->crash(1, 200ms);
  mesh->run_for(1s);
  mesh->start(1);
  mesh->connect(0, 1, 10);
  mesh->connect(1, 2, 10);
  mesh->run_for(500ms);
  EXPECT_EQ(unanswered_pairs(*mesh, 1s), 0u);
  EXPECT_EQ(route(*mesh, 3, 1)->sequence.epoch, 2u);
}

TEST(RouterHealingTest, AFlappingLinkEndsWell) {
  const auto mesh = mesh_of(6);
  connect_ring(*mesh, 10);
  mesh->run_for(5s);
  for (int i = 0; i < 20; ++i) {
    mesh->cut(0, 1, 50ms);
    mesh->run_for(300ms);
    mesh->connect(0, 1, 10);
    mesh->run_for(300ms);
  }
  mesh->run_for(10s);
  EXPECT_EQ(unanswered_pairs(*mesh, 2s), 0u);
  for (size_t i = 0; i < 6; ++i) EXPECT_TRUE(mesh->node(i).faults.empty());
}

TEST(RouterHealingTest, TheLargerOfTwoProposalsIsTheCostInBothDirections) {
  const auto mesh = mesh_of(2);
  mesh->connect(0, 1, 10);
  mesh->run_for(1s);
  mesh->router(0).propose_cost(mesh->now(), mesh->name_of(0, 1), 30);
  mesh->drain(0);
  mesh->run_for(1s);
  EXPECT_EQ(route(*mesh, 0, 1)->distance, 30u);
  EXPECT_EQ(route(*mesh, 1, 0)->distance, 30u);
  mesh->router(0).propose_cost(mesh->now(), mesh->name_of(0, 1), 5);
  mesh->drain(0);
  mesh->run_for(1s);
  EXPECT_EQ(route(*mesh, 0, 1)->distance, 10u);
  EXPECT_EQ(route(*mesh, 1, 0)->distance, 10u);
}

TEST(RouterHealingTest, EpochsAreRenewedWithoutAnybodyLosingARoute) {
  const auto mesh = mesh_of(5);
  connect_ring(*mesh, 10);
  mesh->run_for(5s);
  const auto all_routes = [&] {
    for (size_t from = 0; from < 5; ++from) {
      for (size_t to = 0; to < 5; ++to) {
        if (from != to && !route(*mesh, from, to)) return false;
      }
    }
    return true;
  };
  for (int minute = 0; minute < 7 * 60; ++minute) {
    mesh->run_for(60s);
    ASSERT_TRUE(all_routes()) << minute;
  }
  for (size_t i = 0; i < 5; ++i) {
    EXPECT_GE(mesh->node(i).epoch, 4u);
    EXPECT_LE(mesh->node(i).epoch, 5u);
  }
  EXPECT_EQ(unanswered_pairs(*mesh, 1s), 0u);
}

}  // namespace router_healing_test
}  // namespace starling::routing
