// space/entry.h - one entry of a space: signed by the device that wrote it, tied to what its author had seen.
// Wire: docs/wire/messages.md#entry.
#pragma once

#include <optional>
#include <vector>

#include "base/bytes.h"
#include "crypto/identity.h"

namespace starling::space {

using SpaceId = FixedBytes<32, struct SpaceIdTag>;
// SHA-256 of all that is signed.
using EntryId = FixedBytes<32, struct EntryIdTag>;

struct Entry {
  static constexpr size_t kParentsMax = 8;
  static constexpr size_t kBodyMax = 64 << 10;
  // What sequence and lamport may be at most: nobody can leave an honest author without a next number.
  static constexpr uint64_t kNumberMax = uint64_t{1} << 62;

  SpaceId space;
  crypto::AccountKey author;
  crypto::NodeKey device;  // the author's, which signs
  uint64_t sequence = 0;   // of this device in this space: 1, 2, ...
  uint64_t lamport = 0;    // above all that the author had seen
  uint64_t written_unix_ms = 0;
  std::vector<EntryId> parents;  // ascending: what nothing the author had seen came after
  uint8_t type = 0;              // what it means is for whoever has the space
  Bytes body;
  crypto::Signature signature;
  friend bool operator==(const Entry&, const Entry&) = default;
};

inline constexpr size_t kEntrySizeMax =
    1 + 3 * 32 + 3 * 8 + 1 + Entry::kParentsMax * 32 + 1 + 3 + Entry::kBodyMax + 64;

// Empty for anything that encode() would not write. The signature is not checked.
std::optional<Entry> decode_entry(ByteView bytes);
Bytes encode(const Entry& entry);
EntryId id_of(const Entry& entry);
// Fills in device and signature.
void sign(Entry& entry, const crypto::Identity& device);
// Cost: about 50 us.
bool is_authentic(const Entry& entry);

// The order in which everybody shows them.
bool comes_before(const Entry& a, const Entry& b);

}  // namespace starling::space
