#include "link/mtu_search.h"

namespace starling::link {
namespace {

constexpr Duration kVerifyInterval = 60s;
constexpr Duration kVerifyRetry = 1s;
constexpr int kSilentVerifiesMax = 3;
constexpr Duration kSearchInterval = 1h;
constexpr size_t kLarge = 1'000;  // bytes, wherever a path carries twice that

Duration pause_after(int round) {
  switch (round) {
    case 1:
      return 1s;
    case 2:
      return 5s;
    case 3:
      return 30s;
    default:
      return kSearchInterval;
  }
}

}  // namespace

MtuSearch::MtuSearch(Instant now, bool reliable)
    : mtu_(reliable ? kLargest : kCarrierMtuMin),
      done_(reliable),
      next_search_(reliable ? kNever : now) {}

std::optional<uint16_t> MtuSearch::poll_probe(Instant now) {
  if (done_) return std::nullopt;
  if (now >= next_verify_) {
    if (verify_silent_ < kSilentVerifiesMax) {
      ++verify_silent_;
      next_verify_ = now + kVerifyRetry;
      return size_to_verify();
    }
    suspect(now);
  }
  if (now >= next_search_) {
    probe_index_ = 0;
    next_search_ = now + pause_after(++searches_);
  }
  for (; probe_index_ < kSizes.size(); ++probe_index_) {
    if (kSizes[probe_index_] > mtu_) return kSizes[probe_index_++];
  }
  return std::nullopt;
}

uint16_t MtuSearch::size_to_verify() const {
  // No larger than it must be: a probe of 9 KB costs an idle path more than all else.
  for (const uint16_t size : kSizes) {
    if (size >= unproven_ && size <= mtu_) return size;
  }
  return static_cast<uint16_t>(mtu_);
}

void MtuSearch::handle_ack(uint16_t size) {
  if (size > kLargest) return;
  if (size > mtu_) mtu_ = size;
  if (size >= std::max<size_t>(unproven_, kCarrierMtuMin)) end_verifying();
}

void MtuSearch::end_verifying() {
  unproven_ = 0;
  verify_silent_ = 0;
  next_verify_ = kNever;
}

void MtuSearch::handle_sent(Instant now, size_t size) {
  // A path that lets only the small ones through would not show it by packets like these.
  const bool is_large = size > kCarrierMtuMin && size > std::min(mtu_ / 2, kLarge);
  if (done_ || !is_large) return;
  unproven_ = std::max(unproven_, size);
  if (next_verify_ == kNever) next_verify_ = now + kVerifyInterval;
}

void MtuSearch::suspect(Instant now) {
  if (done_ || mtu_ == kCarrierMtuMin) return;
  mtu_ = kCarrierMtuMin;
  end_verifying();
  searches_ = 0;
  next_search_ = now;
}

}  // namespace starling::link
