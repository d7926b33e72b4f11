// directory/record.h - the envelope of every record: a small signed value at a position of the key space.
//
// Two classes: `own` records have one signer and one place, the highest sequence wins; `gathered` records of many signers
// meet at one position that each names. The envelope is stored and served without knowing the kind.
// Wire: docs/wire/directory.md#record.
#pragma once

#include <optional>

#include "base/bytes.h"
#include "crypto/identity.h"
#include "directory/key_space.h"
#include "wire/reader.h"
#include "wire/writer.h"

namespace starling::directory {

// Kinds below 0x80 are own records, the others gathered ones.
enum class RecordKind : uint8_t {
  location = 0x01,  // of a node, at the node's own position
  site_head = 0x02,
  devices = 0x03,   // of an account: the nodes that are its devices
  provider = 0x80,  // of a blob, at its root
};
inline constexpr uint8_t kGathered = 0x80;
inline constexpr uint8_t kLocation = static_cast<uint8_t>(RecordKind::location);

struct Record {
  static constexpr size_t kBodyMax = 416;
  // A location lives 2 h, a site head 400 days.
  static constexpr uint32_t kLifetimeSecondsMax = 400u * 24 * 3600;

  uint8_t kind = 0;
  crypto::NodeKey signer;  // node, account or site key: all are Ed25519
  Position position;       // own records: follows from kind and signer
  uint64_t sequence = 0;
  uint32_t lifetime_s = 0;  // from the moment of signing
  Bytes body;
  crypto::Signature signature;
  uint32_t age_s = 0;  // not signed: how much of the lifetime is over, as the holder counted

  [[nodiscard]] bool is_gathered() const { return kind >= kGathered; }
  // The location of a node that has no address yet: it says who sent a first packet, and is neither put nor kept.
  [[nodiscard]] bool is_placeholder() const { return kind == kLocation && body.empty(); }
  friend bool operator==(const Record&, const Record&) = default;
};

// What a record replaces an older version of.
struct RecordKey {
  Position position;
  uint8_t kind = 0;
  crypto::NodeKey signer;
  friend auto operator<=>(const RecordKey&, const RecordKey&) = default;
};
inline RecordKey key_of(const Record& record) {
  return {record.position, record.kind, record.signer};
}

// Bytes of a record without kind and position, and of a whole one.
inline constexpr size_t kRecordContentMax = 32 + 8 + 4 + 4 + 2 + Record::kBodyMax + 64;
inline constexpr size_t kRecordSizeMax = 1 + Position::kSize + kRecordContentMax;

// Where an own record of `kind` by `signer` lives: a location at SHA-256(signer), so that it can be found by a prefix of the
// node's position; others at SHA-256(kind ‖ signer).
Position position_of(uint8_t kind, const crypto::NodeKey& signer);

// The part of a record that all records of one answer have in common. `position` counts for gathered kinds only.
struct RecordPlace {
  uint8_t kind = 0;
  Position position;
};
RecordPlace read_place(wire::Reader& reader);
void write_place(const Record& record, wire::Writer& writer);

// Refuses lifetimes of 0 or above the limit, ages above the lifetime and long bodies. The signature is not checked.
std::optional<Record> read_content(const RecordPlace& place, wire::Reader& reader);
void write_content(const Record& record, wire::Writer& writer);

// A record is its place and its content.
std::optional<Record> read_record(wire::Reader& reader);
void write_record(const Record& record, wire::Writer& writer);
// The same for bytes that hold a record and nothing else.
std::optional<Record> decode_record(ByteView bytes);
Bytes encode(const Record& record);

Bytes signed_part(const Record& record);
// Fills in signer, signature and, for own records, the position.
void sign(Record& record, const crypto::Identity& identity);
// Cost: about 50 us.
bool is_authentic(const Record& record);

// Equal in all that is signed.
bool is_same_version(const Record& a, const Record& b);
// True when `a` replaces `b`, two records of one kind, signer and position. Equal sequences: the one with the larger
// signature, so that all holders agree.
bool replaces(const Record& a, const Record& b);

}  // namespace starling::directory
