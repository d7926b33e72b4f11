// routing/probe.h - how a node learns the waypoints from its landmarks to itself.
//
// How:     the node sends a recording probe to a landmark, which answers over the way back that the record gives it
//          (recorded_way.h). The waypoints of that packet are the path, and it has just been taken.
// Wire:    docs/wire/routing.md#probe.
#pragma once

#include <optional>

#include "routing/address.h"
#include "routing/mesh_packet.h"

namespace starling::routing {

struct Probe {
  uint32_t nonce = 0;
};
std::optional<Probe> decode_probe(ByteView payload);
Bytes encode(const Probe& probe);

struct ProbeAnswer {
  uint32_t nonce = 0;
  Metric cost = 0;  // of the probe's way
};
// Refuses a cost of 0 or infinity.
std::optional<ProbeAnswer> decode_probe_answer(ByteView payload);
Bytes encode(const ProbeAnswer& answer);

// The path that an answer shows which came as `packet`. Empty when no address may hold it.
std::optional<LandmarkPath> path_of(const ProbeAnswer& answer, const MeshPacket& packet);

}  // namespace starling::routing
