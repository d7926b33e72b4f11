// routing/checked_announcements.h - remembers which signatures and chain proofs were found right.
//
// Why:     many routers in one process, which only the simulator has, are told the same announcements: a flock of 2,000 checks
//          each of them 600 times. Whether the memory is shared changes no answer, only the time that it takes.
// Bounds:  kEntriesMax; when full it forgets everything.
// Threads: single owner.
#pragma once

#include <unordered_set>

#include "crypto/hash.h"
#include "routing/announcement.h"

namespace starling::routing {

class CheckedAnnouncements {
 public:
  static constexpr size_t kEntriesMax = 1 << 20;

  // As routing::is_authentic().
  bool is_authentic(const Announcement& announcement) {
    Bytes bytes;
    encode(announcement, bytes);
    const auto digest = crypto::blake2b_mac({}, {bytes});
    if (right_.contains(digest)) return true;
    return remember(digest, routing::is_authentic(announcement));
  }
  // As on_same_chain(), for the chain with `anchor`; `known` is an element of it.
  bool is_on_chain(const ChainValue& anchor, const ChainValue& known, uint32_t known_position,
                   const ChainValue& value, uint32_t position) {
    std::array<uint8_t, sizeof position> place{};
    std::memcpy(place.data(), &position, sizeof position);
    const auto digest = crypto::blake2b_mac({}, {anchor.view(), value.view(), place});
    if (right_.contains(digest)) return true;
    return remember(digest, on_same_chain(known, known_position, value, position));
  }

 private:
  bool remember(const crypto::Mac& digest, bool is_right) {
    if (right_.size() >= kEntriesMax) right_.clear();
    if (is_right) right_.insert(digest);
    return is_right;
  }

  std::unordered_set<crypto::Mac, FixedBytesHash> right_;
};

}  // namespace starling::routing
