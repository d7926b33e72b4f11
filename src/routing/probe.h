// routing/probe.h - how a node learns the waypoints from its landmarks to itself.
//
// How:     the node sends a recording probe to a landmark; the landmark sends the recorded way back as an answer, from
//          waypoint to waypoint: each names as the next one the farthest node of the way that its own table reaches at no more
//          than the recorded cost. What arrives is the path from the landmark.
// Wire:    docs/wire/routing.md#probe.
#pragma once

#include <optional>
#include <vector>

#include "routing/address.h"
#include "routing/mesh_packet.h"
#include "routing/route_table.h"

namespace starling::routing {

struct Probe {
  // Padded so that the answer is never larger.
  static constexpr size_t kSize = 4 + 92;
  uint32_t nonce = 0;
};
std::optional<Probe> decode_probe(ByteView payload);
Bytes encode(const Probe& probe);

struct ProbeAnswer {
  uint32_t nonce = 0;
  crypto::NodeId target;          // who probed
  std::vector<RecordedNode> way;  // as recorded, from the target to the landmark
  std::vector<uint8_t> chosen;    // indices into `way`, falling; the first is the landmark
};
// Refuses an empty way, costs that fall along it or are infinite, and indices that do not fall or are out of
// range.
std::optional<ProbeAnswer> decode_probe_answer(ByteView payload);
Bytes encode(const ProbeAnswer& answer);

// Where the answer goes from here: chooses the next waypoint by our table. Empty when the way is lost.
std::optional<crypto::NodeId> next_for(ProbeAnswer& answer, const RouteTable& table);
// The path that an answer which reached its target has found.
LandmarkPath path_of(const ProbeAnswer& answer);

}  // namespace starling::routing
