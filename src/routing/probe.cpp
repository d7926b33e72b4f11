#include "routing/probe.h"

#include "base/check.h"
#include "wire/reader.h"
#include "wire/writer.h"

namespace starling::routing {

std::optional<Probe> decode_probe(ByteView payload) {
  if (payload.size() != Probe::kSize) return std::nullopt;
  wire::Reader reader(payload);
  Probe probe{reader.u32()};
  for (const uint8_t padding : reader.remaining()) {
    if (padding != 0) return std::nullopt;
  }
  return probe;
}

Bytes encode(const Probe& probe) {
  wire::Writer writer;
  writer.u32(probe.nonce);
  return writer.zeros(Probe::kSize - writer.size()).take();
}

std::optional<ProbeAnswer> decode_probe_answer(ByteView payload) {
  wire::Reader reader(payload);
  ProbeAnswer answer;
  answer.nonce = reader.u32();
  answer.target = reader.fixed<crypto::NodeId>();
  const size_t nodes = reader.u8();
  if (nodes == 0 || nodes > MeshPacket::kRecordedMax) return std::nullopt;
  for (size_t i = 0; i < nodes && reader.ok(); ++i) {
    const auto node = reader.fixed<ShortId>();
    const Metric so_far = reader.u24();
    if (so_far == kInfinity || (i > 0 && so_far < answer.way.back().so_far)) return std::nullopt;
    answer.way.push_back({node, so_far});
  }
  const size_t chosen = reader.u8();
  if (chosen == 0 || chosen > nodes) return std::nullopt;
  for (size_t i = 0; i < chosen && reader.ok(); ++i) {
    const uint8_t index = reader.u8();
    if (index >= nodes || (i > 0 && index >= answer.chosen.back())) return std::nullopt;
    answer.chosen.push_back(index);
  }
  if (!reader.finish() || answer.chosen.front() != nodes - 1) return std::nullopt;
  return answer;
}

Bytes encode(const ProbeAnswer& answer) {
  STARLING_CHECK(answer.way.size() <= MeshPacket::kRecordedMax);
  wire::Writer writer;
  writer.u32(answer.nonce).fixed(answer.target).u8(static_cast<uint8_t>(answer.way.size()));
  for (const RecordedNode& node : answer.way) writer.fixed(node.node).u24(node.so_far);
  writer.u8(static_cast<uint8_t>(answer.chosen.size())).bytes(answer.chosen);
  return writer.take();
}

std::optional<crypto::NodeId> next_for(ProbeAnswer& answer, const RouteTable& table) {
  const uint8_t here = answer.chosen.back();
  for (uint8_t index = 0; index < here; ++index) {
    // The target is known in full; the others by the table.
    const Destination* known =
        index == 0 ? table.find(answer.target) : table.find(answer.way[index].node);
    if (!known) continue;
    const Metric recorded = answer.way[here].so_far - answer.way[index].so_far;
    // Without this condition a small table's detour would be taken for the path (13 % of pairs lost in simulation). The
    // sixteenth is for the hysteresis of tables: both ends of a way need not have chosen the same one.
    if (table.metric_of(*known) > recorded + recorded / 16) continue;
    if (index == 0) return answer.target;
    answer.chosen.push_back(index);
    return known->id;
  }
  return std::nullopt;
}

LandmarkPath path_of(const ProbeAnswer& answer) {
  LandmarkPath path;
  for (const uint8_t index : answer.chosen) {
    const RecordedNode& node = answer.way[index];
    const bool falls = path.waypoints.empty() || node.so_far < path.waypoints.back().rest;
    if (falls && path.waypoints.size() < LandmarkPath::kWaypointsMax) {
      path.waypoints.push_back({node.node, node.so_far});
    }
  }
  return path;
}

}  // namespace starling::routing
