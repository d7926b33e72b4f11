// sim/pair_table.h - a value for each ordered pair of hosts that needs one: open addressing, no erasing.
//
// Looked up once per packet: one probe in the usual case, and none while the table is empty.
#pragma once

#include <utility>
#include <vector>

#include "sim/host_id.h"

namespace starling::sim {

template <typename Value>
class PairTable {
 public:
  // Null when there is none. Valid until the next insertion.
  Value* find(HostId from, HostId to) {
    return const_cast<Value*>(std::as_const(*this).find(from, to));
  }
  const Value* find(HostId from, HostId to) const {
    if (size_ == 0) return nullptr;
    const Cell& cell = cells_[place_of(key_of(from, to))];
    return cell.key == kFree ? nullptr : &cell.value;
  }
  // Default-constructs a missing value.
  Value& find_or_insert(HostId from, HostId to) {
    if (2 * (size_ + 1) > cells_.size()) grow();
    const uint64_t key = key_of(from, to);
    Cell& cell = cells_[place_of(key)];
    if (cell.key == kFree) {
      cell.key = key;
      ++size_;
    }
    return cell.value;
  }
  // In an order that nothing observable may depend on.
  template <typename Change>
  void change_all(Change&& change) {
    for (Cell& cell : cells_) {
      if (cell.key != kFree) change(cell.value);
    }
  }
  [[nodiscard]] size_t size() const { return size_; }

 private:
  static constexpr uint64_t kFree = ~uint64_t{0};
  struct Cell {
    uint64_t key = kFree;
    [[no_unique_address]] Value value{};  // an empty one makes this a set
  };

  static uint64_t key_of(HostId from, HostId to) {
    return uint64_t{index_of(from)} << 32 | index_of(to);
  }
  // Where `key` is or belongs. Pre: some cell is free.
  [[nodiscard]] size_t place_of(uint64_t key) const {
    const size_t mask = cells_.size() - 1;
    size_t at = ((key * 0x9e3779b97f4a7c15) >> 32) & mask;
    while (cells_[at].key != kFree && cells_[at].key != key) at = (at + 1) & mask;
    return at;
  }
  void grow() {
    std::vector<Cell> old(cells_.empty() ? 16 : 2 * cells_.size());
    old.swap(cells_);
    for (Cell& cell : old) {
      if (cell.key != kFree) cells_[place_of(cell.key)] = std::move(cell);
    }
  }

  std::vector<Cell> cells_;
  size_t size_ = 0;
};

}  // namespace starling::sim
