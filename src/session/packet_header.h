// session/packet_header.h - what can be read of a QUIC packet without its keys (RFC 8999): enough to find its connection.
//
// Wire: docs/wire/session.md#packets.
#pragma once

#include <optional>

#include "base/bytes.h"

namespace starling::session {

// Chosen by the receiver of the packets that carry it.
using ConnectionId = FixedBytes<8, struct ConnectionIdTag>;

struct PacketHeader {
  bool is_long = false;     // of a handshake
  bool is_initial = false;  // may begin a connection
  uint32_t version = 0;     // long headers only
  ConnectionId destination;
  ConnectionId source;  // long headers only

  static constexpr uint32_t kQuicVersion1 = 1;

  // Reads the front of `packet`. Empty when it is too short or its connection ids have not 8 bytes: no Starling node sends
  // such a packet, whatever its version.
  static std::optional<PacketHeader> read(ByteView packet);
};

}  // namespace starling::session
