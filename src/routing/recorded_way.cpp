#include "routing/recorded_way.h"

#include <algorithm>

#include "base/check.h"

namespace starling::routing {
namespace {

// So many waypoints a way back has, if there are as many nodes.
constexpr size_t kWaypointsWanted = 8;

// Which of the nodes others reach to.
std::vector<bool> reached(const std::vector<RecordedNode>& recorded) {
  std::vector<bool> is_reached(recorded.size(), false);
  for (size_t i = 1; i < recorded.size(); ++i) is_reached[recorded[i].reach] = true;
  return is_reached;
}

// Of the nodes between the ends for which `may_go`, the one with the shortest stretch around it; 0: there is none.
template <typename MayGo>
size_t least_missed(const std::vector<RecordedNode>& recorded, MayGo&& may_go) {
  size_t least = 0;
  const auto stretch = [&](size_t at) { return recorded[at + 1].so_far - recorded[at - 1].so_far; };
  for (size_t i = 1; i + 1 < recorded.size(); ++i) {
    if (may_go(i) && (least == 0 || stretch(i) < stretch(least))) least = i;
  }
  return least;
}

// The nodes from reach to reach, the last one's first.
std::vector<size_t> reaches(const std::vector<RecordedNode>& recorded) {
  std::vector<size_t> indices;
  for (size_t at = recorded.size(); at > 1; at = indices.back() + 1)
    indices.push_back(recorded[at - 1].reach);
  return indices;
}

// Of more than fit into a packet, evenly as many as do; both ends stay.
std::vector<Waypoint> waypoints_at(const std::vector<size_t>& indices,
                                   const std::vector<RecordedNode>& recorded) {
  std::vector<Waypoint> waypoints;
  const size_t count = std::min(indices.size(), MeshPacket::kWaypointsMax);
  for (size_t i = 0; i < count; ++i) {
    const size_t from = count == 1 ? 0 : i * (indices.size() - 1) / (count - 1);
    const RecordedNode& node = recorded[indices[from]];
    waypoints.push_back({node.node, node.so_far});
  }
  return waypoints;
}

}  // namespace

void thin(std::vector<RecordedNode>& recorded, const IsKnown& is_known) {
  STARLING_CHECK(recorded.size() >= 3);
  const std::vector<bool> is_reached = reached(recorded);
  size_t gone = least_missed(
      recorded, [&](size_t i) { return !is_reached[i] && !is_known(recorded[i].node); });
  if (gone == 0) gone = least_missed(recorded, [&](size_t i) { return !is_reached[i]; });
  if (gone == 0) gone = least_missed(recorded, [](size_t) { return true; });
  const uint8_t onward = recorded[gone].reach;
  recorded.erase(recorded.begin() + static_cast<std::ptrdiff_t>(gone));
  for (size_t i = gone; i < recorded.size(); ++i) {
    uint8_t& reach = recorded[i].reach;
    if (reach == gone) {
      reach = onward;
    } else if (reach > gone) {
      --reach;
    }
  }
}

std::vector<Waypoint> shortest_way_back(const std::vector<RecordedNode>& recorded) {
  return waypoints_at(reaches(recorded), recorded);
}

std::vector<Waypoint> way_back(const std::vector<RecordedNode>& recorded) {
  std::vector<size_t> indices = reaches(recorded);
  if (indices.size() >= kWaypointsWanted) return waypoints_at(indices, recorded);
  std::vector<size_t> others;
  for (size_t i = 0; i + 1 < recorded.size(); ++i) {
    if (std::ranges::find(indices, i) == indices.end()) others.push_back(i);
  }
  const size_t missing = std::min(others.size(), kWaypointsWanted - indices.size());
  for (size_t i = 0; i < missing; ++i) indices.push_back(others[i * others.size() / missing]);
  std::ranges::sort(indices, std::greater<>());
  return waypoints_at(indices, recorded);
}

}  // namespace starling::routing
