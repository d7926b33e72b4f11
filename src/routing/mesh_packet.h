// routing/mesh_packet.h - the header of a packet on its way through the mesh.
//
// Views: a decoded packet borrows its payload from the bytes it was decoded from.
// Wire:  docs/wire/routing.md#mesh-packet.
#pragma once

#include <optional>
#include <vector>

#include "routing/types.h"

namespace starling::routing {

// What the payload is; each kind belongs to one layer.
enum class PayloadKind : uint8_t {
  probe = 1,         // routing: asks a landmark for the path back
  probe_answer = 2,  // routing
  error = 3,         // routing: could not be delivered
  echo = 4,          // routing: ping
  echo_answer = 5,   // routing
  directory = 6,
  tunnel = 7,
  stream = 8,
};

// Of kinds whose payload is ciphertext of the two ends: the links on the way protect the header only (docs/wire/link.md).
inline bool is_sealed(PayloadKind kind) {
  return kind == PayloadKind::tunnel || kind == PayloadKind::stream;
}

// A node on the way whose remaining cost to the destination is known.
struct Waypoint {
  ShortId node;
  Metric rest = 0;
  friend bool operator==(const Waypoint&, const Waypoint&) = default;
};
// A node that the packet came through, and the cost from the source to it.
struct RecordedNode {
  ShortId node;
  Metric so_far = 0;
  uint8_t reach = 0;  // index of an earlier one that it knows the way to, see recorded_way.h
  friend bool operator==(const RecordedNode&, const RecordedNode&) = default;
};

struct MeshPacket {
  // More than a chain of a thousand networks takes: falling water ends loops, this only what liars keep going.
  static constexpr uint16_t kTimeToLive = 2'048;
  static constexpr size_t kWaypointsMax = 32;
  static constexpr size_t kRecordedMax = 64;
  // How often the water mark may fail to fall, for tables that are about to change.
  static constexpr uint8_t kRisesMax = 3;

  PayloadKind kind = PayloadKind::echo;
  uint8_t rises_left = kRisesMax;
  uint16_t ttl = kTimeToLive;
  Metric water = kInfinity;
  crypto::NodeId destination;
  crypto::NodeId source;
  std::vector<Waypoint> waypoints;
  // Present when the packet records its way: first packets do. Errors go back along it and repeat the nonce.
  bool records = false;
  uint32_t nonce = 0;
  // The largest mesh packet that every link so far takes in one piece.
  uint16_t room = UINT16_MAX;
  std::vector<RecordedNode> recorded;
  ByteView payload;
};

// Payload kinds are not judged: a forwarder passes on what it does not know. Recorded costs must be finite and must not
// fall, reaches must lie before their node.
std::optional<MeshPacket> decode_mesh_packet(ByteView bytes);
// The same for a header that came apart from its payload.
std::optional<MeshPacket> decode_mesh_packet(ByteView header, ByteView payload);
Bytes encode(const MeshPacket& packet);
// Bytes before the payload.
size_t header_size(const MeshPacket& packet);

}  // namespace starling::routing
