// reach/invitations.h - the invitations that this node has given and who has taken them up.
//
// How:     create() makes a secret for a link, redeem() takes what a node presents after its handshake.
// Drive:   after create() and after `accepted`, write serialise() to the file store and wait for the commit
//          before the link is shown or the acceptance acted on: a secret must neither be lost nor work twice.
// Time:    wall time, since lifetimes outlast the process; it may jump both ways.  Threads: single owner.
// Wire:    docs/wire/invitations-file.md (the file), docs/wire/invitation.md (the link).
#pragma once

#include <chrono>
#include <cstdint>
#include <expected>
#include <map>
#include <optional>
#include <string_view>

#include "base/bytes.h"
#include "base/counters.h"
#include "base/time.h"
#include "base/token_bucket.h"
#include "crypto/keys.h"
#include "crypto/secure_random.h"
#include "reach/invite_secret.h"

namespace starling::reach {

enum class InviteError : uint8_t {
  too_many_open,
  lifetime_out_of_range,
  not_stored,  // never by Invitations: for whoever writes the file
};

enum class RedeemOutcome : uint8_t {
  accepted,
  unknown,  // never given, or forgotten since
  expired,
  used,     // another node was faster
  limited,  // refused without a reason: too many failed attempts just now
  count_
};
std::string_view name_of(RedeemOutcome outcome);

enum class InvitationsFileError : uint8_t {
  not_invitations,  // another kind of file
  newer_schema,     // written by a newer program: leave it untouched
  damaged,
};

// Rules, and the attack that each answers:
//  - only SHA-256 of each secret is kept: who reads the file cannot take up an invitation;
//  - a presented secret is compared with all in constant time: timing tells nothing about a near miss;
//  - a secret works for one node key: a link that leaks later is worth nothing. The same key is accepted
//    again, for its first packet may be lost or repeated, and nobody else can hold that key;
//  - failed attempts beyond a budget get `limited`, which tells nothing about the secret. A right secret is
//    accepted all the same: otherwise any stranger could shut invited nodes out by failing often.
class Invitations {
 public:
  // Open: not taken up and not expired. Overflow policy: refuse.
  static constexpr size_t kOpenMax = 256;
  // All entries, with those kept only to say `used` or `expired`. Overflow policy: the closed one that
  // expires or expired first is forgotten.
  static constexpr size_t kEntriesMax = 2 * kOpenMax;
  static constexpr std::chrono::seconds kLifetimeDefault = std::chrono::days{7};
  static constexpr std::chrono::seconds kLifetimeMax = std::chrono::days{366};
  // How long after its end an invitation is still remembered; after that it is pruned and `unknown`.
  static constexpr std::chrono::seconds kRememberedAfterEnd = std::chrono::days{7};
  // Budget of failed attempts of all nodes together: people mistype rarely, and keys to fail with cost
  // nothing.
  static constexpr double kFailuresPerMinute = 10;

  // Makes an open invitation that ends at now + lifetime; 1 s <= lifetime <= kLifetimeMax.
  [[nodiscard]] std::expected<InviteSecret, InviteError> create(
      WallTime now, crypto::SecureRandom& random, std::chrono::seconds lifetime = kLifetimeDefault);

  // `secret` is as received, of any size; `who` is the key that the handshake has proved. Cost: one hash and
  // kEntriesMax comparisons at most, some 10 us.
  [[nodiscard]] RedeemOutcome redeem(WallTime now, ByteView secret, const crypto::NodeKey& who);

  [[nodiscard]] size_t open_count(WallTime now) const;
  // Calls of redeem() since construction, by outcome; not part of serialise().
  [[nodiscard]] const Counters<RedeemOutcome>& counts() const { return counts_; }

  // All entries, at most kFileSizeMax bytes. Equal states give equal bytes.
  [[nodiscard]] Bytes serialise() const;
  // Reads what serialise() writes, and nothing else.
  [[nodiscard]] static std::expected<Invitations, InvitationsFileError> deserialise(ByteView file);

  static constexpr size_t kFileSizeMax = 8 + kEntriesMax * (32 + 8 + 1 + 32);

 private:
  struct Entry {
    int64_t ends_at_unix_s = 0;  // never negative
    std::optional<crypto::NodeKey> redeemed_by;
  };
  // Ordered, so that the file's order is the map's.
  using Entries = std::map<crypto::Digest, Entry>;

  void prune(int64_t now_unix_s);
  void forget_one_closed(int64_t now_unix_s);
  [[nodiscard]] Entry* find_in_constant_time(ByteView secret);
  [[nodiscard]] RedeemOutcome judge(Entry* entry, int64_t now_unix_s, const crypto::NodeKey& who);
  [[nodiscard]] bool failure_within_budget(int64_t now_unix_s);

  Entries entries_;
  Counters<RedeemOutcome> counts_;
  TokenBucket failures_{kFailuresPerMinute / 60, kFailuresPerMinute};
  Instant failures_now_{};  // the bucket's own clock: wall time without its jumps
  int64_t failures_last_unix_s_ = 0;
};

}  // namespace starling::reach
