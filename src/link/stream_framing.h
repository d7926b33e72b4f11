// link/stream_framing.h - link packets in a byte stream (TCP): each after its length as u16.
//
// Bounds:  a length of 0 or above kStreamPacketMax ends the stream; at most one packet is buffered.
// Wire:    docs/wire/link.md#tcp.
#pragma once

#include <optional>

#include "base/bytes.h"

namespace starling::link {

// Above every packet that the link layer makes (MtuSearch::kLargest).
inline constexpr size_t kStreamPacketMax = 9'216;

// Appends `packet` with its length to `out`; pre: 1 to kStreamPacketMax bytes.
void frame_for_stream(ByteView packet, Bytes& out);

class StreamDeframer {
 public:
  // Takes the next bytes of the stream and calls take(ByteView) for each packet that is complete; the view is valid during
  // the call only. False when the stream is broken: close it, nothing more will come out.
  template <typename Take>
  [[nodiscard]] bool handle_bytes(ByteView bytes, Take&& take) {
    if (broken_) return false;
    append(buffer_, bytes);
    size_t used = 0;
    while (const auto packet = next_packet(used)) {
      used += 2 + packet->size();
      take(*packet);
    }
    buffer_.erase(buffer_.begin(), buffer_.begin() + static_cast<std::ptrdiff_t>(used));
    return !broken_;
  }

 private:
  // The packet that starts at `from`, once it is complete.
  std::optional<ByteView> next_packet(size_t from);

  Bytes buffer_;
  bool broken_ = false;
};

}  // namespace starling::link
