#include "routing/mesh_packet.h"

#include "base/check.h"
#include "wire/message_number.h"
#include "wire/reader.h"
#include "wire/writer.h"

namespace starling::routing {
namespace {

// Flags: bit 7 records, bits 0 and 1 rises left, the rest zero.
constexpr uint8_t kRecords = 0x80;
constexpr uint8_t kRisesMask = 0x03;

}  // namespace

namespace {

std::optional<MeshPacket> read_header(wire::Reader& reader) {
  MeshPacket packet;
  if (reader.u8() != static_cast<uint8_t>(wire::MeshPacket::routed)) return std::nullopt;
  const uint8_t flags = reader.u8();
  if (flags & ~(kRecords | kRisesMask)) return std::nullopt;
  packet.records = (flags & kRecords) != 0;
  packet.rises_left = flags & kRisesMask;
  packet.kind = static_cast<PayloadKind>(reader.u8());
  packet.ttl = reader.u16();
  packet.water = reader.u24();
  packet.destination = reader.fixed<crypto::NodeId>();
  packet.source = reader.fixed<crypto::NodeId>();
  const size_t waypoints = reader.u8();
  if (waypoints > MeshPacket::kWaypointsMax || packet.ttl > MeshPacket::kTimeToLive)
    return std::nullopt;
  for (size_t i = 0; i < waypoints && reader.ok(); ++i) {
    const auto node = reader.fixed<ShortId>();
    packet.waypoints.push_back({node, reader.u24()});
  }
  if (packet.records) {
    packet.nonce = reader.u32();
    packet.room = reader.u16();
    const size_t recorded = reader.u8();
    if (recorded > MeshPacket::kRecordedMax) return std::nullopt;
    for (size_t i = 0; i < recorded && reader.ok(); ++i) {
      const auto node = reader.fixed<ShortId>();
      const Metric so_far = reader.u24();
      const uint8_t reach = reader.u8();
      if (i == 0 ? reach != 0 : reach >= i) return std::nullopt;
      // A cost that falls or is infinite is a lie that would spoil the addresses and ways made from it.
      const Metric before = packet.recorded.empty() ? 0 : packet.recorded.back().so_far;
      if (so_far == kInfinity || so_far < before) return std::nullopt;
      packet.recorded.push_back({node, so_far, reach});
    }
  }
  if (!reader.ok()) return std::nullopt;
  return packet;
}

}  // namespace

std::optional<MeshPacket> decode_mesh_packet(ByteView bytes) {
  wire::Reader reader(bytes);
  auto packet = read_header(reader);
  if (packet) packet->payload = reader.remaining();
  return packet;
}

std::optional<MeshPacket> decode_mesh_packet(ByteView header, ByteView payload) {
  wire::Reader reader(header);
  auto packet = read_header(reader);
  if (!packet || !reader.finish()) return std::nullopt;
  packet->payload = payload;
  return packet;
}

size_t header_size(const MeshPacket& packet) {
  constexpr size_t kFixed = 1 + 1 + 1 + 2 + 3 + 2 * crypto::NodeId::kSize + 1;
  constexpr size_t kWaypoint = ShortId::kSize + 3;
  constexpr size_t kRecorded = ShortId::kSize + 3 + 1;
  const size_t record = packet.records ? 4 + 2 + 1 + packet.recorded.size() * kRecorded : 0;
  return kFixed + packet.waypoints.size() * kWaypoint + record;
}

Bytes encode(const MeshPacket& packet) {
  STARLING_CHECK(packet.waypoints.size() <= MeshPacket::kWaypointsMax);
  STARLING_CHECK(packet.recorded.size() <= MeshPacket::kRecordedMax);
  Bytes bytes;
  bytes.reserve(header_size(packet) + packet.payload.size());
  wire::Writer writer(std::move(bytes));
  writer.u8(static_cast<uint8_t>(wire::MeshPacket::routed));
  writer.u8(static_cast<uint8_t>((packet.records ? kRecords : 0) | packet.rises_left));
  writer.u8(static_cast<uint8_t>(packet.kind)).u16(packet.ttl).u24(packet.water);
  writer.fixed(packet.destination).fixed(packet.source);
  writer.u8(static_cast<uint8_t>(packet.waypoints.size()));
  for (const Waypoint& waypoint : packet.waypoints) writer.fixed(waypoint.node).u24(waypoint.rest);
  if (packet.records) {
    writer.u32(packet.nonce).u16(packet.room);
    writer.u8(static_cast<uint8_t>(packet.recorded.size()));
    for (const RecordedNode& node : packet.recorded)
      writer.fixed(node.node).u24(node.so_far).u8(node.reach);
  }
  return writer.bytes(packet.payload).take();
}

}  // namespace starling::routing
