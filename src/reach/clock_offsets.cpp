#include "reach/clock_offsets.h"

#include <algorithm>
#include <vector>

namespace starling::reach {

void ClockOffsets::add_reading(const crypto::NodeKey& peer, WallTime ours, WallTime theirs) {
  std::erase_if(readings_, [&](const Reading& reading) { return reading.peer == peer; });
  if (readings_.size() == kReadingsMax) readings_.pop_front();
  readings_.push_back({peer, theirs.unix_seconds - ours.unix_seconds});
}

std::optional<int64_t> ClockOffsets::median_seconds() const {
  if (readings_.size() < 3) return std::nullopt;
  std::vector<int64_t> offsets;
  for (const Reading& reading : readings_) offsets.push_back(reading.offset_seconds);
  const auto middle = offsets.begin() + static_cast<std::ptrdiff_t>(offsets.size() / 2);
  std::nth_element(offsets.begin(), middle, offsets.end());
  return *middle;
}

}  // namespace starling::reach
