// routing/announcement.h - what a node says of itself to routing, signed: its key, priority, epoch and chain anchor.
//
// Wire: docs/wire/routing.md#announcement.
#pragma once

#include <compare>
#include <optional>

#include "base/bytes.h"
#include "crypto/identity.h"
#include "routing/priority_proof.h"
#include "routing/sequence_chain.h"
#include "routing/types.h"
#include "wire/reader.h"

namespace starling::routing {

enum class Role : uint8_t { router = 1, leaf = 2 };

// How much work stands behind a priority; a higher kind ranks above. `work` brings a PriorityProof along.
enum class ProofKind : uint8_t { none = 0, work = 1 };

struct Announcement {
  static constexpr uint32_t kLifetimeSecondsMax = 3 * 3600;

  crypto::NodeKey key;
  ProofKind proof_kind = ProofKind::none;
  uint8_t age_class = 0;  // claimed; 0 until classes are in use
  Role role = Role::router;
  uint8_t table_size = kFullRouter;  // k
  uint32_t epoch = 0;
  uint32_t lifetime_s = 0;  // counted by each holder from the moment of receipt
  ChainValue anchor;
  PriorityProof proof;  // of ProofKind::work; else zeros, which are not sent
  crypto::Signature signature;
  friend bool operator==(const Announcement&, const Announcement&) = default;
};
// A table of a large flock holds a thousand: no padding but the last byte.
static_assert(sizeof(Announcement) == 172);

// Encoded, without and with a proof.
inline constexpr size_t kAnnouncementSizeMin = 32 + 1 + 1 + 1 + 1 + 4 + 4 + 16 + 64;
inline constexpr size_t kAnnouncementSizeMax = kAnnouncementSizeMin + PriorityProof::kSize;

// Refuses unknown roles and proof kinds, a table size below kSmallest, and a lifetime of 0 or above the limit. Neither
// signature nor proof is checked.
std::optional<Announcement> decode_announcement(ByteView bytes);
// The same for one that other bytes may follow.
std::optional<Announcement> read_announcement(wire::Reader& reader);
void encode(const Announcement& announcement, Bytes& out);

void sign(Announcement& announcement, const crypto::Identity& identity);
// Signature and proof are the key's. Cost: about 50 us, and 4 for a proof.
bool is_authentic(const Announcement& announcement);

// Pseudo-random, fixed by the key and the proof: whoever has done work and draws again does it again.
struct Priority {
  uint8_t proof_rank = 0;  // higher is better
  uint64_t draw = 0;       // lower is better
  friend bool operator==(const Priority&, const Priority&) = default;
};
Priority priority_of(const Announcement& announcement);
inline bool outranks(const Priority& a, const Priority& b) {
  return a.proof_rank != b.proof_rank ? a.proof_rank > b.proof_rank : a.draw < b.draw;
}

}  // namespace starling::routing
