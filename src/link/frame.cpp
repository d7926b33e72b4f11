#include "link/frame.h"

#include "base/check.h"
#include "wire/reader.h"
#include "wire/writer.h"

namespace starling::link {
namespace {

using wire::Reader;
using wire::Writer;

std::optional<Frame> decode_pong(Reader& reader) {
  PongFrame frame;
  frame.nonce = reader.u32();
  frame.observed.address = reader.array<16>();
  frame.observed.port = reader.u16();
  return frame;
}

std::optional<Frame> decode_ack(Reader& reader) {
  AckFrame frame;
  frame.contiguous = reader.varint();
  uint64_t position = frame.contiguous;
  while (reader.ok() && reader.left() > 0) {
    const uint64_t gap = reader.varint();
    const uint64_t length = reader.varint();
    // Ranges that touch would be one range.
    if (gap == 0 || length == 0 || frame.ranges.size() == AckFrame::kRangesMax) return std::nullopt;
    if (gap > wire::kVarintMax - position || length > wire::kVarintMax - position - gap) {
      return std::nullopt;
    }
    frame.ranges.push_back({position + gap, position + gap + length});
    position += gap + length;
  }
  return frame;
}

std::optional<Frame> decode_control(Reader& reader) {
  ControlFrame frame;
  frame.offset = reader.varint();
  frame.bytes = reader.remaining();
  if (frame.bytes.empty() || frame.offset > wire::kVarintMax - frame.bytes.size()) {
    return std::nullopt;
  }
  return frame;
}

std::optional<Frame> decode_fragment(Reader& reader) {
  FragmentFrame frame;
  frame.id = reader.u32();
  frame.index = reader.u8();
  frame.count = reader.u8();
  frame.bytes = reader.remaining();
  if (frame.count < 2 || frame.count > FragmentFrame::kCountMax || frame.index >= frame.count ||
      frame.bytes.empty()) {
    return std::nullopt;
  }
  return frame;
}

std::optional<Frame> decode_close(Reader& reader) {
  const uint8_t reason = reader.u8();
  if (reason < 1 || reason > static_cast<uint8_t>(CloseReason::forgotten)) return std::nullopt;
  return CloseFrame{static_cast<CloseReason>(reason)};
}

std::optional<Frame> decode_sealed(Reader& reader) {
  SealedDatagramFrame frame;
  frame.mesh_header = reader.view(reader.u16());
  frame.body = reader.remaining();
  return frame;
}

std::optional<Frame> decode_body(uint8_t type, Reader& reader) {
  switch (static_cast<FrameType>(type)) {
    case FrameType::ping:
      return PingFrame{reader.u32()};
    case FrameType::pong:
      return decode_pong(reader);
    case FrameType::ack:
      return decode_ack(reader);
    case FrameType::control:
      return decode_control(reader);
    case FrameType::datagram:
      return DatagramFrame{reader.remaining()};
    case FrameType::fragment:
      return decode_fragment(reader);
    case FrameType::path_challenge:
      return PathChallengeFrame{reader.u64()};
    case FrameType::path_response:
      return PathResponseFrame{reader.u64()};
    case FrameType::mtu_probe:
      return MtuProbeFrame{reader.u16()};
    case FrameType::mtu_ack:
      return MtuAckFrame{reader.u16()};
    case FrameType::close:
      return decode_close(reader);
    case FrameType::sealed_datagram:
      return decode_sealed(reader);
    case FrameType::padding:
      break;
  }
  if (type < kSkippableFrameTypes) return std::nullopt;
  reader.remaining();
  return UnknownFrame{type};
}

void write_frame(FrameType type, ByteView body, Bytes& out) {
  Writer writer(std::move(out));
  writer.u8(static_cast<uint8_t>(type)).varint(body.size()).bytes(body);
  out = writer.take();
}

Bytes ack_body(const AckFrame& frame) {
  STARLING_CHECK(frame.ranges.size() <= AckFrame::kRangesMax);
  Writer writer;
  writer.varint(frame.contiguous);
  uint64_t position = frame.contiguous;
  for (const auto& range : frame.ranges) {
    STARLING_CHECK(range.begin > position && range.end > range.begin);
    writer.varint(range.begin - position).varint(range.end - range.begin);
    position = range.end;
  }
  return writer.take();
}

struct Encoder {
  Bytes& out;

  void operator()(const PingFrame& frame) const {
    write_frame(FrameType::ping, Writer().u32(frame.nonce).view(), out);
  }
  void operator()(const PongFrame& frame) const {
    Writer body;
    body.u32(frame.nonce).bytes(frame.observed.address).u16(frame.observed.port);
    write_frame(FrameType::pong, body.view(), out);
  }
  void operator()(const AckFrame& frame) const {
    write_frame(FrameType::ack, ack_body(frame), out);
  }
  void operator()(const ControlFrame& frame) const {
    write_frame(FrameType::control, Writer().varint(frame.offset).bytes(frame.bytes).view(), out);
  }
  void operator()(const DatagramFrame& frame) const {
    write_frame(FrameType::datagram, frame.bytes, out);
  }
  void operator()(const FragmentFrame& frame) const {
    Writer body;
    body.u32(frame.id).u8(frame.index).u8(frame.count).bytes(frame.bytes);
    write_frame(FrameType::fragment, body.view(), out);
  }
  void operator()(const PathChallengeFrame& frame) const {
    write_frame(FrameType::path_challenge, Writer().u64(frame.token).view(), out);
  }
  void operator()(const PathResponseFrame& frame) const {
    write_frame(FrameType::path_response, Writer().u64(frame.token).view(), out);
  }
  void operator()(const MtuProbeFrame& frame) const {
    write_frame(FrameType::mtu_probe, Writer().u16(frame.size).view(), out);
  }
  void operator()(const MtuAckFrame& frame) const {
    write_frame(FrameType::mtu_ack, Writer().u16(frame.size).view(), out);
  }
  void operator()(const CloseFrame& frame) const {
    write_frame(FrameType::close, Writer().u8(static_cast<uint8_t>(frame.reason)).view(), out);
  }
  void operator()(const SealedDatagramFrame& frame) const {
    Writer body;
    body.u16(static_cast<uint16_t>(frame.mesh_header.size())).bytes(frame.mesh_header);
    write_frame(FrameType::sealed_datagram, body.bytes(frame.body).view(), out);
  }
  void operator()(const UnknownFrame& frame) const {
    write_frame(static_cast<FrameType>(frame.type), {}, out);
  }
};

}  // namespace

std::optional<std::vector<Frame>> decode_frames(ByteView plaintext) {
  std::vector<Frame> frames;
  Reader reader(plaintext);
  while (reader.left() > 0) {
    const uint8_t type = reader.u8();
    if (type == static_cast<uint8_t>(FrameType::padding)) {
      // Padding has no length: the rest of the packet is zeros.
      for (const uint8_t byte : reader.remaining()) {
        if (byte != 0) return std::nullopt;
      }
      break;
    }
    Reader body(reader.view(reader.varint()));
    if (!reader.ok()) return std::nullopt;
    auto frame = decode_body(type, body);
    if (!frame || !body.finish()) return std::nullopt;
    frames.push_back(std::move(*frame));
  }
  return frames;
}

void encode(const Frame& frame, Bytes& out) { std::visit(Encoder{out}, frame); }

void pad_to(size_t size, Bytes& out) {
  STARLING_CHECK(out.size() <= size);
  out.resize(size);
}

}  // namespace starling::link
