// crypto/checked_claims.h - remembers which signatures and proofs were found right.
//
// Why:     many nodes in one process, which only the simulator has, are shown the same signed things: a flock of 2,000 checks
//          each announcement 600 times. Whether the memory is shared changes no answer, only the time that it takes.
// Bounds:  kEntriesMax; when full it forgets everything.
// Threads: single owner.
#pragma once

#include <initializer_list>
#include <unordered_set>

#include "crypto/hash.h"

namespace starling::crypto {

class CheckedClaims {
 public:
  static constexpr size_t kEntriesMax = 1 << 20;

  // What `is_right()` says, or said before of the same claim if it was true. `kind` sets claims of one form apart from all
  // others; `parts` are all that decides whether it is right, and nowhere else cut in the same bytes.
  template <typename IsRight>
  bool check(std::string_view kind, std::initializer_list<ByteView> parts, IsRight is_right) {
    const Mac digest = blake2b_mac(view_of(kind), parts);
    if (right_.contains(digest)) return true;
    if (!is_right()) return false;
    if (right_.size() >= kEntriesMax) right_.clear();
    right_.insert(digest);
    return true;
  }

 private:
  std::unordered_set<Mac, FixedBytesHash> right_;
};

}  // namespace starling::crypto
