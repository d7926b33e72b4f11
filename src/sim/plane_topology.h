// sim/plane_topology.h - the topologies in which nodes have a place: what links them is that they are near.
#pragma once

#include "base/rng.h"
#include "sim/topology.h"

namespace starling::sim {

// As make_topology() says of the kinds with these names.
Topology make_overlay(uint32_t nodes, Rng& rng);
Topology make_radio(uint32_t nodes, Rng& rng);

}  // namespace starling::sim
