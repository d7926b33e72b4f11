// directory/directory_message.h - what nodes of the directory say to each other, as payloads of mesh packets.
//
// Sizes:  no message is larger than kMessageSizeMax, and no answer larger than the lookup that it answers.
// Wire:   docs/wire/directory.md#messages.
#pragma once

#include <optional>
#include <variant>
#include <vector>

#include "directory/record.h"

namespace starling::directory {

// Goes into a packet of Ethernet's size with some waypoints and the record of its way.
inline constexpr size_t kMessageSizeMax = 1'100;
// How many nodes a lookup or put may pass; ten thousand million nodes need 10.
inline constexpr size_t kViaMax = 10;

// What is looked for: records of a kind at a position, of which the first `prefix_bits` (1 to 256) must match. Of own
// kinds none older than `sequence_min`, for an asker who has an older one that is no longer true; 0 for gathered kinds.
struct Target {
  uint8_t kind = 0;
  Position position;
  uint16_t prefix_bits = 256;
  uint64_t sequence_min = 0;
  friend bool operator==(const Target&, const Target&) = default;
};
bool matches(const Target& target, const Record& record);
Target location_of_node(const NodeId& node);

// A first packet that travels with the lookup of its destination: the holder of the location passes it on.
struct Carried {
  // Always fits, however large the sender's location and however long the way.
  static constexpr size_t kPayloadMax = 256;  // an echo just fits

  uint64_t id = 0;           // random: a lookup goes several ways, the payload arrives once
  uint8_t payload_kind = 0;  // of the mesh packet
  Bytes payload;
  Record sender_location;  // so that the destination can answer without a lookup of its own
};

// Goes from node to node, each nearer to the target; the answer comes back the same way.
struct Lookup {
  // Of earlier ways of the same lookup that came to nothing: up to three nodes of each, and what fits beside a first packet.
  static constexpr size_t kAvoidMax = 5;
  // Padded to the largest answer: one own record, or eight gathered ones with bodies of some 20 bytes.
  static constexpr size_t padded_size(uint8_t kind) {
    return kind < kGathered ? 608 : kMessageSizeMax;
  }

  uint32_t nonce = 0;  // of this hop
  Target target;
  std::vector<NodeId> avoid;  // not to be asked
  std::vector<NodeId> via;    // passed so far, first the asker; the last one sent it
  std::optional<Carried> carried;
};

// To who asked.
struct LookupAnswer {
  static constexpr size_t kRecordsMax = 8;
  static constexpr size_t kWayMax = 2;
  uint32_t nonce = 0;
  // Time since the records left a holder, when they come from a copy.
  uint8_t copied_s = 0;
  // Of one kind and, if gathered, one position. None: the node nearest to the target has none.
  std::vector<Record> records;
  std::vector<NodeId> way;  // without records: the next nodes on the way that found none
};

// Towards the node nearest to the record's position, which keeps and replicates it.
struct Put {
  uint32_t nonce = 0;  // of this hop
  std::vector<NodeId> via;
  Record record;
};
// To who sent the put, once the record has arrived.
struct PutAnswer {
  uint32_t nonce = 0;
  uint8_t replicas = 0;  // nodes it was passed to
};
// "Your lookup or put came and is on its way": whoever says nothing within a moment is gone.
struct PassedOn {
  uint32_t nonce = 0;
};
// To one node that should hold it too. Not passed on.
struct Replica {
  Record record;
};
// "I am near you": the sender's location, to a node whose location it has just come to hold.
struct Greeting {
  Record location;
};
// A carried packet on its last way.
struct CarriedDelivery {
  Carried carried;
};

// Names a version of a record: the first bytes of its signature.
using RecordTag = FixedBytes<8, struct RecordTagTag>;
RecordTag tag_of(const Record& record);
// Proves that who names it receives what is sent to its id.
using AskToken = FixedBytes<8, struct AskTokenTag>;

inline constexpr size_t kTagsMax = 64;
// "These I hold, and you should": to one of the nodes nearest to them.
struct Digest {
  AskToken token;
  std::vector<RecordTag> tags;  // at least one
};
// Of a digest, what the sender lacks; none: it has all.
struct Want {
  AskToken token;  // of the digest
  std::vector<RecordTag> tags;
};

using DirectoryMessage = std::variant<Lookup, LookupAnswer, Put, PutAnswer, PassedOn, Replica,
                                      Greeting, CarriedDelivery, Digest, Want>;

std::optional<DirectoryMessage> decode_directory_message(ByteView payload);
// Pre: the limits above hold.
Bytes encode(const DirectoryMessage& message);

}  // namespace starling::directory
