#include "routing/destination_store.h"

#include <utility>

#include "base/check.h"

namespace starling::routing {

Destination& DestinationStore::insert(const crypto::NodeId& id) {
  STARLING_CHECK(size_ < kSlotsMax);
  if ((size_ + 1) * 4 > index_.size() * 3) grow();
  Slot slot = 0;
  if (free_.empty()) {
    slot = static_cast<Slot>(slots_.size());
    STARLING_CHECK(slots_.size() <= kSlotsMax);
    slots_.push_back(std::make_unique<Destination>());
  } else {
    slot = free_.back();
    free_.pop_back();
    slots_[slot] = std::make_unique<Destination>();
  }
  Destination& made = *slots_[slot];
  made.id = id;
  made.slot = slot;
  ++size_;
  enter(slot);
  return made;
}

void DestinationStore::enter(Slot slot) {
  size_t place = place_of(short_id_of(slots_[slot]->id));
  while (index_[place] != kEmpty) place = (place + 1) & (index_.size() - 1);
  index_[place] = slot;
}

void DestinationStore::grow() {
  const std::vector<Slot> old = std::exchange(index_, std::vector<Slot>(index_.size() * 2, kEmpty));
  for (const Slot slot : old) {
    if (slot != kEmpty) enter(slot);
  }
}

void DestinationStore::erase(Slot slot) {
  const size_t mask = index_.size() - 1;
  size_t hole = place_of(short_id_of(slots_[slot]->id));
  while (index_[hole] != slot) hole = (hole + 1) & mask;
  // What was pushed aside by the erased one, or by those behind it, moves up.
  for (size_t place = (hole + 1) & mask; index_[place] != kEmpty; place = (place + 1) & mask) {
    const size_t wanted = place_of(short_id_of(slots_[index_[place]]->id));
    const bool may_move = ((place - wanted) & mask) >= ((place - hole) & mask);
    if (!may_move) continue;
    index_[hole] = index_[place];
    hole = place;
  }
  index_[hole] = kEmpty;
  slots_[slot].reset();
  erased_.push_back(slot);
  --size_;
}

}  // namespace starling::routing
