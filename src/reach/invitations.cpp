#include "reach/invitations.h"

#include <algorithm>
#include <limits>

#include "base/check.h"
#include "crypto/hash.h"
#include "wire/reader.h"
#include "wire/writer.h"

namespace starling::reach {
namespace {

constexpr std::array<uint8_t, 4> kInvitationsMagic = {'S', 'T', 'I', 'N'};
constexpr uint16_t kInvitationsSchema = 1;
constexpr uint8_t kStateOpen = 0;
constexpr uint8_t kStateRedeemed = 1;

// A clock may show anything; within these bounds sums with a lifetime cannot overflow.
int64_t bounded_unix_s(WallTime now) {
  return std::clamp<int64_t>(now.unix_seconds, 0, std::numeric_limits<int64_t>::max() / 2);
}

}  // namespace

std::string_view name_of(RedeemOutcome outcome) {
  switch (outcome) {
    case RedeemOutcome::accepted:
      return "accepted";
    case RedeemOutcome::unknown:
      return "unknown";
    case RedeemOutcome::expired:
      return "expired";
    case RedeemOutcome::used:
      return "used";
    case RedeemOutcome::limited:
      return "limited";
    case RedeemOutcome::count_:
      break;
  }
  return "?";
}

std::expected<InviteSecret, InviteError> Invitations::create(WallTime now,
                                                             crypto::SecureRandom& random,
                                                             std::chrono::seconds lifetime) {
  if (lifetime < std::chrono::seconds{1} || lifetime > kLifetimeMax) {
    return std::unexpected(InviteError::lifetime_out_of_range);
  }
  const int64_t now_unix_s = bounded_unix_s(now);
  prune(now_unix_s);
  if (open_count(now) >= kOpenMax) return std::unexpected(InviteError::too_many_open);
  if (entries_.size() >= kEntriesMax) forget_one_closed(now_unix_s);
  const auto secret = random.secret<InviteSecret>();
  const Entry entry{.ends_at_unix_s = now_unix_s + lifetime.count(), .redeemed_by = std::nullopt};
  const bool is_new = entries_.emplace(crypto::sha256(secret.reveal()), entry).second;
  STARLING_CHECK(is_new);  // a repeated draw of 128 bits is a broken generator
  return secret;
}

RedeemOutcome Invitations::redeem(WallTime now, ByteView secret, const crypto::NodeKey& who) {
  const int64_t now_unix_s = bounded_unix_s(now);
  prune(now_unix_s);
  RedeemOutcome outcome = judge(find_in_constant_time(secret), now_unix_s, who);
  if (outcome != RedeemOutcome::accepted && !failure_within_budget(now_unix_s)) {
    outcome = RedeemOutcome::limited;
  }
  counts_.add(outcome);
  return outcome;
}

size_t Invitations::open_count(WallTime now) const {
  const int64_t now_unix_s = bounded_unix_s(now);
  return static_cast<size_t>(
      std::count_if(entries_.begin(), entries_.end(), [now_unix_s](const auto& item) {
        return !item.second.redeemed_by && now_unix_s < item.second.ends_at_unix_s;
      }));
}

RedeemOutcome Invitations::judge(Entry* entry, int64_t now_unix_s, const crypto::NodeKey& who) {
  if (entry == nullptr) return RedeemOutcome::unknown;
  if (entry->redeemed_by) {
    return *entry->redeemed_by == who ? RedeemOutcome::accepted : RedeemOutcome::used;
  }
  if (now_unix_s >= entry->ends_at_unix_s) return RedeemOutcome::expired;
  entry->redeemed_by = who;
  return RedeemOutcome::accepted;
}

Invitations::Entry* Invitations::find_in_constant_time(ByteView secret) {
  if (secret.size() != InviteSecret::kSize) return nullptr;
  const crypto::Digest presented = crypto::sha256(secret);
  Entry* found = nullptr;
  // No lookup in the map and no early end: both would take longer the nearer the guess.
  for (auto& [digest, entry] : entries_) {
    if (crypto::equal_in_constant_time(digest.view(), presented.view())) found = &entry;
  }
  return found;
}

bool Invitations::failure_within_budget(int64_t now_unix_s) {
  // A jump forwards fills the bucket at most; one backwards must not stop it from filling.
  const int64_t passed_s = std::clamp<int64_t>(now_unix_s - failures_last_unix_s_, 0, 60);
  failures_last_unix_s_ = now_unix_s;
  failures_now_ += std::chrono::seconds{passed_s};
  return failures_.take(failures_now_);
}

void Invitations::prune(int64_t now_unix_s) {
  std::erase_if(entries_, [now_unix_s](const auto& item) {
    return now_unix_s - kRememberedAfterEnd.count() >= item.second.ends_at_unix_s;
  });
}

void Invitations::forget_one_closed(int64_t now_unix_s) {
  auto first = entries_.end();
  for (auto it = entries_.begin(); it != entries_.end(); ++it) {
    const bool closed = it->second.redeemed_by || now_unix_s >= it->second.ends_at_unix_s;
    if (!closed) continue;
    if (first == entries_.end() || it->second.ends_at_unix_s < first->second.ends_at_unix_s) {
      first = it;
    }
  }
  STARLING_CHECK(first != entries_.end());  // open ones alone are fewer than kEntriesMax
  entries_.erase(first);
}

Bytes Invitations::serialise() const {
  wire::Writer writer;
  writer.bytes(kInvitationsMagic)
      .u16(kInvitationsSchema)
      .u16(static_cast<uint16_t>(entries_.size()));
  for (const auto& [digest, entry] : entries_) {
    writer.fixed(digest).u64(static_cast<uint64_t>(entry.ends_at_unix_s));
    writer.u8(entry.redeemed_by ? kStateRedeemed : kStateOpen);
    if (entry.redeemed_by) writer.fixed(*entry.redeemed_by);
  }
  return writer.take();
}

std::expected<Invitations, InvitationsFileError> Invitations::deserialise(ByteView file) {
  wire::Reader reader(file);
  const auto magic = reader.array<kInvitationsMagic.size()>();
  if (!reader.ok() || magic != kInvitationsMagic) {
    return std::unexpected(InvitationsFileError::not_invitations);
  }
  const uint16_t schema = reader.u16();
  if (reader.ok() && schema > kInvitationsSchema)
    return std::unexpected(InvitationsFileError::newer_schema);
  const size_t entry_count = reader.u16();
  if (!reader.ok() || schema != kInvitationsSchema || entry_count > kEntriesMax) {
    return std::unexpected(InvitationsFileError::damaged);
  }
  Invitations invitations;
  for (size_t i = 0; i < entry_count && reader.ok(); ++i) {
    const auto digest = reader.fixed<crypto::Digest>();
    const uint64_t ends_at_unix_s = reader.u64();
    const uint8_t state = reader.u8();
    Entry entry;
    entry.ends_at_unix_s = static_cast<int64_t>(ends_at_unix_s);
    if (state == kStateRedeemed) entry.redeemed_by = reader.fixed<crypto::NodeKey>();
    if (state > kStateRedeemed || entry.ends_at_unix_s < 0) reader.refuse();
    const auto last = invitations.entries_.rbegin();
    if (last != invitations.entries_.rend() && digest <= last->first) reader.refuse();
    invitations.entries_.emplace_hint(invitations.entries_.end(), digest, entry);
  }
  if (!reader.finish()) return std::unexpected(InvitationsFileError::damaged);
  return invitations;
}

}  // namespace starling::reach
