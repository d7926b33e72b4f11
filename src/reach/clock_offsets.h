// reach/clock_offsets.h - how far our clock seems to be off: the median of what the neighbours' clocks say.
//
// Rules:   one reading per neighbour, the last kReadingsMax of them; a minority of liars cannot move the median far.
// Threads: single owner.
#pragma once

#include <deque>
#include <optional>

#include "base/time.h"
#include "crypto/keys.h"

namespace starling::reach {

class ClockOffsets {
 public:
  static constexpr size_t kReadingsMax = 32;
  // Differences up to this are tolerated everywhere and not worth a warning.
  static constexpr int64_t kToleratedSeconds = 600;

  void add_reading(const crypto::NodeKey& peer, WallTime ours, WallTime theirs);
  // Their clocks minus ours, in seconds; empty with fewer than three readings.
  [[nodiscard]] std::optional<int64_t> median_seconds() const;

 private:
  struct Reading {
    crypto::NodeKey peer;
    int64_t offset_seconds;
  };
  std::deque<Reading> readings_;
};

}  // namespace starling::reach
