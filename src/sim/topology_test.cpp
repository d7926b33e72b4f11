#include "sim/topology.h"

#include <algorithm>
#include <fmt/core.h>
#include <gtest/gtest.h>
#include <map>
#include <set>
#include <tuple>

#include "sim/moving.h"

namespace starling::sim {
namespace topology_test {

using Neighbours = std::vector<std::vector<uint32_t>>;

Neighbours neighbours_of(const Topology& graph) {
  Neighbours neighbours(graph.nodes);
  for (const Topology::Edge& edge : graph.edges) {
    neighbours[edge.a].push_back(edge.b);
    neighbours[edge.b].push_back(edge.a);
  }
  return neighbours;
}

// Hops from node 0 to the farthest node; nothing if one cannot be reached.
std::optional<uint32_t> hops_to_farthest(const Topology& graph) {
  const Neighbours neighbours = neighbours_of(graph);
  std::vector<std::optional<uint32_t>> hops(graph.nodes);
  std::vector<uint32_t> queue{0};
  hops[0] = 0;
  for (size_t i = 0; i < queue.size(); ++i) {
    for (const uint32_t next : neighbours[queue[i]]) {
      if (hops[next]) continue;
      hops[next] = *hops[queue[i]] + 1;
      queue.push_back(next);
    }
  }
  if (queue.size() < graph.nodes) return std::nullopt;
  return hops[queue.back()];
}

double mean_degree(const Topology& graph) {
  return 2.0 * static_cast<double>(graph.edges.size()) / graph.nodes;
}

size_t nodes_with_degree_from(const Topology& graph, size_t least) {
  const Neighbours neighbours = neighbours_of(graph);
  return static_cast<size_t>(std::ranges::count_if(
      neighbours, [&](const std::vector<uint32_t>& some) { return some.size() >= least; }));
}

size_t max_degree(const Topology& graph) {
  return std::ranges::max(neighbours_of(graph), {}, &std::vector<uint32_t>::size).size();
}

size_t links_slower_than(const Topology& graph, Duration latency) {
  return static_cast<size_t>(std::ranges::count_if(
      graph.edges, [&](const Topology::Edge& edge) { return edge.latency > latency; }));
}

std::pair<Duration, Duration> latencies_of(const Topology& graph) {
  const auto [least, most] = std::ranges::minmax(graph.edges, {}, &Topology::Edge::latency);
  return {least.latency, most.latency};
}

double mean_latency_ms(const Topology& graph) {
  double sum = 0;
  for (const Topology::Edge& edge : graph.edges) sum += to_seconds(edge.latency) * 1e3;
  return sum / static_cast<double>(graph.edges.size());
}

void expect_well_formed(const Topology& graph, uint32_t nodes) {
  EXPECT_EQ(graph.nodes, nodes);
  const Topology::Edge* last = nullptr;
  for (const Topology::Edge& edge : graph.edges) {
    ASSERT_LT(edge.a, edge.b);
    ASSERT_LT(edge.b, nodes);
    ASSERT_GE(edge.latency, 500us);
    ASSERT_LE(edge.latency, 150ms);
    if (last != nullptr) {
      ASSERT_LT(std::tuple(last->a, last->b), std::tuple(edge.a, edge.b));
    }
    last = &edge;
  }
  EXPECT_TRUE(hops_to_farthest(graph)) << "not connected";
}

TEST(TopologyTest, KnowsEachKindByItsName) {
  std::set<std::string_view> names;
  for (const TopologyKind kind : kTopologyKinds) {
    EXPECT_EQ(topology_kind_named(name_of(kind)), kind);
    names.insert(name_of(kind));
  }
  EXPECT_EQ(names, (std::set<std::string_view>{"random", "power-law", "overlay", "radio", "city",
                                               "lans", "moving"}));
  EXPECT_EQ(topology_kind_named("power-law"), TopologyKind::power_law);
  EXPECT_FALSE(topology_kind_named("power_law"));
  EXPECT_FALSE(topology_kind_named(""));
}

TEST(TopologyTest, SeesWhetherLinksConnectAll) {
  const std::vector<Topology::Edge> path{{0, 2, 1ms}, {1, 3, 1ms}, {2, 3, 1ms}};
  EXPECT_TRUE(is_connected(4, path));
  EXPECT_FALSE(is_connected(5, path));
  EXPECT_FALSE(is_connected(4, std::span(path).first(2)));
}

TEST(TopologyTest, ConnectsEveryKindAndSizeWithoutLoopsAndDoubleLinks) {
  for (const TopologyKind kind : kTopologyKinds) {
    for (const uint32_t nodes : {2U, 3U, 4U, 5U, 7U, 16U, 20U, 21U, 22U, 41U, 100U, 1009U}) {
      for (uint64_t seed = 1; seed <= 5; ++seed) {
        SCOPED_TRACE(fmt::format("{} {} seed {}", name_of(kind), nodes, seed));
        expect_well_formed(make_topology(kind, nodes, seed), nodes);
      }
    }
  }
}

TEST(TopologyTest, MakesAHundredThousandNodesOfEachKind) {
  for (const TopologyKind kind : kTopologyKinds) {
    SCOPED_TRACE(name_of(kind));
    expect_well_formed(make_topology(kind, 100'000, 7), 100'000);
  }
}

TEST(TopologyTest, GivesOneGraphForOneSeed) {
  for (const TopologyKind kind : kTopologyKinds) {
    SCOPED_TRACE(name_of(kind));
    const Topology graph = make_topology(kind, 500, 1);
    EXPECT_EQ(graph.edges, make_topology(kind, 500, 1).edges);
    EXPECT_NE(graph.edges, make_topology(kind, 500, 2).edges);
  }
}

TEST(TopologyTest, LinksARandomGraphWithFourNeighboursEach) {
  const Topology graph = make_topology(TopologyKind::random, 10'000, 3);
  EXPECT_EQ(mean_degree(graph), 4);
  EXPECT_EQ(graph.edges.size(), 20'000U);
  EXPECT_LT(max_degree(graph), 30U);
  EXPECT_GE(latencies_of(graph).first, 5ms);
  EXPECT_LE(latencies_of(graph).second, 15ms);
  // Five standard deviations of the mean: 5 * 10 / sqrt(12) / sqrt(20000) = 0.1.
  EXPECT_NEAR(mean_latency_ms(graph), 10, 0.1);
}

TEST(TopologyTest, GivesAPowerLawAHeavyTail) {
  const Topology graph = make_topology(TopologyKind::power_law, 20'000, 3);
  EXPECT_NEAR(mean_degree(graph), 4, 0.01);
  EXPECT_GE(static_cast<double>(max_degree(graph)), 30 * mean_degree(graph));
  EXPECT_EQ(nodes_with_degree_from(graph, 2), 20'000U);
  // With m = 2 the share of nodes with at least k links is 6 / (k * (k + 1)).
  EXPECT_NEAR(static_cast<double>(nodes_with_degree_from(graph, 8)), 20'000 * 6.0 / 72, 170);
  EXPECT_NEAR(static_cast<double>(nodes_with_degree_from(graph, 32)), 20'000 * 6.0 / 1056, 50);
  EXPECT_GE(latencies_of(graph).first, 5ms);
  EXPECT_LE(latencies_of(graph).second, 40ms);
  EXPECT_NEAR(mean_latency_ms(graph), 22.5, 0.3);
}

TEST(TopologyTest, OpensNearAndFarLinksInAnOverlay) {
  const Topology graph = make_topology(TopologyKind::overlay, 10'000, 3);
  EXPECT_NEAR(mean_degree(graph), 15.8, 0.3);
  EXPECT_EQ(latencies_of(graph).first, 1ms);
  EXPECT_GT(latencies_of(graph).second, 110ms);
  // The near half stays within a city; the far half goes, on average, half the side of the square.
  const size_t far = links_slower_than(graph, 10ms);
  EXPECT_LT(far, graph.edges.size() / 2);
  EXPECT_GT(far, graph.edges.size() * 2 / 5);
  EXPECT_LT(links_slower_than(graph, 1ms), graph.edges.size() * 3 / 5);
}

// Only the near links: most cities are islands then, and the largest are far larger than most.
TEST(TopologyTest, PutsOverlayNodesInCitiesOfVeryDifferentSizes) {
  const Topology graph = make_topology(TopologyKind::overlay, 10'000, 3);
  const Neighbours neighbours = [&] {
    Topology near{.nodes = graph.nodes, .edges = {}};
    for (const Topology::Edge& edge : graph.edges) {
      if (edge.latency <= 2ms) near.edges.push_back(edge);
    }
    return neighbours_of(near);
  }();
  std::vector<size_t> sizes;
  std::vector<bool> seen(graph.nodes);
  for (uint32_t start = 0; start < graph.nodes; ++start) {
    if (seen[start]) continue;
    std::vector<uint32_t> island{start};
    seen[start] = true;
    for (size_t i = 0; i < island.size(); ++i) {
      for (const uint32_t next : neighbours[island[i]]) {
        if (!seen[next]) island.push_back(next);
        seen[next] = true;
      }
    }
    sizes.push_back(island.size());
  }
  std::ranges::sort(sizes, std::ranges::greater());
  EXPECT_GT(sizes.size(), 20U);  // of 100 cities; some overlap
  EXPECT_GT(sizes[0], 1'500U);   // the largest has 10000 / (1 + 1/2 + ... + 1/100) = 1928
  EXPECT_LT(sizes[sizes.size() / 2], 200U);
}

TEST(TopologyTest, LinksRadiosOnlyWithThoseAround) {
  for (const uint32_t nodes : {1'000U, 10'000U}) {
    const Topology graph = make_topology(TopologyKind::radio, nodes, 3);
    EXPECT_NEAR(mean_degree(graph), 8, nodes == 1'000 ? 0.5 : 0.2);
    EXPECT_LT(max_degree(graph), 30U);
    EXPECT_GE(latencies_of(graph).first, 2ms);
    EXPECT_LE(latencies_of(graph).second, 6ms);
    // From side to side the radius sqrt(8 / (pi * nodes)) fits at least so often.
    EXPECT_GT(*hops_to_farthest(graph), nodes == 1'000 ? 10U : 31U);
  }
}

TEST(TopologyTest, GivesTheCityAGridAndAFewLongLinks) {
  const Topology graph = make_topology(TopologyKind::city, 10'000, 3);
  const size_t in_grid = 2 * 100 * 99;
  EXPECT_EQ(graph.edges.size(), in_grid + in_grid / 20);
  EXPECT_EQ(links_slower_than(graph, 3ms), in_grid / 20);
  EXPECT_EQ(links_slower_than(graph, 4999us), in_grid / 20);
  EXPECT_GE(latencies_of(graph).first, 1ms);
  EXPECT_LE(latencies_of(graph).second, 30ms);
  size_t beside = 0;
  for (const Topology::Edge& edge : graph.edges) {
    beside += edge.b == edge.a + 100 || (edge.b == edge.a + 1 && edge.b % 100 != 0) ? 1 : 0;
  }
  EXPECT_EQ(beside, in_grid);
}

TEST(TopologyTest, ChainsLansByTwoLinksWithoutACommonEnd) {
  const Topology graph = make_topology(TopologyKind::lans, 100, 3);
  EXPECT_EQ(graph.edges.size(), size_t{5 * 190 + 4 * 2});
  std::map<uint32_t, std::vector<Topology::Edge>> between;  // by the first of the two LANs
  for (const Topology::Edge& edge : graph.edges) {
    if (edge.a / 20 == edge.b / 20) {
      EXPECT_LE(edge.latency, 1ms);
      continue;
    }
    EXPECT_GE(edge.latency, 5ms);
    EXPECT_LE(edge.latency, 20ms);
    EXPECT_EQ(edge.b / 20, edge.a / 20 + 1);
    between[edge.a / 20].push_back(edge);
  }
  EXPECT_EQ(between.size(), 4U);
  for (const auto& [lan, edges] : between) {
    ASSERT_EQ(edges.size(), 2U);
    EXPECT_NE(edges[0].a, edges[1].a);
    EXPECT_NE(edges[0].b, edges[1].b);
  }
}

TEST(TopologyTest, MakesTheChainOfLansAsLongAsItsNodesAreMany) {
  for (const uint32_t nodes : {200U, 2'000U, 20'000U}) {
    const uint32_t hops = *hops_to_farthest(make_topology(TopologyKind::lans, nodes, 3));
    EXPECT_GE(hops, nodes / 20 - 1);
    EXPECT_LE(hops, 2 * (nodes / 20));
  }
}

TEST(TopologyTest, StartsMovingAsTheSatellitesDo) {
  EXPECT_EQ(make_topology(TopologyKind::moving, 400, 9).edges, Satellites(400, 9).edges());
}

}  // namespace topology_test
}  // namespace starling::sim
