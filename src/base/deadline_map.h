// base/deadline_map.h - when something is due, for many things: the next of all in constant time.
//
// Cost:    arm() and take_due() logarithmic. Things due at the same time come in the order of their keys.
#pragma once

#include <map>
#include <optional>
#include <set>

#include "base/time.h"

namespace starling {

template <typename Key>
class DeadlineMap {
 public:
  // Replaces an earlier time; kNever disarms.
  void arm(const Key& key, Instant when) {
    disarm(key);
    if (when == kNever) return;
    of_[key] = when;
    order_.emplace(when, key);
  }
  void disarm(const Key& key) {
    const auto entry = of_.find(key);
    if (entry == of_.end()) return;
    order_.erase({entry->second, key});
    of_.erase(entry);
  }
  // kNever when nothing is armed.
  [[nodiscard]] Instant next() const { return order_.empty() ? kNever : order_.begin()->first; }
  // The one due first, disarmed; empty when none is due at `now`.
  std::optional<Key> take_due(Instant now) {
    if (order_.empty() || order_.begin()->first > now) return std::nullopt;
    const Key key = order_.begin()->second;
    order_.erase(order_.begin());
    of_.erase(key);
    return key;
  }
  [[nodiscard]] size_t size() const { return of_.size(); }

 private:
  std::map<Key, Instant> of_;
  std::set<std::pair<Instant, Key>> order_;
};

}  // namespace starling
