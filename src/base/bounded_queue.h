// base/bounded_queue.h - a first-in first-out queue bounded in items and in bytes.
//
// Single owner. What happens on overflow is the caller's choice, made where it pushes.
#pragma once

#include <cstddef>
#include <deque>
#include <utility>

#include "base/check.h"

namespace starling {

template <typename Item>
class BoundedQueue {
 public:
  BoundedQueue(size_t items_max, size_t bytes_max) : items_max_(items_max), bytes_max_(bytes_max) {}

  // Overflow policy "refuse": false, and `item` is untouched, when there is no room.
  [[nodiscard]] bool try_push(Item&& item, size_t bytes) {
    if (!has_room(bytes)) return false;
    bytes_ += bytes;
    entries_.push_back({std::move(item), bytes});
    return true;
  }
  // Overflow policy "drop oldest": returns how many items it dropped to make room. An item larger than the whole
  // queue counts as one dropped.
  size_t push_dropping_oldest(Item&& item, size_t bytes) {
    if (bytes > bytes_max_ || items_max_ == 0) return 1;
    size_t dropped = 0;
    for (; !has_room(bytes); ++dropped) drop_front();
    bytes_ += bytes;
    entries_.push_back({std::move(item), bytes});
    return dropped;
  }
  [[nodiscard]] bool has_room(size_t bytes) const {
    return entries_.size() < items_max_ && bytes <= bytes_max_ && bytes_ <= bytes_max_ - bytes;
  }
  // Pre: not empty.
  Item& front() {
    STARLING_CHECK(!entries_.empty());
    return entries_.front().item;
  }
  Item pop() {
    STARLING_CHECK(!entries_.empty());
    Item item = std::move(entries_.front().item);
    drop_front();
    return item;
  }
  void clear() {
    entries_.clear();
    bytes_ = 0;
  }
  [[nodiscard]] bool empty() const { return entries_.empty(); }
  [[nodiscard]] size_t size() const { return entries_.size(); }
  [[nodiscard]] size_t bytes() const { return bytes_; }

 private:
  struct Entry {
    Item item;
    size_t bytes;
  };
  void drop_front() {
    bytes_ -= entries_.front().bytes;
    entries_.pop_front();
  }

  std::deque<Entry> entries_;
  size_t bytes_ = 0;
  size_t items_max_;
  size_t bytes_max_;
};

}  // namespace starling
