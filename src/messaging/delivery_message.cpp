#include "messaging/delivery_message.h"

#include <algorithm>

#include "wire/reader.h"
#include "wire/writer.h"

namespace starling::messaging {
namespace {

enum class DeliveryType : uint8_t { hello = 1, entry = 2, received = 3, refused = 4 };

constexpr size_t kHeadSize = 1 + 3;
constexpr std::string_view kReceiptPurpose = "starling message received";

size_t size_max(uint8_t type) {
  switch (static_cast<DeliveryType>(type)) {
    case DeliveryType::hello:
      return crypto::AccountKey::kSize + directory::kRecordSizeMax;
    case DeliveryType::entry:
      return space::kEntrySizeMax;
    case DeliveryType::received:
      return space::EntryId::kSize + crypto::Signature::kSize;
    case DeliveryType::refused:
      return space::EntryId::kSize + 1;
  }
  return 0;
}

std::optional<DeliveryMessage> decode_body(DeliveryType type, ByteView body) {
  wire::Reader reader(body);
  switch (type) {
    case DeliveryType::hello: {
      const auto to = reader.fixed<crypto::AccountKey>();
      auto sender = directory::decode_record(reader.remaining());
      if (!reader.ok() || !sender) return std::nullopt;
      return Hello{to, std::move(*sender)};
    }
    case DeliveryType::entry:
      if (body.empty()) return std::nullopt;
      return Handover{copy_of(body)};
    case DeliveryType::received: {
      Received received;
      received.entry = reader.fixed<space::EntryId>();
      received.signature = reader.fixed<crypto::Signature>();
      if (!reader.finish()) return std::nullopt;
      return received;
    }
    case DeliveryType::refused:
      break;
  }
  Refused refused;
  refused.entry = reader.fixed<space::EntryId>();
  const uint8_t reason = reader.u8();
  if (!reader.finish() || reason == 0 || reason > static_cast<uint8_t>(Refused::Reason::not_now))
    return std::nullopt;
  refused.reason = static_cast<Refused::Reason>(reason);
  return refused;
}

struct EncodeBody {
  wire::Writer& writer;
  DeliveryType operator()(const Hello& hello) const {
    writer.fixed(hello.to).bytes(directory::encode(hello.sender));
    return DeliveryType::hello;
  }
  DeliveryType operator()(const Handover& handover) const {
    writer.bytes(handover.entry);
    return DeliveryType::entry;
  }
  DeliveryType operator()(const Received& received) const {
    writer.fixed(received.entry).fixed(received.signature);
    return DeliveryType::received;
  }
  DeliveryType operator()(const Refused& refused) const {
    writer.fixed(refused.entry).u8(static_cast<uint8_t>(refused.reason));
    return DeliveryType::refused;
  }
};

}  // namespace

Bytes encode(const DeliveryMessage& message) {
  wire::Writer body;
  const DeliveryType type = std::visit(EncodeBody{body}, message);
  wire::Writer writer;
  writer.u8(static_cast<uint8_t>(type)).u24(static_cast<uint32_t>(body.size()));
  return writer.bytes(body.view()).take();
}

bool DeliveryReader::take(ByteView bytes) {
  while (!bytes.empty() && !broken_) {
    const size_t head_left = kHeadSize - std::min(part_.size(), kHeadSize);
    if (head_left > 0) {
      const size_t more = std::min(head_left, bytes.size());
      append(part_, bytes.first(more));
      bytes = bytes.subspan(more);
      if (part_.size() < kHeadSize) break;
    }
    wire::Reader head{ByteView(part_).first(kHeadSize)};
    const uint8_t type = head.u8();
    const size_t size = head.u24();
    if (size == 0 || size > size_max(type)) {
      broken_ = true;
      break;
    }
    const size_t more = std::min(bytes.size(), kHeadSize + size - part_.size());
    append(part_, bytes.first(more));
    bytes = bytes.subspan(more);
    if (part_.size() < kHeadSize + size) break;
    auto message = decode_body(static_cast<DeliveryType>(type), ByteView(part_).subspan(kHeadSize));
    part_.clear();
    // A hello more than entries may wait.
    broken_ = !message || messages_.size() > kEntriesAhead;
    if (!broken_) messages_.push_back(std::move(*message));
  }
  return !broken_;
}

std::optional<DeliveryMessage> DeliveryReader::poll() {
  if (messages_.empty()) return std::nullopt;
  DeliveryMessage message = std::move(messages_.front());
  messages_.pop_front();
  return message;
}

Received receipt_for(const space::EntryId& entry, const crypto::Identity& device) {
  return {entry, device.sign(kReceiptPurpose, entry.view())};
}

bool is_authentic(const Received& received, const crypto::NodeKey& device) {
  return crypto::verify(device, kReceiptPurpose, received.entry.view(), received.signature);
}

}  // namespace starling::messaging
