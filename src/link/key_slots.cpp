#include "link/key_slots.h"

#include <algorithm>

namespace starling::link {

namespace {

// Of two at once: whether both sides keep the first.
bool prevails(const KeySlot& one, const KeySlot& other) {
  if (one.begun_by_lower_key != other.begun_by_lower_key) return one.begun_by_lower_key;
  return one.beginners_index() > other.beginners_index();
}

}  // namespace

void KeySlots::install(Instant now, std::unique_ptr<KeySlot> slot) {
  const bool yields = !slots_.empty() && now - slots_.back()->made < kSimultaneous &&
                      prevails(*slots_.back(), *slot);
  if (yields) {
    slot->retires = now + kOverlap;
    slots_.insert(slots_.end() - 1, std::move(slot));
    return;
  }
  if (!slots_.empty()) slots_.back()->retires = now + kOverlap;
  slots_.push_back(std::move(slot));
}

KeySlot* KeySlots::current(Instant now) {
  if (slots_.empty()) return nullptr;
  KeySlot& slot = *slots_.back();
  return now < slot.made + kLifetime && !slot.plane.is_spent() ? &slot : nullptr;
}

KeySlot* KeySlots::find(uint32_t local_index) {
  for (const auto& slot : slots_) {
    if (slot->plane.local_index() == local_index) return slot.get();
  }
  return nullptr;
}

Instant KeySlots::rekey_time() const {
  if (slots_.empty()) return kNever;
  const KeySlot& slot = *slots_.back();
  if (slot.plane.sent() >= DataPlane::kRekeyRecords) return rekey_not_before_;
  const Duration after = slot.begun_by_us ? kRekeyAfter : kRekeyAfterAsResponder;
  return std::max(slot.made + after, rekey_not_before_);
}

bool KeySlots::rekey_due(Instant now) const { return now >= rekey_time(); }

Instant KeySlots::end_of(const KeySlot& slot) {
  return std::min(slot.made + kLifetime, slot.retires);
}

std::vector<uint32_t> KeySlots::expire(Instant now) {
  std::vector<uint32_t> gone;
  std::erase_if(slots_, [&](const auto& slot) {
    if (now < end_of(*slot)) return false;
    gone.push_back(slot->plane.local_index());
    return true;
  });
  while (slots_.size() > kSlotsMax) {
    gone.push_back(slots_.front()->plane.local_index());
    slots_.erase(slots_.begin());
  }
  return gone;
}

std::vector<uint32_t> KeySlots::indices() const {
  std::vector<uint32_t> indices;
  for (const auto& slot : slots_) indices.push_back(slot->plane.local_index());
  return indices;
}

Instant KeySlots::next_timeout() const {
  Instant next = rekey_time();
  for (const auto& slot : slots_) next = std::min(next, end_of(*slot));
  return next;
}

}  // namespace starling::link
