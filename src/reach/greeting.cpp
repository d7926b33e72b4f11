#include "reach/greeting.h"

#include <algorithm>

#include "wire/message_number.h"
#include "wire/reader.h"
#include "wire/writer.h"

namespace starling::reach {
namespace {

using wire::ControlMessage;
using wire::Reader;
using wire::Writer;

std::optional<Greeting> decode_body(ControlMessage number, Reader& reader) {
  switch (number) {
    case ControlMessage::clock: {
      const uint64_t seconds = reader.u48();
      return ClockMessage{WallTime{static_cast<int64_t>(seconds)}};
    }
    case ControlMessage::invite: {
      const ByteView bytes = reader.view(InviteSecret::kSize);
      if (!reader.ok()) return std::nullopt;
      return InviteMessage{InviteSecret(bytes.first<InviteSecret::kSize>())};
    }
    case ControlMessage::invite_outcome: {
      const uint8_t outcome = reader.u8();
      if (outcome >= static_cast<uint8_t>(RedeemOutcome::count_)) return std::nullopt;
      return InviteOutcomeMessage{static_cast<RedeemOutcome>(outcome)};
    }
    default:
      return std::nullopt;
  }
}

struct Encoder {
  Bytes operator()(const ClockMessage& message) const {
    // 48 bits of seconds reach beyond the year 8,000,000; a clock that is off even more is cut.
    const auto seconds = std::clamp<int64_t>(message.now.unix_seconds, 0, 0xffff'ffff'ffff);
    Writer writer;
    writer.u8(static_cast<uint8_t>(ControlMessage::clock));
    return writer.u48(static_cast<uint64_t>(seconds)).take();
  }
  Bytes operator()(const InviteMessage& message) const {
    Writer writer;
    writer.u8(static_cast<uint8_t>(ControlMessage::invite));
    return writer.bytes(message.secret.reveal()).take();
  }
  Bytes operator()(const InviteOutcomeMessage& message) const {
    Writer writer;
    writer.u8(static_cast<uint8_t>(ControlMessage::invite_outcome));
    return writer.u8(static_cast<uint8_t>(message.outcome)).take();
  }
};

}  // namespace

std::optional<Greeting> decode_greeting(ByteView message) {
  Reader reader(message);
  const auto greeting = decode_body(static_cast<ControlMessage>(reader.u8()), reader);
  if (!reader.finish()) return std::nullopt;
  return greeting;
}

Bytes encode(const Greeting& greeting) { return std::visit(Encoder{}, greeting); }

}  // namespace starling::reach
