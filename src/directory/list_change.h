// directory/list_change.h - what came to a list of nodes and what went from it.
//
// How:     a table lists its nodes in an order of its own that it mostly keeps. The two lists are compared side by side, with
//          a look ahead where they differ, and only what has no partner is sorted.
#pragma once

#include <span>
#include <vector>

#include "directory/key_space.h"

namespace starling::directory {

struct ListChange {
  bool is_none = false;  // nor in the order
  // Sorted, each node once, none in both.
  std::vector<KeyNumber> gone{};
  std::vector<KeyNumber> come{};
};

// Pre: `before` has each node once. A node that `now` has several times may be in `come` though it was there before.
ListChange change_between(std::span<const NodeId> before, std::span<const NodeId> now);

}  // namespace starling::directory
