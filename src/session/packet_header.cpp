#include "session/packet_header.h"

#include "wire/reader.h"

namespace starling::session {

std::optional<PacketHeader> PacketHeader::read(ByteView packet) {
  wire::Reader reader(packet);
  const uint8_t first = reader.u8();
  PacketHeader header;
  header.is_long = (first & 0x80) != 0;
  if (!header.is_long) {
    header.destination = reader.fixed<ConnectionId>();
    return reader.ok() ? std::optional(header) : std::nullopt;
  }
  header.version = reader.u32();
  header.is_initial = (first & 0x30) == 0;
  if (reader.u8() != ConnectionId::kSize) return std::nullopt;
  header.destination = reader.fixed<ConnectionId>();
  if (reader.u8() != ConnectionId::kSize) return std::nullopt;
  header.source = reader.fixed<ConnectionId>();
  return reader.ok() ? std::optional(header) : std::nullopt;
}

}  // namespace starling::session
