#include "routing/control_message.h"

#include "base/check.h"
#include "wire/message_number.h"
#include "wire/reader.h"
#include "wire/writer.h"

namespace starling::routing {
namespace {

using wire::ControlMessage;
using wire::Reader;
using wire::Writer;

constexpr uint8_t kHasAnnouncement = 1;

std::optional<RoutingMessage> decode_hello(Reader& reader) {
  RouteHello hello;
  const uint8_t role = reader.u8();
  hello.table_size = reader.u8();
  hello.cost = reader.u16();
  if (role != static_cast<uint8_t>(Role::router) && role != static_cast<uint8_t>(Role::leaf)) {
    return std::nullopt;
  }
  if (hello.table_size < kSmallest || hello.cost == 0 || hello.cost > kCostMax) return std::nullopt;
  hello.role = static_cast<Role>(role);
  return hello;
}

std::optional<UpdateEntry> decode_entry(Reader& reader) {
  UpdateEntry entry;
  const uint8_t flags = reader.u8();
  if (flags > kHasAnnouncement) return std::nullopt;
  entry.handle = reader.u16();
  if (flags & kHasAnnouncement) {
    entry.announcement = read_announcement(reader);
    if (!entry.announcement) return std::nullopt;
  }
  entry.step = reader.u8();
  entry.metric = reader.u24();
  entry.proof = reader.fixed<ChainValue>();
  if (!reader.ok() || entry.step == 0 || entry.step > kSteps || entry.metric == kInfinity) {
    return std::nullopt;
  }
  return entry;
}

std::optional<RoutingMessage> decode_update(Reader& reader) {
  RouteUpdate update;
  while (reader.left() > 0) {
    auto entry = decode_entry(reader);
    if (!entry || update.entries.size() == RouteUpdate::kEntriesMax) return std::nullopt;
    update.entries.push_back(std::move(*entry));
  }
  if (update.entries.empty()) return std::nullopt;
  return update;
}

std::optional<RoutingMessage> decode_retract(Reader& reader) {
  RouteRetract retract;
  while (reader.ok() && reader.left() > 0) {
    if (retract.handles.size() == RouteRetract::kHandlesMax) return std::nullopt;
    retract.handles.push_back(reader.u16());
  }
  if (retract.handles.empty()) return std::nullopt;
  return retract;
}

std::optional<RoutingMessage> decode_request(Reader& reader) {
  SequenceRequest request;
  request.destination = reader.fixed<crypto::NodeId>();
  request.wanted.epoch = reader.u32();
  request.wanted.step = reader.u8();
  request.hops_left = reader.u8();
  if (request.wanted.step > kSteps || request.hops_left > SequenceRequest::kHopsMax) {
    return std::nullopt;
  }
  return request;
}

std::optional<RoutingMessage> decode_keep(Reader& reader) {
  const KeepPackets keep{reader.u32()};
  if (keep.seconds > KeepPackets::kSecondsMax) return std::nullopt;
  return keep;
}

std::optional<RoutingMessage> decode_body(uint8_t number, Reader& reader) {
  switch (static_cast<ControlMessage>(number)) {
    case ControlMessage::route_hello:
      return decode_hello(reader);
    case ControlMessage::route_update:
      return decode_update(reader);
    case ControlMessage::route_retract:
      return decode_retract(reader);
    case ControlMessage::sequence_request:
      return decode_request(reader);
    case ControlMessage::keep_packets:
      return decode_keep(reader);
    default:
      return std::nullopt;
  }
}

size_t size_of(const Announcement& announcement) {
  return announcement.proof_kind == ProofKind::work ? kAnnouncementSizeMax : kAnnouncementSizeMin;
}
size_t encoded_size(const RouteUpdate& update) {
  constexpr size_t kEntry = 1 + 2 + 1 + 3 + ChainValue::kSize;
  size_t size = 1;
  for (const UpdateEntry& entry : update.entries)
    size += kEntry + (entry.announcement ? size_of(*entry.announcement) : 0);
  return size;
}

Writer begin(ControlMessage number) {
  Writer writer;
  writer.u8(static_cast<uint8_t>(number));
  return writer;
}

struct Encoder {
  Bytes operator()(const RouteHello& hello) const {
    Writer writer = begin(ControlMessage::route_hello);
    return writer.u8(static_cast<uint8_t>(hello.role)).u8(hello.table_size).u16(hello.cost).take();
  }
  Bytes operator()(const RouteUpdate& update) const {
    STARLING_CHECK(update.entries.size() <= RouteUpdate::kEntriesMax);
    // In one piece: a thousand of these are under way in a flock that starts.
    Bytes bytes;
    bytes.reserve(encoded_size(update));
    Writer writer(std::move(bytes));
    writer.u8(static_cast<uint8_t>(ControlMessage::route_update));
    for (const UpdateEntry& entry : update.entries) {
      writer.u8(entry.announcement ? kHasAnnouncement : 0).u16(entry.handle);
      if (entry.announcement) {
        Bytes announcement;
        encode(*entry.announcement, announcement);
        writer.bytes(announcement);
      }
      writer.u8(entry.step).u24(entry.metric).fixed(entry.proof);
    }
    return writer.take();
  }
  Bytes operator()(const RouteRetract& retract) const {
    STARLING_CHECK(retract.handles.size() <= RouteRetract::kHandlesMax);
    Writer writer = begin(ControlMessage::route_retract);
    for (const Handle handle : retract.handles) writer.u16(handle);
    return writer.take();
  }
  Bytes operator()(const SequenceRequest& request) const {
    Writer writer = begin(ControlMessage::sequence_request);
    writer.fixed(request.destination).u32(request.wanted.epoch).u8(request.wanted.step);
    return writer.u8(request.hops_left).take();
  }
  Bytes operator()(const KeepPackets& keep) const {
    return begin(ControlMessage::keep_packets).u32(keep.seconds).take();
  }
};

}  // namespace

std::optional<RoutingMessage> decode_routing_message(ByteView message) {
  Reader reader(message);
  const uint8_t number = reader.u8();
  auto decoded = decode_body(number, reader);
  if (!reader.finish()) return std::nullopt;
  return decoded;
}

Bytes encode(const RoutingMessage& message) { return std::visit(Encoder{}, message); }

}  // namespace starling::routing
