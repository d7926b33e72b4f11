// directory/changed_contacts.h - which contacts came, went, fell silent or spoke again, for whoever depends on those near to
// something.
//
// Bounds:  kMax; beyond it every contact counts as changed.
#pragma once

#include <algorithm>
#include <iterator>
#include <vector>

#include "directory/key_space.h"

namespace starling::directory {

class ChangedContacts {
 public:
  // With so many, most records have one of them near anyway.
  static constexpr size_t kMax = 128;

  void add(const KeyNumber& node) {
    if (nodes_.size() < kMax) {
      nodes_.push_back(node);
    } else {
      any_ = true;
    }
  }
  void sort() { std::sort(nodes_.begin(), nodes_.end()); }
  // Whether one of them shares at least the first `bits` with `position`. Pre: sorted.
  [[nodiscard]] bool has_near(const KeyNumber& position, size_t bits) const {
    if (any_) return true;
    // Who shares most stands next to it.
    const auto next = std::lower_bound(nodes_.begin(), nodes_.end(), position);
    return (next != nodes_.end() && common_bits(*next, position) >= bits) ||
           (next != nodes_.begin() && common_bits(*std::prev(next), position) >= bits);
  }

 private:
  std::vector<KeyNumber> nodes_;
  bool any_ = false;
};

}  // namespace starling::directory
