// reach/neighbour_book.h - the neighbours remembered from last time, and the friends among them.
//
// How:     the owner notes links as they come up, and writes serialise() to the file store some time after a
//          change.
// Time:    wall time, since the book outlasts the process; a wrong clock changes who makes room, nothing else.
// Threads: single owner.
// Wire:    docs/wire/neighbours-file.md.
#pragma once

#include <chrono>
#include <cstdint>
#include <expected>
#include <map>
#include <optional>
#include <vector>

#include "base/bytes.h"
#include "base/time.h"
#include "crypto/keys.h"
#include "reach/peer_uri.h"

namespace starling::reach {

struct Neighbour {
  bool is_friend = false;  // by an invitation, given or taken: never evicted, always dialled
  int64_t last_linked_unix_s = 0;  // never negative
  // At most NeighbourBook::kAddressesMax; none for a neighbour that only ever dialled us.
  std::vector<PeerAddress> addresses;
  friend bool operator==(const Neighbour&, const Neighbour&) = default;
};

enum class NeighbourFileError : uint8_t {
  not_neighbours,  // another kind of file
  newer_schema,    // written by a newer program: leave it untouched
  damaged,
};

// Rules, and the attack that each answers:
//  - friends are never evicted, and strangers keep a part of the book: neither pushes the other out;
//  - whom we have reached ourselves is never evicted for somebody who only dialled us: dialling in with many
//    keys does not fill the book, which decides whom this node dials when it starts again.
class NeighbourBook {
 public:
  // Overflow policy: the stranger without addresses linked longest ago makes room, then the one with addresses
  // linked longest ago; but a stranger without addresses is left out rather than evict one with addresses.
  static constexpr size_t kEntriesMax = 256;
  // Overflow policy: refuse. Half, so that the other half is left for new neighbours.
  static constexpr size_t kFriendsMax = 128;
  // Of each; the one that worked last is first. Overflow policy: the last one is dropped.
  static constexpr size_t kAddressesMax = 4;
  // A later link to a known neighbour is worth writing down when it is this much later.
  static constexpr std::chrono::seconds kLinkTimeStep = std::chrono::hours{1};

  // `dialled` is the address at which we reached the peer, if we began.
  void note_link(WallTime now, const crypto::NodeKey& peer,
                 const std::optional<PeerAddress>& dialled);
  // A new entry counts as linked at `now`. `addresses` go behind the first one known and before the others.
  // False, with nothing changed, when `peer` is no friend yet and there are kFriendsMax already.
  [[nodiscard]] bool make_friend(WallTime now, const crypto::NodeKey& peer,
                                 const std::vector<PeerAddress>& addresses);
  // False when it is unknown.
  bool forget(const crypto::NodeKey& peer);

  [[nodiscard]] const std::map<crypto::NodeKey, Neighbour>& entries() const { return entries_; }
  [[nodiscard]] bool is_friend(const crypto::NodeKey& peer) const;
  // True when something worth writing has changed since the last serialise() or since construction.
  [[nodiscard]] bool is_changed() const { return changed_; }

  // All entries, at most kFileSizeMax bytes. Equal entries give equal bytes. Ends is_changed().
  [[nodiscard]] Bytes serialise();
  // Reads what serialise() writes, and nothing else.
  [[nodiscard]] static std::expected<NeighbourBook, NeighbourFileError> deserialise(ByteView file);

  // "udp://", a DNS name of 253 characters, ":65535".
  static constexpr size_t kAddressTextSizeMax = 6 + 253 + 6;
  static constexpr size_t kFileSizeMax =
      8 + kEntriesMax * (32 + 1 + 8 + 1 + kAddressesMax * (2 + kAddressTextSizeMax));

 private:
  using Entries = std::map<crypto::NodeKey, Neighbour>;

  [[nodiscard]] size_t friend_count() const;
  [[nodiscard]] bool make_room(bool for_one_with_addresses);
  void set_addresses(Neighbour& neighbour, const std::vector<PeerAddress>& best_first);

  Entries entries_;
  bool changed_ = false;
};

}  // namespace starling::reach
