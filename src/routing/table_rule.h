// routing/table_rule.h - which nodes belong into a table: from the nearest to the farthest each one that fewer than k better
// priorities are nearer than (an all-distances sketch; docs/routing.md).
//
// How:     admit() them in order of distance, equal ones in order of their ids.
// Threads: single owner.
#pragma once

#include <queue>
#include <vector>

#include "routing/announcement.h"

namespace starling::routing {

// Some of the best priorities so far, as one walks away from a node.
class BestPriorities {
 public:
  explicit BestPriorities(size_t size) : size_(size) {}
  // False when there are better ones enough.
  bool admit(const Priority& priority) {
    if (best_.size() >= size_ && !outranks(priority, best_.top())) return false;
    best_.push(priority);
    if (best_.size() > size_) best_.pop();
    return true;
  }

 private:
  // The worst is on top.
  struct BetterLast {
    bool operator()(const Priority& a, const Priority& b) const { return outranks(a, b); }
  };
  size_t size_;
  std::priority_queue<Priority, std::vector<Priority>, BetterLast> best_;
};

// k to enter, a quarter more to stay.
class TableRule {
 public:
  static constexpr double kKeepFactor = 1.25;

  explicit TableRule(size_t k)
      : enter_(k), stay_(static_cast<size_t>(kKeepFactor * static_cast<double>(k))) {}
  bool admit(const Priority& priority, bool is_listed) {
    const bool enters = enter_.admit(priority);
    const bool stays = stay_.admit(priority);
    return enters || (is_listed && stays);
  }

 private:
  BestPriorities enter_;
  BestPriorities stay_;
};

}  // namespace starling::routing
