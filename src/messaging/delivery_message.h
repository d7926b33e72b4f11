// messaging/delivery_message.h - how one device hands entries to another, on a stream of the service starling.message/1.
//
// How:     the opener sends a Hello, then entries, as many as it likes up to kEntriesAhead unanswered; the other answers each in
//          order: Received once it is on the disk, or Refused.
// Views:   nothing borrows.
// Wire:    docs/wire/messages.md#delivery.
#pragma once

#include <deque>
#include <optional>
#include <variant>

#include "directory/record.h"
#include "space/entry.h"

namespace starling::messaging {

inline constexpr std::string_view kMessageService = "starling.message/1";
inline constexpr size_t kEntriesAhead = 16;

// Who is asked, and who asks.
struct Hello {
  crypto::AccountKey to;
  directory::Record sender;  // its device list, which holds the opener of the stream
  friend bool operator==(const Hello&, const Hello&) = default;
};
struct Handover {
  Bytes entry;  // encoded
  friend bool operator==(const Handover&, const Handover&) = default;
};
// Signed by the device that keeps it now.
struct Received {
  space::EntryId entry;
  crypto::Signature signature;
  friend bool operator==(const Received&, const Received&) = default;
};
struct Refused {
  enum class Reason : uint8_t {
    not_mine = 1,   // no device of that account
    unwelcome = 2,  // its owner does not want it, or has too much from strangers
    malformed = 3,
    not_now = 4,  // the disk is full, or fails: later, perhaps
  };
  space::EntryId entry;
  Reason reason = Reason::not_now;
  friend bool operator==(const Refused&, const Refused&) = default;
};
using DeliveryMessage = std::variant<Hello, Handover, Received, Refused>;

Bytes encode(const DeliveryMessage& message);

// Puts messages together from a stream's pieces.
class DeliveryReader {
 public:
  // False: the other side broke the protocol, and nothing of it counts any more.
  bool take(ByteView bytes);
  std::optional<DeliveryMessage> poll();

 private:
  Bytes part_;
  std::deque<DeliveryMessage> messages_;
  bool broken_ = false;
};

Received receipt_for(const space::EntryId& entry, const crypto::Identity& device);
bool is_authentic(const Received& received, const crypto::NodeKey& device);

}  // namespace starling::messaging
