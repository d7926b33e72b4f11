#include "sim/graph_builder.h"

#include <algorithm>
#include <tuple>
#include <utility>

#include "base/check.h"

namespace starling::sim {

GraphBuilder::GraphBuilder(uint32_t nodes)
    : graph_{.nodes = nodes, .edges = {}}, degrees_(nodes, 0) {
  STARLING_CHECK(nodes >= 2 && nodes <= Topology::kNodesMax);
}

bool GraphBuilder::link(uint32_t a, uint32_t b, Duration latency) {
  STARLING_CHECK(latency >= Topology::kLatencyMin);
  if (a == b) return false;
  if (a > b) std::swap(a, b);
  const size_t before = linked_.size();
  linked_.find_or_insert(HostId{a}, HostId{b});
  if (linked_.size() == before) return false;
  ++degrees_[a];
  ++degrees_[b];
  graph_.edges.push_back({.a = a, .b = b, .latency = latency});
  return true;
}

bool GraphBuilder::linked(uint32_t a, uint32_t b) const {
  return linked_.find(HostId{std::min(a, b)}, HostId{std::max(a, b)}) != nullptr;
}

Topology GraphBuilder::finish() && {
  std::ranges::sort(graph_.edges, {},
                    [](const Topology::Edge& edge) { return std::tuple(edge.a, edge.b); });
  return std::move(graph_);
}

Duration draw_latency(Rng& rng, Duration least, Duration most) {
  STARLING_CHECK(least <= most);
  return least +
         std::chrono::microseconds(rng.below(static_cast<uint64_t>(to_us(most - least)) + 1));
}

}  // namespace starling::sim
