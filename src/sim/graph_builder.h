// sim/graph_builder.h - collects the links of a topology: no pair twice, no node with itself.
#pragma once

#include <vector>

#include "base/rng.h"
#include "sim/pair_table.h"
#include "sim/topology.h"

namespace starling::sim {

class GraphBuilder {
 public:
  // Pre: 2 <= nodes <= Topology::kNodesMax.
  explicit GraphBuilder(uint32_t nodes);

  // False, and nothing changes, if a and b are one node or linked already.
  // Pre: latency >= Topology::kLatencyMin.
  bool link(uint32_t a, uint32_t b, Duration latency);
  [[nodiscard]] bool linked(uint32_t a, uint32_t b) const;
  [[nodiscard]] uint32_t degree(uint32_t node) const { return degrees_[node]; }
  [[nodiscard]] size_t links() const { return graph_.edges.size(); }
  // How many pairs of nodes there are, which is how many links fit.
  [[nodiscard]] uint64_t pairs() const { return uint64_t{graph_.nodes} * (graph_.nodes - 1) / 2; }

  // The graph, its links in order. The builder must not be used afterwards.
  [[nodiscard]] Topology finish() &&;

 private:
  struct Nothing {};

  Topology graph_;
  std::vector<uint32_t> degrees_;
  PairTable<Nothing> linked_;  // each link once, from the smaller number
};

// Uniform in [least, most], in whole microseconds.
Duration draw_latency(Rng& rng, Duration least, Duration most);

}  // namespace starling::sim
