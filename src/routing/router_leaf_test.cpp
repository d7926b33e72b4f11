// Leaves: nodes without a table that hang on a router or two, and sleep.
#include <gtest/gtest.h>

#include "routing/router_mesh.h"

namespace starling::routing {
namespace router_leaf_test {

// A chain of routers, 0 to 4, and a leaf, 5, on the last two.
class RouterLeafTest : public testing::Test {
 protected:
  static constexpr size_t kLeaf = 5;

  RouterLeafTest() {
    for (size_t i = 0; i < kLeaf; ++i) mesh_.add_node();
    RouterConfig leaf;
    leaf.role = Role::leaf;
    leaf.keep_time = 1h;
    mesh_.add_node(leaf);
    for (size_t i = 1; i < kLeaf; ++i) mesh_.connect(i - 1, i, 10);
    wake();
    mesh_.run_for(5s);
  }
  void wake() {
    mesh_.connect(3, kLeaf, 30);
    mesh_.connect(4, kLeaf, 20);
  }
  void sleep() {
    mesh_.cut(3, kLeaf);
    mesh_.cut(4, kLeaf);
    mesh_.run_for(1s);
  }
  // The address of the leaf, as it is in the directory: over those routers.
  Address address_of_leaf() {
    Address address;
    for (const auto& [router, cost] : {std::pair(size_t{3}, 30), std::pair(size_t{4}, 20)}) {
      address.paths.push_back({{{short_id_of(mesh_.id(router)), Metric(cost)}}});
    }
    return address;
  }
  uint64_t ping_leaf(size_t from) {
    mesh_.router(from).learn_address(mesh_.now(), mesh_.id(kLeaf), address_of_leaf(),
                                     mesh_.now() + 2h);
    mesh_.router(from).ping(mesh_.now(), mesh_.id(kLeaf), ++nonce_);
    mesh_.drain(from);
    return nonce_;
  }
  uint64_t count_at(size_t router, RouterCounter counter) {
    return mesh_.router(router).counters().of(counter);
  }

