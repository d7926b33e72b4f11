// link/frame.h - the frames inside a plain data packet: a row of {type u8, length varint, body}.
//
// Views: a decoded frame borrows from the plaintext it was decoded from.
// Wire:  docs/wire/link.md#frames.
#pragma once

#include <optional>
#include <variant>
#include <vector>

#include "base/bytes.h"
#include "base/endpoint.h"

namespace starling::link {

enum class FrameType : uint8_t {
  padding = 0x00,
  ping = 0x01,
  pong = 0x02,
  ack = 0x03,
  control = 0x04,
  datagram = 0x05,
  fragment = 0x06,
  path_challenge = 0x07,
  path_response = 0x08,
  mtu_probe = 0x09,
  mtu_ack = 0x0a,
  close = 0x0b,
  sealed_datagram = 0x0c,
};
// Types from here on are skipped when unknown, the rest refused.
inline constexpr uint8_t kSkippableFrameTypes = 0x80;

enum class CloseReason : uint8_t {
  leaving = 1,
  silent = 2,
  protocol_violation = 3,
  too_many_links = 4,
  forgotten = 5
};

struct PingFrame {
  uint32_t nonce = 0;
};
struct PongFrame {
  uint32_t nonce = 0;
  Endpoint observed;  // where the ping came from, as its receiver saw it
};
// Bytes of the control stream that arrived: [0, contiguous) and `ranges` above it, ascending and apart.
struct AckFrame {
  static constexpr size_t kRangesMax = 8;
  struct Range {
    uint64_t begin = 0;
    uint64_t end = 0;  // one past the last
  };
  uint64_t contiguous = 0;
  std::vector<Range> ranges;
};
struct ControlFrame {
  uint64_t offset = 0;
  ByteView bytes;
};
struct DatagramFrame {
  ByteView bytes;
};
// One piece of a row of frames too long for the carrier's MTU.
struct FragmentFrame {
  static constexpr uint8_t kCountMax = 64;
  uint32_t id = 0;
  uint8_t index = 0;
  uint8_t count = 0;
  ByteView bytes;
};
struct PathChallengeFrame {
  uint64_t token = 0;
};
struct PathResponseFrame {
  uint64_t token = 0;
};
struct MtuProbeFrame {
  uint16_t size = 0;  // of the whole packet, this frame and its padding included
};
struct MtuAckFrame {
  uint16_t size = 0;
};
struct CloseFrame {
  CloseReason reason = CloseReason::leaving;
};
// A sealed packet that had to be fragmented: here the link's AEAD covers the body too.
struct SealedDatagramFrame {
  ByteView mesh_header;
  ByteView body;
};
// A frame of a type from kSkippableFrameTypes on.
struct UnknownFrame {
  uint8_t type = 0;
};

using Frame = std::variant<PingFrame, PongFrame, AckFrame, ControlFrame, DatagramFrame,
                           FragmentFrame, PathChallengeFrame, PathResponseFrame, MtuProbeFrame,
                           MtuAckFrame, CloseFrame, SealedDatagramFrame, UnknownFrame>;

// All frames of a plaintext in order, or nothing when one of them is wrong. Padding leaves no frame behind.
std::optional<std::vector<Frame>> decode_frames(ByteView plaintext);

void encode(const Frame& frame, Bytes& out);
// Fills `out` up to `size` bytes with padding; pre: out.size() <= size.
void pad_to(size_t size, Bytes& out);

// Bytes around the body of a control, datagram or fragment frame, at most.
inline constexpr size_t kControlFrameOverhead = 1 + 2 + 8;
inline constexpr size_t kDatagramFrameOverhead = 1 + 2;
inline constexpr size_t kFragmentFrameOverhead = 1 + 2 + 4 + 2;

}  // namespace starling::link
