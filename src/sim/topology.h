// sim/topology.h - graphs on which routing is simulated: who is linked with whom, and how far apart they are.
//
// How:     every graph is connected, without loops or double links; each link has the same latency in
//          both directions, at least kLatencyMin. A million nodes take seconds.
// Seeds:   equal arguments give equal graphs.  Threads: pure functions.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "base/time.h"

namespace starling::sim {

enum class TopologyKind : uint8_t { random, power_law, overlay, radio, city, lans, moving };

inline constexpr std::array kTopologyKinds{
    TopologyKind::random, TopologyKind::power_law, TopologyKind::overlay, TopologyKind::radio,
    TopologyKind::city,   TopologyKind::lans,      TopologyKind::moving};

// As on a command line: "random", "power-law", "overlay", "radio", "city", "lans", "moving".
std::string_view name_of(TopologyKind kind);
std::optional<TopologyKind> topology_kind_named(std::string_view name);

struct Topology {
  struct Edge {
    uint32_t a = 0;
    uint32_t b = 0;      // > a
    Duration latency{};  // one way
    friend bool operator==(const Edge&, const Edge&) = default;
  };

  static constexpr Duration kLatencyMin = 500us;
  // Sixteen times what is simulated, and far from where 32 bits overflow; more is refused (checked).
  static constexpr uint32_t kNodesMax = 16'000'000;

  uint32_t nodes = 0;
  std::vector<Edge> edges;  // ascending by a, then b
};

// Pre: 2 <= nodes <= Topology::kNodesMax. Graphs below 20 nodes have fewer links than the list says.
//
//   random     a random tree and free links: mean degree 4; 5 to 15 ms
//   power_law  Barabasi and Albert (1999), each new node links to 2; the oldest nodes, which have the
//              lowest numbers, have the most links; 5 to 40 ms
//   overlay    sqrt(nodes) cities in a square, the size of the n-th proportional to 1/n; each node
//              opens links to the 4 nearest that it has no link with yet, and to 4 random ones: mean
//              degree 16; latency is distance, 150 ms along the diagonal, at least 1 ms
//   radio      random points in a square, linked within a radius: mean degree 8; each component beside
//              the largest has one longer link to it; 2 to 6 ms
//   city       a square grid, 1 to 3 ms, and 5 % as many random links, 5 to 30 ms
//   lans       a chain of cliques of 20, 0.5 to 1 ms; two links without a common end from each to the
//              next, 5 to 20 ms
//   moving     sim::Satellites (sim/moving.h) before their first step
Topology make_topology(TopologyKind kind, uint32_t nodes, uint64_t seed);

// Whether `edges` alone connect all of `nodes` nodes.
bool is_connected(uint32_t nodes, std::span<const Topology::Edge> edges);

}  // namespace starling::sim
