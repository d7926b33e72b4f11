// routing/address.h - where a node is: its nearest landmarks at each priority level, and the waypoints from each to it.
//
// Wire: docs/wire/routing.md#address.
#pragma once

#include <optional>
#include <vector>

#include "routing/mesh_packet.h"
#include "routing/route_table.h"

namespace starling::routing {

// From a landmark to the node: the first waypoint is the landmark, its rest the whole cost.
struct LandmarkPath {
  static constexpr size_t kWaypointsMax = 24;
  std::vector<Waypoint> waypoints;
  friend bool operator==(const LandmarkPath&, const LandmarkPath&) = default;
};

struct Address {
  static constexpr size_t kPathsMax = 16;
  std::vector<LandmarkPath> paths;
  bool of_leaf = false;  // the last waypoints are its routers
  friend bool operator==(const Address&, const Address&) = default;
};

// Refuses empty paths and rests that do not fall along a path. An address without paths is one of a node that knows
// nobody.
std::optional<Address> decode_address(ByteView bytes);
void encode(const Address& address, Bytes& out);

// The landmarks that an address should have now: for the priority shares 1/16, 1/256, ... and at last the kSmallest
// highest priorities, the kLandmarksPerLevel nearest listed destinations at or above that share.
inline constexpr size_t kLandmarksPerLevel = 4;
std::vector<crypto::NodeId> choose_landmarks(const RouteTable& table);
// The same of what a table would have.
struct LandmarkCandidate {
  Metric distance = 0;
  crypto::NodeId id;
  Priority priority;
};
std::vector<crypto::NodeId> choose_landmarks(std::vector<LandmarkCandidate> near);

}  // namespace starling::routing
