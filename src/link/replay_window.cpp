#include "link/replay_window.h"

#include <algorithm>

#include "base/check.h"

namespace starling::link {

bool ReplayWindow::is_fresh(uint64_t counter) const {
  if (!any_ || counter > highest_) return true;
  if (highest_ - counter >= kSize) return false;
  return (seen_[(counter / 64) % kWords] >> (counter % 64) & 1) == 0;
}

void ReplayWindow::accept(uint64_t counter) {
  STARLING_CHECK(is_fresh(counter));
  const uint64_t word = counter / 64;
  if (!any_ || counter > highest_) {
    const uint64_t from = any_ ? highest_ / 64 + 1 : word;
    const uint64_t clear = word >= from ? std::min(word - from + 1, kWords) : 0;
    for (uint64_t i = 0; i < clear; ++i) seen_[(word - i) % kWords] = 0;
    highest_ = counter;
    any_ = true;
  }
  seen_[word % kWords] |= uint64_t{1} << (counter % 64);
}

}  // namespace starling::link
