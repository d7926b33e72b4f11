#include "routing/probe.h"

#include "wire/reader.h"
#include "wire/writer.h"

namespace starling::routing {

std::optional<Probe> decode_probe(ByteView payload) {
  wire::Reader reader(payload);
  const Probe probe{reader.u32()};
  if (!reader.finish()) return std::nullopt;
  return probe;
}

Bytes encode(const Probe& probe) { return wire::Writer().u32(probe.nonce).take(); }

std::optional<ProbeAnswer> decode_probe_answer(ByteView payload) {
  wire::Reader reader(payload);
  ProbeAnswer answer;
  answer.nonce = reader.u32();
  answer.cost = reader.u24();
  if (!reader.finish() || answer.cost == 0 || answer.cost == kInfinity) return std::nullopt;
  return answer;
}

Bytes encode(const ProbeAnswer& answer) {
  return wire::Writer().u32(answer.nonce).u24(answer.cost).take();
}

std::optional<LandmarkPath> path_of(const ProbeAnswer& answer, const MeshPacket& packet) {
  LandmarkPath path;
  path.waypoints.push_back({short_id_of(packet.source), answer.cost});
  for (const Waypoint& waypoint : packet.waypoints) {
    // The target itself needs no waypoint.
    if (waypoint.node == short_id_of(packet.destination)) break;
    if (waypoint.rest >= path.waypoints.back().rest) return std::nullopt;
    path.waypoints.push_back(waypoint);
  }
  if (path.waypoints.size() > LandmarkPath::kWaypointsMax) return std::nullopt;
  return path;
}

}  // namespace starling::routing
