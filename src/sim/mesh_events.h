// sim/mesh_events.h - what happens to the nodes of one shard of a MeshWorld, in order of time.
//
// How:     a ring of short windows for what is near, a heap for what is far. The order of the events of one node depends on
//          nothing but their own fields, so that the number of threads changes nothing.
// Threads: single owner.
#pragma once

#include <algorithm>
#include <queue>
#include <tuple>
#include <vector>

#include "base/bytes.h"
#include "base/time.h"

namespace starling::sim {

enum class MeshEventKind : uint8_t { start, link_up, link_down, control, packet, timer };

struct MeshEvent {
  // Of what the world itself does, which comes before what nodes do.
  static constexpr uint32_t kFromWorld = 0;

  Instant at;
  uint32_t node = 0;
  uint32_t from = kFromWorld;  // the number of the node that caused it, plus one
  uint64_t order = 0;          // among those that `from` caused
  uint64_t link = 0;
  Bytes bytes{};
  uint32_t sealed_from = 0;
  MeshEventKind kind = MeshEventKind::timer;
};

class MeshEvents {
 public:
  // Windows that the ring holds.
  static constexpr size_t kRing = 8'192;

  MeshEvents(Instant start, Duration window)
      : start_(start), window_(window), ring_(kRing), next_(0) {}

  // Pre: not before the window that is being taken from.
  void push(MeshEvent&& event) {
    const uint64_t window = window_of(event.at);
    ++size_;
    if (window == next_ && taking_) {
      now_.push(std::move(event));
    } else if (window < next_ + kRing) {
      ring_[window % kRing].push_back(std::move(event));
    } else {
      far_.push(std::move(event));
    }
  }
  [[nodiscard]] uint64_t window_of(Instant at) const {
    return static_cast<uint64_t>((at - start_) / window_);
  }
  [[nodiscard]] Instant begin_of(uint64_t window) const {
    return start_ + window_ * static_cast<int64_t>(window);
  }
  // The first window from `from` on that holds something; none: no_window().
  [[nodiscard]] static uint64_t no_window() { return UINT64_MAX; }
  [[nodiscard]] uint64_t first_window(uint64_t from) const {
    const uint64_t far = far_.empty() ? no_window() : window_of(far_.top().at);
    if (size_ == far_.size()) return far;
    for (uint64_t window = from; window < from + kRing; ++window) {
      if (!ring_[window % kRing].empty()) return std::min(window, far);
    }
    return far;
  }
  // Hands the events of that window to `handle`, also those that come while it runs. Windows are taken in order.
  template <typename Handle>
  uint64_t take_window(uint64_t window, Handle&& handle) {
    next_ = window;
    taking_ = true;
    for (MeshEvent& event : ring_[window % kRing]) now_.push(std::move(event));
    ring_[window % kRing].clear();
    while (!far_.empty() && window_of(far_.top().at) <= window) now_.push(take(far_));
    uint64_t handled = 0;
    while (!now_.empty()) {
      const MeshEvent event = take(now_);
      --size_;
      ++handled;
      handle(event);
    }
    taking_ = false;
    next_ = window + 1;
    return handled;
  }
  [[nodiscard]] size_t size() const { return size_; }

 private:
  struct Later {
    bool operator()(const MeshEvent& a, const MeshEvent& b) const {
      return std::tie(a.at, a.node, a.from, a.order) > std::tie(b.at, b.node, b.from, b.order);
    }
  };
  using Heap = std::priority_queue<MeshEvent, std::vector<MeshEvent>, Later>;
  static MeshEvent take(Heap& heap) {
    // The heap is about to drop it, and its order does not depend on what is moved out.
    MeshEvent event = std::move(const_cast<MeshEvent&>(heap.top()));
    heap.pop();
    return event;
  }

  Instant start_;
  Duration window_;
  std::vector<std::vector<MeshEvent>> ring_;
  Heap far_;
  Heap now_;
  uint64_t next_;
  bool taking_ = false;
  size_t size_ = 0;
};

}  // namespace starling::sim
