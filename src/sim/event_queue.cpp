#include "sim/event_queue.h"

#include <algorithm>
#include <utility>

#include "base/check.h"

namespace starling::sim {
namespace {

constexpr uint64_t kSlotMask = (uint64_t{1} << EventQueue::kSlotBits) - 1;
constexpr uint64_t kSequenceMax = (uint64_t{1} << (64 - EventQueue::kSlotBits)) - 1;
constexpr size_t kArity = 4;
// Below this many entries a sweep is not worth its while.
constexpr size_t kSweepEntriesMin = 1024;

}  // namespace

EventId EventQueue::schedule(Instant at, Action action) {
  STARLING_CHECK(next_sequence_ <= kSequenceMax);
  if (free_slots_.empty()) {
    STARLING_CHECK(slots_.size() <= kSlotMask);
    free_slots_.push_back(static_cast<uint32_t>(slots_.size()));
    slots_.emplace_back();
  }
  const uint32_t slot = free_slots_.back();
  free_slots_.pop_back();
  const uint64_t key = (next_sequence_++ << kSlotBits) | slot;
  slots_[slot].action = std::move(action);
  slots_[slot].key = key;
  heap_.push_back({std::max(at, now_), key});
  sift_up(heap_.size() - 1);
  ++waiting_;
  return {key};
}

bool EventQueue::cancel(EventId id) {
  const size_t slot = id.key & kSlotMask;
  if (id.key == 0 || slot >= slots_.size() || slots_[slot].key != id.key) return false;
  // What the action owns may cancel other events when it goes: it goes last.
  const Action dropped = release(id.key);
  sweep_if_mostly_stale();
  return true;
}

bool EventQueue::run_next(Instant limit) {
  STARLING_CHECK(!running_);
  while (!heap_.empty() && is_stale(heap_.front())) pop_top();
  if (heap_.empty() || heap_.front().at > limit) return false;
  const Entry next = heap_.front();
  pop_top();
  // The next event's slot is somewhere else in memory: it comes while this event runs.
  if (!heap_.empty()) __builtin_prefetch(&slots_[heap_.front().key & kSlotMask]);
  now_ = next.at;
  ++events_run_;
  Action action = release(next.key);
  running_ = true;
  action();
  action = nullptr;
  running_ = false;
  return true;
}

void EventQueue::run_until(Instant limit) {
  STARLING_CHECK(limit >= now_);
  while (run_next(limit)) {
  }
  now_ = limit;
}

void EventQueue::clear() {
  const std::vector<Slot> dropped = std::exchange(slots_, {});
  heap_.clear();
  free_slots_.clear();
  waiting_ = 0;
}

bool EventQueue::is_stale(const Entry& entry) const {
  return slots_[entry.key & kSlotMask].key != entry.key;
}

EventQueue::Action EventQueue::release(uint64_t key) {
  const auto slot = static_cast<uint32_t>(key & kSlotMask);
  slots_[slot].key = 0;
  free_slots_.push_back(slot);
  --waiting_;
  return std::move(slots_[slot].action);
}

void EventQueue::sift_up(size_t at) {
  const Entry entry = heap_[at];
  while (at > 0) {
    const size_t parent = (at - 1) / kArity;
    if (!before(entry, heap_[parent])) break;
    heap_[at] = heap_[parent];
    at = parent;
  }
  heap_[at] = entry;
}

void EventQueue::sift_down(size_t at) {
  const Entry entry = heap_[at];
  for (;;) {
    const size_t first = at * kArity + 1;
    if (first >= heap_.size()) break;
    const size_t end = std::min(first + kArity, heap_.size());
    size_t least = first;
    for (size_t child = first + 1; child < end; ++child) {
      if (before(heap_[child], heap_[least])) least = child;
    }
    if (!before(heap_[least], entry)) break;
    heap_[at] = heap_[least];
    at = least;
  }
  heap_[at] = entry;
}

void EventQueue::pop_top() {
  heap_.front() = heap_.back();
  heap_.pop_back();
  if (!heap_.empty()) sift_down(0);
}

void EventQueue::sweep_if_mostly_stale() {
  if (heap_.size() < kSweepEntriesMin || heap_.size() < 2 * waiting_) return;
  std::erase_if(heap_, [this](const Entry& entry) { return is_stale(entry); });
  for (size_t at = heap_.size() / kArity + 1; at-- > 0;) {
    if (at < heap_.size()) sift_down(at);
  }
}

}  // namespace starling::sim
