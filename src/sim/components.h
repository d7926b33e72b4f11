// sim/components.h - the connected components of a graph that only gains links (union-find, Tarjan 1975).
#pragma once

#include <cstdint>
#include <numeric>
#include <utility>
#include <vector>

namespace starling::sim {

class Components {
 public:
  explicit Components(uint32_t nodes) : parent_(nodes), size_(nodes, 1), count_(nodes) {
    std::iota(parent_.begin(), parent_.end(), 0U);
  }

  // Whether they were in two components until now.
  bool unite(uint32_t a, uint32_t b) {
    a = root_of(a);
    b = root_of(b);
    if (a == b) return false;
    if (size_[a] < size_[b]) std::swap(a, b);
    parent_[b] = a;
    size_[a] += size_[b];
    --count_;
    return true;
  }

  // The node that stands for the component of `node`, until the next unite().
  uint32_t root_of(uint32_t node) {
    while (parent_[node] != node) {
      parent_[node] = parent_[parent_[node]];
      node = parent_[node];
    }
    return node;
  }

  // Nodes in the component of `node`.
  uint32_t size_of(uint32_t node) { return size_[root_of(node)]; }
  [[nodiscard]] uint32_t count() const { return count_; }

 private:
  std::vector<uint32_t> parent_;
  std::vector<uint32_t> size_;  // right for roots
  uint32_t count_;
};

}  // namespace starling::sim
