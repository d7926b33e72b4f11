// wire/message_number.h - the one registry of message numbers.
//
// Control messages travel in a link's reliable control channel, mesh packets as its datagrams; each begins with its number.
// Numbers from kSkippableMessages on are skipped and counted when unknown; an unknown one below closes the link.
// Wire: docs/wire/README.md#message-numbers.
#pragma once

#include <cstdint>

namespace starling::wire {

inline constexpr uint8_t kSkippableMessages = 0x80;

enum class ControlMessage : uint8_t {
  // link and reach: 0x01 to 0x0f
  clock = 0x01,
  invite = 0x02,
  invite_outcome = 0x03,
  // routing: 0x10 to 0x1f
  route_hello = 0x10,
  route_update = 0x11,
  route_retract = 0x12,
  sequence_request = 0x13,
  keep_packets = 0x14,
};

enum class MeshPacket : uint8_t {
  routed = 0x20,
};

}  // namespace starling::wire
