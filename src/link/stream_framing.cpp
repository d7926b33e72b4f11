#include "link/stream_framing.h"

#include "base/check.h"

namespace starling::link {

void frame_for_stream(ByteView packet, Bytes& out) {
  STARLING_CHECK(!packet.empty() && packet.size() <= kStreamPacketMax);
  out.push_back(static_cast<uint8_t>(packet.size() >> 8));
  out.push_back(static_cast<uint8_t>(packet.size()));
  append(out, packet);
}

std::optional<ByteView> StreamDeframer::next_packet(size_t from) {
  if (broken_ || buffer_.size() - from < 2) return std::nullopt;
  const size_t size = static_cast<size_t>(buffer_[from]) << 8 | buffer_[from + 1];
  if (size == 0 || size > kStreamPacketMax) {
    broken_ = true;
    return std::nullopt;
  }
  if (buffer_.size() - from - 2 < size) return std::nullopt;
  return ByteView(buffer_).subspan(from + 2, size);
}

}  // namespace starling::link
