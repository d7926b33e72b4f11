// Routers in random graphs: what they find out, checked against the whole graph, and how they get over failures.
#include <cmath>
#include <gtest/gtest.h>

#include "routing/mesh_oracle.h"
#include "routing/proven_origins.h"

namespace starling::routing {
namespace router_graph_test {

constexpr size_t kNodes = 100;

std::unique_ptr<RouterMesh> random_mesh(uint64_t seed, size_t table_size, Metric cost_max) {
  auto mesh = std::make_unique<RouterMesh>(seed);
  RouterConfig config;
  config.table_size = table_size;
  for (size_t i = 0; i < kNodes; ++i) mesh->add_node(config);
  Rng rng(seed);
  connect_randomly(*mesh, rng, 4, cost_max);
  return mesh;
}

size_t listed_at(RouterMesh& mesh, size_t at) {
  size_t listed = 0;
  for (const Destination& destination : mesh.router(at).table().all()) listed += destination.listed;
  return listed;
}

class RouterGraphTest : public testing::TestWithParam<size_t> {};
#ifdef STARLING_SANITIZED
const auto kTableSizes = testing::Values(16);
#else
const auto kTableSizes = testing::Values(16, 64);
#endif
INSTANTIATE_TEST_SUITE_P(TableSizes, RouterGraphTest, kTableSizes,
                         [](const auto& sizes) { return std::to_string(sizes.param); });

TEST_P(RouterGraphTest, EveryPairAnswersTenSecondsAfterAColdStart) {
  const auto mesh = random_mesh(1, GetParam(), 4);
  mesh->run_for(10s);
  EXPECT_EQ(unanswered_pairs(*mesh, 1s), 0u);
  EXPECT_EQ(mesh->loops, 0u);
  EXPECT_EQ(mesh->rises, 0u);
  EXPECT_EQ(mesh->count(RouterCounter::no_way), 0u);
  for (size_t i = 0; i < kNodes; ++i) EXPECT_TRUE(mesh->node(i).faults.empty());
}

TEST_P(RouterGraphTest, AnAnswerNeedsNoLookupAndNoRoute) {
  const auto mesh = random_mesh(2, GetParam(), 4);
  mesh->run_for(10s);
  const size_t asker = kNodes - 1;
  size_t without_route = 0;
  for (size_t to = 0; to < asker; ++to) {
    if (mesh->router(to).knows_way(mesh->now(), mesh->id(asker))) continue;
    ++without_route;
    const uint64_t nonce = mesh->ping(asker, to);
    mesh->run_for(1s);
    EXPECT_TRUE(mesh->answered(asker, nonce));
  }
  EXPECT_TRUE(GetParam() != kSmallest || without_route > 10) << without_route;
}

TEST_P(RouterGraphTest, TablesHoldTheWholeSketchAtTheShortestDistances) {
  const auto mesh = random_mesh(3, GetParam(), 3);
  mesh->run_for(10s);
  for (size_t at = 0; at < kNodes; ++at) {
    const std::vector<Metric> distances = distances_from(*mesh, at);
    for (const size_t w : sketch_of(*mesh, at, GetParam())) {
      const Destination* known = mesh->router(at).table().find(mesh->id(w));
      ASSERT_TRUE(known && known->listed) << at << " to " << w;
      EXPECT_EQ(known->distance, distances[w]) << at << " to " << w;
    }
    EXPECT_EQ(mesh->router(at).table().wanting().size(), 0u);
  }
}

// A fifth has done the work, half of that only after a while.
TEST_P(RouterGraphTest, AFlockInWhichSomeHaveProofsIsWholeAndListsThoseEverywhere) {
  auto mesh = std::make_unique<RouterMesh>(11);
  RouterConfig config;
  config.table_size = GetParam();
  constexpr size_t kEarly = proven::kOrigins / 2;
  for (size_t i = 0; i < kNodes; ++i) {
    if (i >= proven::kOrigins) {
      mesh->add_node(config);
      continue;
    }
    RouterConfig own = config;
    if (i < kEarly) own.proof = proven::proof(i);
    mesh->add_node(own, proven::origin(i).identity());
  }
  Rng rng(11);
  connect_randomly(*mesh, rng, 4, 3);
  mesh->run_for(10s);
  for (size_t i = kEarly; i < proven::kOrigins; ++i) {
    mesh->router(i).set_proof(mesh->now(), proven::proof(i));
    mesh->node(i).config.proof = proven::proof(i);
    mesh->drain(i);
    mesh->run_for(500ms);
  }
  mesh->run_for(20s);
  EXPECT_EQ(unanswered_pairs(*mesh, 1s), 0u);
  EXPECT_EQ(mesh->loops, 0u);
  for (size_t at = 0; at < kNodes; ++at) {
    EXPECT_TRUE(mesh->node(at).faults.empty());
    for (const size_t w : sketch_of(*mesh, at, GetParam())) {
      const Destination* known = mesh->router(at).table().find(mesh->id(w));
      ASSERT_TRUE(known && known->listed) << at << " to " << w;
      EXPECT_EQ(known->priority(), priority_of(*mesh, w)) << at << " to " << w;
    }
  }
}

TEST_P(RouterGraphTest, TablesAreAboutAsLargeAsTheFormulaSays) {
  const auto mesh = random_mesh(4, GetParam(), 20);
  mesh->run_for(10s);
  double sum = 0;
  for (size_t at = 0; at < kNodes; ++at) sum += static_cast<double>(listed_at(*mesh, at));
  const auto k = static_cast<double>(GetParam());
  const double expected = k * (1 + std::log(kNodes / k));
  EXPECT_GT(sum / kNodes, 0.9 * expected - 1);
  EXPECT_LT(sum / kNodes, 1.25 * expected);
}

// Hysteresis and changes not worth telling leave ways a little longer than they could be, so that at the edge of a sketch
// nodes do not always agree on who belongs to it.
TEST_P(RouterGraphTest, OnLinksOfDifferentCostWaysAreHardlyLongerThanTheShortest) {
  const auto mesh = random_mesh(5, GetParam(), 200);
  mesh->run_for(30s);
  double sum = 0;
  size_t count = 0;
  size_t missing = 0;
  for (size_t at = 0; at < kNodes; ++at) {
    const std::vector<Metric> distances = distances_from(*mesh, at);
    for (const size_t w : sketch_of(*mesh, at, GetParam())) {
      const Destination* known = mesh->router(at).table().find(mesh->id(w));
      if (!known || !known->selected) {
        ++missing;
        continue;
      }
      EXPECT_GE(known->distance, distances[w]);
      EXPECT_LE(known->distance, distances[w] + distances[w] / 5) << at << " to " << w;
      sum += static_cast<double>(known->distance) / distances[w];
      ++count;
    }
  }
  EXPECT_LT(sum / static_cast<double>(count), 1.01);
  EXPECT_LT(missing, count / 100);
}

TEST_P(RouterGraphTest, ASettledNetworkSendsOnlyProbesAndThoseEverMoreRarely) {
  const auto mesh = random_mesh(6, GetParam(), 10);
  mesh->run_for(5min);
  const uint64_t messages = mesh->control_messages;
  mesh->packet_tap = [](const RouterMesh::Link&, const Bytes& bytes) {
    const PayloadKind kind = decode_mesh_packet(bytes)->kind;
    EXPECT_TRUE(kind == PayloadKind::probe || kind == PayloadKind::probe_answer);
    return true;
  };
  const uint64_t probes = mesh->count(RouterCounter::probes_sent);
  mesh->run_for(30min);
  EXPECT_EQ(mesh->control_messages, messages);
  // A landmark is probed every 300 s, and an address has at most 16.
  EXPECT_LE(mesh->count(RouterCounter::probes_sent) - probes, kNodes * 16 * 7);
}

TEST_P(RouterGraphTest, AllSurvivorsAnswerWithinTenSecondsAfterAFifthDiesAtOnce) {
  const auto mesh = random_mesh(7, GetParam(), 10);
  mesh->run_for(10s);
  // Everybody has ways to everybody, most of which break now.
  ASSERT_EQ(unanswered_pairs(*mesh, 1s), 0u);
  Rng rng(7);
  for (size_t i = 0; i < kNodes; ++i) {
    if (rng.chance(0.2)) mesh->crash(i, 500ms);
  }
  mesh->run_for(1ms);
  EXPECT_EQ(unanswered_pairs(*mesh, 10s), 0u);
  for (size_t i = 0; i < kNodes; ++i) EXPECT_TRUE(mesh->node(i).faults.empty());
}

TEST_P(RouterGraphTest, TheLossOfTheTopSixteenIsGotOverWithinTenSeconds) {
  const auto mesh = random_mesh(8, GetParam(), 10);
  mesh->run_for(10s);
  ASSERT_EQ(unanswered_pairs(*mesh, 1s), 0u);
  std::vector<size_t> by_rank(kNodes);
  for (size_t i = 0; i < kNodes; ++i) by_rank[i] = i;
  std::sort(by_rank.begin(), by_rank.end(), [&](size_t a, size_t b) {
    return outranks(priority_of(*mesh, a), priority_of(*mesh, b));
  });
  for (size_t i = 0; i < kSmallest; ++i) mesh->crash(by_rank[i], 500ms);
  mesh->run_for(1ms);
  EXPECT_EQ(unanswered_pairs(*mesh, 10s), 0u);
}

TEST_P(RouterGraphTest, TheDeadAreForgottenAndTheRestartedComeBack) {
  const auto mesh = random_mesh(9, GetParam(), 10);
  mesh->run_for(10s);
  std::vector<std::tuple<size_t, size_t, Metric>> edges;
  for (const auto& [name, link] : mesh->links()) {
    if (link.from < 10 && (link.to >= 10 || link.from < link.to)) {
      edges.emplace_back(link.from, link.to, link.cost);
    }
  }
  for (size_t i = 0; i < 10; ++i) mesh->crash(i, 500ms);
  mesh->run_for(10s);
  for (size_t at = 10; at < kNodes; ++at) {
    for (size_t dead = 0; dead < 10; ++dead) {
      EXPECT_FALSE(mesh->router(at).table().find(mesh->id(dead)) &&
                   mesh->router(at).table().find(mesh->id(dead))->selected);
    }
  }
  for (size_t i = 0; i < 10; ++i) mesh->start(i);
  for (const auto& [a, b, cost] : edges) mesh->connect(a, b, cost);
  mesh->run_for(5s);
  EXPECT_EQ(unanswered_pairs(*mesh, 5s), 0u);
}

TEST_P(RouterGraphTest, HalvesThatAreCutApartGoOnAndMergeAgain) {
  const auto mesh = random_mesh(10, GetParam(), 10);
  mesh->run_for(10s);
  std::vector<RouterMesh::Link> across;
  for (const auto& [name, link] : mesh->links()) {
    if (link.from < kNodes / 2 && link.to >= kNodes / 2) across.push_back(link);
  }
  for (const RouterMesh::Link& link : across) mesh->cut(link.from, link.to, 500ms);
  mesh->run_for(1ms);
  EXPECT_EQ(unanswered_pairs(*mesh, 10s), 0u);
  mesh->run_for(60s);
  for (const RouterMesh::Link& link : across) mesh->connect(link.from, link.to, link.cost);
  EXPECT_EQ(unanswered_pairs(*mesh, 10s), 0u);
}

TEST_P(RouterGraphTest, PingsGetThroughALossyNetwork) {
  RouterMesh mesh(11);
  RouterConfig config;
  config.table_size = GetParam();
  for (size_t i = 0; i < 40; ++i) mesh.add_node(config);
  Rng rng(11);
  for (size_t i = 1; i < 40; ++i) mesh.connect(i, rng.below(i), 5, /*loss=*/0.05);
  for (size_t i = 0; i < 40; ++i) mesh.connect(i, (i * 17 + 3) % 40, 9, /*loss=*/0.05);
  mesh.run_for(10s);
  EXPECT_EQ(unanswered_pairs(mesh, 10s), 0u);
}

TEST_P(RouterGraphTest, EqualSeedsGiveEqualRuns) {
  const auto run = [&] {
    const auto mesh = random_mesh(12, GetParam(), 10);
    mesh->run_for(3s);
    mesh->crash(5, 100ms);
    mesh->run_for(3s);
    return std::tuple(mesh->control_messages, mesh->packets,
                      mesh->count(RouterCounter::control_bytes_sent),
                      mesh->count(RouterCounter::probes_sent));
  };
  EXPECT_EQ(run(), run());
}

TEST(RouterMixedGraphTest, SmallAndFullTablesMixFreely) {
  RouterMesh mesh(13);
  for (size_t i = 0; i < kNodes; ++i) {
    RouterConfig config;
    config.table_size = i % 2 == 0 ? kSmallest : kFullRouter;
    mesh.add_node(config);
  }
  Rng rng(13);
  connect_randomly(mesh, rng, 4, 10);
  mesh.run_for(10s);
  EXPECT_EQ(unanswered_pairs(mesh, 5s), 0u);
  EXPECT_EQ(mesh.loops_without_rise, 0u);
}

}  // namespace router_graph_test
}  // namespace starling::routing
