// The scenario `static`: tables of a graph at rest, computed without messages, and packets that walk over them.
#pragma once

#include <cstdint>

#include "sim/topology.h"

namespace starling {

struct StaticOptions {
  sim::TopologyKind topology = sim::TopologyKind::power_law;
  uint32_t nodes = 1'000'000;
  size_t table_size = 64;
  uint64_t seed = 1;
  size_t pairs = 1'000;  // at least one
  bool as_json = false;
  bool quiet = false;
};

// Prints what came of it; the exit status: 0 when every packet arrived and the tables are those of the rule.
int run_static(const StaticOptions& options);

}  // namespace starling
