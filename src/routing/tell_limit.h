// routing/tell_limit.h - how often neighbours may be told of one destination: a few times at once, and then slowly, so that
// whoever changes its epoch or its costs all the time is heard by its own neighbours and by nobody beyond them.
//
// How:     free_at() says when there may be news of a destination, take() counts news that are being told. Each costs a
//          kInterval, those of a new epoch (a signature to check, 120 bytes and more) five; kBurst of them may be owed.
// Bounds:  one entry for each destination that owes something, no more than the table has.
// Threads: single owner.
#pragma once

#include <algorithm>
#include <unordered_map>

#include "base/time.h"
#include "routing/destination_store.h"

namespace starling::routing {

class TellLimit {
 public:
  static constexpr Duration kInterval = 2s;
  static constexpr int kEpochCost = 5;
  static constexpr int kBurst = 12;

  // Never more than kEpochCost intervals after the last take(). `epoch`: of the route that is to be told.
  [[nodiscard]] Instant free_at(Slot slot, uint32_t epoch) const {
    const auto known = debts_.find(slot);
    if (known == debts_.end()) return Instant::min();
    return known->second.paid_at + (cost_of(known->second, epoch) - kBurst) * kInterval;
  }
  void take(Instant now, Slot slot, uint32_t epoch) {
    Debt& debt = debts_[slot];
    debt.paid_at = std::max(debt.paid_at, now) + cost_of(debt, epoch) * kInterval;
    debt.epoch = epoch;
  }
  // Forgets those who owe nothing.
  void expire(Instant now) {
    std::erase_if(debts_, [&](const auto& entry) { return entry.second.paid_at <= now; });
  }
  [[nodiscard]] size_t size() const { return debts_.size(); }

 private:
  struct Debt {
    Instant paid_at{};
    uint32_t epoch = 0;
  };
  static int cost_of(const Debt& debt, uint32_t epoch) {
    return debt.epoch == epoch ? 1 : kEpochCost;
  }

  std::unordered_map<Slot, Debt> debts_;
};

}  // namespace starling::routing
