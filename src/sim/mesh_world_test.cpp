#include "sim/mesh_world.h"

#include <atomic>
#include <gtest/gtest.h>

#include "sim/mesh_probe.h"
#include "sim/topology.h"

namespace starling::sim::mesh_world_test {
namespace {

// A started world on a graph.
std::unique_ptr<MeshWorld> grown(TopologyKind kind, uint32_t nodes, const MeshWorldOptions& options,
                                 double loss = 0) {
  auto world = std::make_unique<MeshWorld>(options);
  for (uint32_t i = 0; i < nodes; ++i) world->start(world->add_node());
  for (const auto& edge : make_topology(kind, nodes, options.seed).edges)
    world->connect(edge.a, edge.b, {.latency = edge.latency, .jitter = 1ms, .loss = loss});
  return world;
}

size_t answers_to(MeshWorld& world, const std::vector<MeshPair>& pairs) {
  std::atomic<size_t> answers = 0;
  world.on_echo = [&](uint32_t, Instant, const routing::EchoReceived&) { ++answers; };
  for (size_t i = 0; i < pairs.size(); ++i) world.ask_once(pairs[i].from, pairs[i].to, i + 1);
  world.run_for(5s);
  world.on_echo = nullptr;
  return answers;
}

TEST(MeshWorldTest, EqualSeedsGiveEqualRunsWhateverTheNumberOfThreads) {
  const auto run = [](uint64_t seed, unsigned threads) {
    const auto world =
        grown(TopologyKind::overlay, 30, {.seed = seed, .threads = threads}, /*loss=*/0.05);
    world->run_for(3s);
    world->crash(7);
    world->cut(1, world->links_of(1).front().peer);
    world->run_for(3s);
    const auto totals = world->totals();
    return std::tuple(world->trace_hash(), totals.events, totals.control_bytes,
                      totals.packet_bytes);
  };
  const auto one = run(1, 1);
  EXPECT_EQ(one, run(1, 1));
  EXPECT_EQ(one, run(1, 2));
  EXPECT_EQ(one, run(1, 3));
  EXPECT_NE(std::get<0>(one), std::get<0>(run(2, 1)));
}

TEST(MeshWorldTest, NodesFindEachOtherWithAndWithoutADirectory) {
  for (const bool directory : {true, false}) {
    const auto world = grown(TopologyKind::power_law, 60, {.threads = 1, .directory = directory});
    world->run_for(10s);
    const auto pairs = sample_mesh_pairs(*world, 100, [](uint32_t) { return true; });
    EXPECT_EQ(answers_to(*world, pairs), pairs.size());
    EXPECT_EQ(world->totals().faults, 0u);
    EXPECT_EQ(world->core(0) != nullptr, directory);
  }
}

TEST(MeshWorldTest, ADeadNeighbourIsFoundOutSoonerByWhoSendsToIt) {
  MeshWorld world({.threads = 1});
  for (int i = 0; i < 3; ++i) world.start(world.add_node());
  world.connect(0, 1, {.latency = 5ms});
  world.connect(1, 2, {.latency = 5ms});
  world.run_for(5s);
  world.crash(2);
  EXPECT_FALSE(world.is_up(2));
  world.ask_once(1, 2, 1);
  world.run_for(1s);
  EXPECT_EQ(world.links_of(1).size(), 1u);
  world.cut(0, 1);
  EXPECT_FALSE(world.is_linked(0, 1));
  world.run_for(11s);
  EXPECT_TRUE(world.links_of(0).empty());
  EXPECT_TRUE(world.links_of(1).empty());
  // A new life, and links again.
  world.start(2);
  world.connect(0, 1, {.latency = 5ms});
  world.connect(1, 2, {.latency = 5ms});
  world.run_for(5s);
  EXPECT_EQ(answers_to(world, {{0, 2}, {2, 0}}), 2u);
}

TEST(MeshWorldTest, ABlackHolePassesNothingOnUntilItsNeighboursGoAroundIt) {
  MeshWorld world({.threads = 1});
  for (int i = 0; i < 4; ++i) world.start(world.add_node());
  // The short way from 0 to 3 goes over 1, the long one over 2.
  world.connect(0, 1, {.latency = 5ms});
  world.connect(1, 3, {.latency = 5ms});
  world.connect(0, 2, {.latency = 50ms});
  world.connect(2, 3, {.latency = 50ms});
  world.run_for(10s);
  ASSERT_EQ(answers_to(world, {{0, 3}}), 1u);
  world.set_behaviour(1, MeshBehaviour::black_hole);
  EXPECT_EQ(answers_to(world, {{0, 3}}), 0u);
  // Both ends have to find out: 3 when its answer is lost.
  answers_to(world, {{0, 3}});
  EXPECT_EQ(answers_to(world, {{0, 3}}), 1u);
  // It itself is still reached.
  EXPECT_EQ(answers_to(world, {{0, 1}}), 1u);
  // And used again when it has changed its mind.
  world.set_behaviour(1, MeshBehaviour::correct);
  world.run_for(30s);
  EXPECT_EQ(world.router(0).table().find(world.id(3))->distance, 12u);
}

TEST(MeshWorldTest, ProbesTellTheShortestWaysAndTheStretch) {
  const auto world = grown(TopologyKind::radio, 80, {.threads = 1});
  world->run_for(20s);
  const auto distance = shortest_from(*world, 0, nullptr);
  for (const auto& link : world->links_of(0)) EXPECT_LE(distance[link.peer], link.cost);
  MeshAsker asker(*world, 7, {{0, 79}, {79, 0}}, {});
  world->on_echo = [&](uint32_t node, Instant at, const routing::EchoReceived& echo) {
    ASSERT_EQ(MeshAsker::number_of(echo.nonce), 7u);
    asker.handle_echo(node, at, echo);
  };
  while (!asker.is_over()) {
    asker.tick();
    world->run_for(10ms);
  }
  world->on_echo = nullptr;
  const AskSummary summary = summary_of(*world, asker.results());
  EXPECT_EQ(summary.answered, 2u);
  EXPECT_EQ(summary.first_try, 2u);
  EXPECT_GE(asker.results()[0].cost, distance[79]);
  EXPECT_GE(summary.stretch_mean, 1);
  const TableSummary tables = tables_of(*world);
  EXPECT_GT(tables.entries_mean, 50);
  EXPECT_GT(tables.bytes_per_known, 100);
}

}  // namespace
}  // namespace starling::sim::mesh_world_test
