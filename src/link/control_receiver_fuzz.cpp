// Any segments in any order: the receiver stays within its bounds, its acknowledgement is a valid frame, and what it gives is
// what the stream holds.
//
// Input: number of segments u8, each {offset u24, size u16}, and the stream, which repeats without end.
#include "base/check.h"
#include "link/control_receiver.h"
#include "link/control_sender.h"
#include "wire/reader.h"
#include "wire/writer.h"

namespace {

using starling::Bytes;
using starling::ByteView;
using starling::link::ControlReceiver;

Bytes cut(ByteView stream, uint64_t offset, size_t size) {
  Bytes bytes(size);
  for (size_t i = 0; i < size; ++i) bytes[i] = stream[(offset + i) % stream.size()];
  return bytes;
}

void check_ack(const starling::link::AckFrame& ack, uint64_t contiguous_before) {
  STARLING_CHECK(ack.contiguous >= contiguous_before);
  STARLING_CHECK(ack.ranges.size() <= starling::link::AckFrame::kRangesMax);
  STARLING_CHECK(ack.ranges.empty() ||
                 ack.ranges.back().end <= ack.contiguous + ControlReceiver::kWindow);
  Bytes encoded;
  encode(starling::link::Frame{ack}, encoded);
  STARLING_CHECK(starling::link::decode_frames(encoded).has_value());
}

// Returns the stream offset behind the message that begins at `offset`.
uint64_t check_message(const Bytes& message, ByteView stream, uint64_t offset) {
  STARLING_CHECK(!message.empty() && message.size() <= starling::link::ControlSender::kMessageMax);
  starling::wire::Writer written;
  written.varint(message.size()).bytes(message);
  STARLING_CHECK(starling::same_bytes(written.view(), cut(stream, offset, written.size())));
  return offset + written.size();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  starling::wire::Reader input(ByteView(data, size));
  const size_t segment_count = input.u8();
  starling::wire::Reader segments(input.view(segment_count * 5));
  const ByteView stream = input.remaining();
  if (stream.empty()) return 0;
  ControlReceiver receiver;
  uint64_t message_offset = 0;
  while (segments.left() > 0) {
    const uint64_t offset = segments.u24();
    const Bytes bytes = cut(stream, offset, size_t{1} + segments.u16());
    const uint64_t contiguous = receiver.ack().contiguous;
    const auto outcome = receiver.handle_segment(offset, bytes);
    if (outcome == ControlReceiver::Outcome::violation) return 0;
    check_ack(receiver.ack(), contiguous);
    while (const auto message = receiver.poll_message()) {
      message_offset = check_message(*message, stream, message_offset);
      STARLING_CHECK(message_offset <= receiver.ack().contiguous);
    }
  }
  return 0;
}