  RouterMesh mesh_{1};
  uint64_t nonce_ = 1'000'000;
};

TEST_F(RouterLeafTest, IsKnownToItsRoutersOnlyAndKnowsOnlyThem) {
  for (size_t at = 0; at < kLeaf; ++at) {
    const Destination* leaf = mesh_.router(at).table().find(mesh_.id(kLeaf));
    EXPECT_EQ(leaf != nullptr, at >= 3) << at;
    if (leaf) {
      EXPECT_TRUE(leaf->is_leaf() && !leaf->listed);
    }
    EXPECT_EQ(mesh_.router(kLeaf).table().find(mesh_.id(at)) != nullptr, at >= 3) << at;
  }
}

TEST_F(RouterLeafTest, IsReachedFromAfarAndReachesOthers) {
  for (size_t at = 0; at < kLeaf; ++at) {
    const uint64_t to_leaf = ping_leaf(at);
    const uint64_t from_leaf = mesh_.ping(kLeaf, at);
    mesh_.run_for(1s);
    EXPECT_TRUE(mesh_.answered(at, to_leaf)) << at;
    EXPECT_TRUE(mesh_.answered(kLeaf, from_leaf)) << at;
  }
  EXPECT_EQ(mesh_.node(0).answers.back().way.back().so_far, 60u)
      << "over the nearer router, 30 + 10 + 20";
}

TEST_F(RouterLeafTest, CarriesNothingForItsRouters) {
  mesh_.cut(3, 4);
  mesh_.run_for(10s);
  const uint64_t nonce = mesh_.ping(0, 4);
  mesh_.run_for(2s);
  EXPECT_FALSE(mesh_.answered(0, nonce));
  MeshPacket packet;
  packet.kind = PayloadKind::echo;
  packet.destination = mesh_.id(4);
  packet.source = mesh_.id(3);
  mesh_.inject_packet(3, kLeaf, encode(packet));
  EXPECT_EQ(count_at(kLeaf, RouterCounter::leaf_transit), 1u);
}

TEST_F(RouterLeafTest, WhatComesWhileItSleepsWaitsForItsWaking) {
  sleep();
  std::vector<std::pair<size_t, uint64_t>> asked;
  for (size_t at = 0; at < kLeaf; ++at) asked.emplace_back(at, ping_leaf(at));
  mesh_.run_for(10min);
  for (const auto& [at, nonce] : asked) EXPECT_FALSE(mesh_.answered(at, nonce)) << at;
  EXPECT_EQ(mesh_.count(RouterCounter::packets_kept), asked.size());
  wake();
  mesh_.run_for(2s);
  for (const auto& [at, nonce] : asked) EXPECT_TRUE(mesh_.answered(at, nonce)) << at;
  EXPECT_EQ(mesh_.count(RouterCounter::kept_delivered), asked.size());
}

TEST_F(RouterLeafTest, WhileItSleepsItKnowsNoWay) {
  const uint64_t nonce = mesh_.ping(kLeaf, 0);
  mesh_.run_for(1s);
  ASSERT_TRUE(mesh_.answered(kLeaf, nonce));
  sleep();
  EXPECT_EQ(mesh_.router(kLeaf).ping(mesh_.now(), mesh_.id(0), 1), Router::SendResult::no_way);
}

TEST_F(RouterLeafTest, SealedPacketsStaySealedWhileTheyWait) {
  sleep();
  mesh_.router(0).learn_address(mesh_.now(), mesh_.id(kLeaf), address_of_leaf(), mesh_.now() + 2h);
  ASSERT_EQ(mesh_.router(0).send(mesh_.now(), mesh_.id(kLeaf), PayloadKind::stream,
                                 copy_of(view_of("words"))),
            Router::SendResult::sent);
  mesh_.drain(0);
  mesh_.run_for(1min);
  wake();
  mesh_.run_for(2s);
  ASSERT_EQ(mesh_.node(kLeaf).delivered.size(), 1u);
  EXPECT_EQ(text_of(mesh_.node(kLeaf).delivered[0].payload), "words");
}

TEST_F(RouterLeafTest, NobodyKeepsPacketsLongerThanItWasAskedTo) {
  sleep();
  ping_leaf(0);
  mesh_.run_for(1h + 20s);
  EXPECT_EQ(mesh_.count(RouterCounter::kept_dropped), 1u);
  ping_leaf(0);
  mesh_.run_for(1s);
  EXPECT_EQ(mesh_.count(RouterCounter::packets_kept), 1u);
  EXPECT_GT(mesh_.count(RouterCounter::errors_sent), 0u) << "now it is just gone";
}

TEST_F(RouterLeafTest, ARouterThatAsksForItIsRefused) {
  mesh_.inject_control(2, 3, encode(KeepPackets{60}));
  EXPECT_EQ(count_at(3, RouterCounter::keep_refused), 1u);
  mesh_.inject_control(kLeaf, 3, encode(KeepPackets{60}));
  EXPECT_EQ(count_at(3, RouterCounter::keep_refused), 1u);
  EXPECT_TRUE(mesh_.node(3).faults.empty());
}

TEST_F(RouterLeafTest, WhatHappensElsewhereDoesNotReachIt) {
  uint64_t told = 0;
  mesh_.control_tap = [&](const RouterMesh::Link& link, const Bytes&) {
    told += link.to == kLeaf ? 1 : 0;
    return true;
  };
  mesh_.cut(0, 1);
  mesh_.run_for(10s);
  mesh_.connect(0, 1, 15);
  mesh_.propose_cost(1, 2, 40);
  mesh_.run_for(10s);
  EXPECT_EQ(told, 0u);
}

}  // namespace router_leaf_test
}  // namespace starling::routing
