// routing/destination_store.h - the destinations of a table, found by id, short id or slot.
//
// How:     each has a slot, a small number that stays its own while it is known; an index of slots, placed by a hash that
//          strangers cannot predict, finds them by the first bytes of their ids.
// Bounds:  kSlotsMax.   Threads: single owner.   Views: pointers are valid until erase().
#pragma once

#include <iterator>
#include <memory>
#include <vector>

#include "routing/destination.h"

namespace starling::routing {

using Slot = uint16_t;

class DestinationStore {
 public:
  static constexpr size_t kSlotsMax = 0xfffe;

  explicit DestinationStore(uint64_t secret) : secret_(secret | 1), index_(kIndexMin, kEmpty) {}

  [[nodiscard]] size_t size() const { return size_; }
  // Slots are below this.
  [[nodiscard]] size_t slot_limit() const { return slots_.size(); }
  // Null when nothing is there.
  [[nodiscard]] Destination* at(Slot slot) const {
    return slot < slots_.size() ? slots_[slot].get() : nullptr;
  }
  [[nodiscard]] Destination* find(const crypto::NodeId& id) const {
    return find_if(short_id_of(id), [&](const Destination& d) { return d.id == id; });
  }
  // Of two with the same short id any.
  [[nodiscard]] Destination* find(const ShortId& id) const {
    return find_if(id, [&](const Destination& d) { return short_id_of(d.id) == id; });
  }
  // Pre: find(id) is null, size() < kSlotsMax.
  Destination& insert(const crypto::NodeId& id);
  // Its slot is not used again before release().
  void erase(Slot slot);
  // What was erased so far has been forgotten everywhere.
  void release() {
    free_.insert(free_.end(), erased_.begin(), erased_.end());
    erased_.clear();
  }

  class Iterator {
   public:
    using value_type = const Destination;
    using difference_type = std::ptrdiff_t;
    Iterator() = default;
    Iterator(const DestinationStore& store, size_t slot) : store_(&store), slot_(slot) { skip(); }
    const Destination& operator*() const { return *store_->slots_[slot_]; }
    Iterator& operator++() {
      ++slot_;
      skip();
      return *this;
    }
    Iterator operator++(int) {
      Iterator before = *this;
      ++*this;
      return before;
    }
    friend bool operator==(const Iterator& a, const Iterator& b) { return a.slot_ == b.slot_; }

   private:
    void skip() {
      while (slot_ < store_->slots_.size() && !store_->slots_[slot_]) ++slot_;
    }
    const DestinationStore* store_ = nullptr;
    size_t slot_ = 0;
  };
  // In the order of their slots.
  [[nodiscard]] Iterator begin() const { return {*this, 0}; }
  [[nodiscard]] Iterator end() const { return {*this, slots_.size()}; }
  [[nodiscard]] bool empty() const { return size_ == 0; }

 private:
  static constexpr Slot kEmpty = 0xffff;
  static constexpr size_t kIndexMin = 16;  // a power of two

  [[nodiscard]] size_t place_of(const ShortId& id) const {
    const uint64_t mixed = FixedBytesHash()(id) * secret_;
    return static_cast<size_t>((mixed ^ (mixed >> 32)) * secret_ >> 40) & (index_.size() - 1);
  }
  template <typename IsIt>
  [[nodiscard]] Destination* find_if(const ShortId& id, const IsIt& is_it) const {
    for (size_t place = place_of(id); index_[place] != kEmpty;
         place = (place + 1) & (index_.size() - 1)) {
      Destination& destination = *slots_[index_[place]];
      if (is_it(destination)) return &destination;
    }
    return nullptr;
  }
  void enter(Slot slot);
  void grow();

  uint64_t secret_;
  size_t size_ = 0;
  std::vector<std::unique_ptr<Destination>> slots_;
  std::vector<Slot> index_;  // at most three quarters full
  std::vector<Slot> free_;
  std::vector<Slot> erased_;
};

}  // namespace starling::routing
