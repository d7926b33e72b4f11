#include "sim/topology.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "base/check.h"
#include "sim/components.h"
#include "sim/graph_builder.h"
#include "sim/moving.h"
#include "sim/plane_topology.h"
#include "sim/seed.h"

namespace starling::sim {
namespace {

constexpr std::array<std::string_view, kTopologyKinds.size()> kTopologyNames{
    "random", "power-law", "overlay", "radio", "city", "lans", "moving"};

Topology make_random(uint32_t nodes, Rng& rng) {
  const uint64_t wanted = 2 * uint64_t{nodes};  // mean degree 4
  GraphBuilder graph(nodes);
  for (uint32_t node = 1; node < nodes; ++node) {
    const auto earlier = static_cast<uint32_t>(rng.below(node));
    graph.link(node, earlier, draw_latency(rng, 5ms, 15ms));
  }
  while (graph.links() < std::min(wanted, graph.pairs())) {
    const auto a = static_cast<uint32_t>(rng.below(nodes));
    const auto b = static_cast<uint32_t>(rng.below(nodes));
    graph.link(a, b, draw_latency(rng, 5ms, 15ms));
  }
  return std::move(graph).finish();
}

Topology make_power_law(uint32_t nodes, Rng& rng) {
  constexpr uint32_t kLinksPerNode = 2;
  GraphBuilder graph(nodes);
  // Each node once per link that it has, so that a draw prefers those with many.
  std::vector<uint32_t> ends;
  ends.reserve(2 * size_t{kLinksPerNode} * nodes);
  const auto link = [&](uint32_t a, uint32_t b) {
    if (!graph.link(a, b, draw_latency(rng, 5ms, 40ms))) return false;
    ends.insert(ends.end(), {a, b});
    return true;
  };
  const uint32_t first = std::min(nodes, kLinksPerNode + 1);
  for (uint32_t node = 1; node < first; ++node) {
    for (uint32_t earlier = 0; earlier < node; ++earlier) link(node, earlier);
  }
  for (uint32_t node = first; node < nodes; ++node) {
    const size_t before = ends.size();  // the ends of its own links do not attract
    for (uint32_t opened = 0; opened < kLinksPerNode;) {
      if (link(node, ends[rng.below(before)])) ++opened;
    }
  }
  return std::move(graph).finish();
}

Topology make_city(uint32_t nodes, Rng& rng) {
  const auto width = static_cast<uint32_t>(std::ceil(std::sqrt(nodes)));
  GraphBuilder graph(nodes);
  for (uint32_t node = 1; node < nodes; ++node) {
    if (node % width != 0) graph.link(node, node - 1, draw_latency(rng, 1ms, 3ms));
    if (node >= width) graph.link(node, node - width, draw_latency(rng, 1ms, 3ms));
  }
  const uint64_t wanted = graph.links() + graph.links() / 20;
  while (graph.links() < std::min(wanted, graph.pairs())) {
    const auto a = static_cast<uint32_t>(rng.below(nodes));
    const auto b = static_cast<uint32_t>(rng.below(nodes));
    graph.link(a, b, draw_latency(rng, 5ms, 30ms));
  }
  return std::move(graph).finish();
}

// Two different numbers in [first, last).
std::pair<uint32_t, uint32_t> two_of_lan(Rng& rng, uint32_t first, uint32_t last) {
  const uint32_t size = last - first;
  const auto one = static_cast<uint32_t>(rng.below(size));
  const auto step = static_cast<uint32_t>(1 + rng.below(size - 1));
  return {first + one, first + (one + step) % size};
}

Topology make_lans(uint32_t nodes, Rng& rng) {
  constexpr uint32_t kLanSize = 20;
  GraphBuilder graph(nodes);
  std::optional<uint32_t> previous;
  for (uint32_t first = 0; first < nodes;) {
    // The last may be smaller; a single node, in which two links cannot end, joins the one before.
    const uint32_t last = nodes - first <= kLanSize + 1 ? nodes : first + kLanSize;
    for (uint32_t a = first; a < last; ++a) {
      for (uint32_t b = a + 1; b < last; ++b) graph.link(a, b, draw_latency(rng, 500us, 1ms));
    }
    if (previous) {
      const auto [left, other_left] = two_of_lan(rng, *previous, first);
      const auto [right, other_right] = two_of_lan(rng, first, last);
      graph.link(left, right, draw_latency(rng, 5ms, 20ms));
      graph.link(other_left, other_right, draw_latency(rng, 5ms, 20ms));
    }
    previous = first;
    first = last;
  }
  return std::move(graph).finish();
}

}  // namespace

std::string_view name_of(TopologyKind kind) { return kTopologyNames[static_cast<size_t>(kind)]; }

std::optional<TopologyKind> topology_kind_named(std::string_view name) {
  const auto found = std::ranges::find_if(kTopologyKinds, [&](TopologyKind kind) {
    return kTopologyNames[static_cast<size_t>(kind)] == name;
  });
  if (found == kTopologyKinds.end()) return std::nullopt;
  return *found;
}

Topology make_topology(TopologyKind kind, uint32_t nodes, uint64_t seed) {
  STARLING_CHECK(nodes >= 2 && nodes <= Topology::kNodesMax);
  Rng rng(derive_seed(seed, SeedUse::topology, static_cast<uint64_t>(kind)));
  switch (kind) {
    case TopologyKind::random:
      return make_random(nodes, rng);
    case TopologyKind::power_law:
      return make_power_law(nodes, rng);
    case TopologyKind::overlay:
      return make_overlay(nodes, rng);
    case TopologyKind::radio:
      return make_radio(nodes, rng);
    case TopologyKind::city:
      return make_city(nodes, rng);
    case TopologyKind::lans:
      return make_lans(nodes, rng);
    case TopologyKind::moving:
      break;
  }
  return {.nodes = nodes, .edges = Satellites(nodes, seed).edges()};
}

bool is_connected(uint32_t nodes, std::span<const Topology::Edge> edges) {
  Components components(nodes);
  for (const Topology::Edge& edge : edges) components.unite(edge.a, edge.b);
  return components.count() <= 1;
}

}  // namespace starling::sim
