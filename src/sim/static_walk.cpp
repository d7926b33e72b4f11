#include "sim/static_walk.h"

#include <algorithm>

#include "routing/path_book.h"
#include "routing/probe.h"
#include "routing/recorded_way.h"

namespace starling::sim {

using routing::MeshPacket;
using routing::Metric;
using routing::short_id_of;
using routing::Waypoint;

StaticWalk StaticWalker::walk(uint32_t from, uint32_t to, const std::vector<Waypoint>& waypoints,
                              bool records) const {
  MeshPacket packet;
  packet.source = StaticTables::id_of(from);
  packet.destination = StaticTables::id_of(to);
  packet.waypoints = waypoints;
  if (records) packet.recorded.push_back({short_id_of(packet.source), 0, 0});
  StaticWalk walk;
  std::optional<routing::NeighbourId> came_over;
  uint32_t at = from;
  while (at != to && packet.ttl-- > 1) {
    const auto view = tables_.view(at);
    const auto self = short_id_of(StaticTables::id_of(at));
    const auto hop = routing::choose_hop(packet, self, came_over, view);
    if (!hop) return walk;
    if (hop->left >= packet.water && packet.rises_left-- == 0) return walk;
    packet.water = hop->left;
    const uint32_t next = tables_.links(at)[hop->neighbour.value].peer;
    walk.cost = routing::add_metrics(walk.cost, view.link_cost(hop->neighbour));
    ++walk.hops;
    const auto back = std::ranges::find(tables_.links(next), at, &StaticTables::Link::peer);
    came_over = routing::NeighbourId{static_cast<uint32_t>(back - tables_.links(next).begin())};
    at = next;
    if (!records) continue;
    const auto is_known = [&](const routing::ShortId& node) {
      return tables_.view(at).way_to(node).has_value();
    };
    if (packet.recorded.size() == MeshPacket::kRecordedMax)
      routing::thin(packet.recorded, is_known);
    const uint8_t reach = routing::reach_from(packet, walk.cost, tables_.view(at));
    packet.recorded.push_back({short_id_of(StaticTables::id_of(at)), walk.cost, reach});
  }
  walk.arrived = at == to;
  walk.recorded = std::move(packet.recorded);
  return walk;
}

std::vector<uint32_t> StaticWalker::landmarks_of(uint32_t node) const {
  std::vector<routing::LandmarkCandidate> candidates;
  for (const auto& entry : tables_.table(node)) {
    candidates.push_back(
        {entry.distance, StaticTables::id_of(entry.node), tables_.priority(entry.node)});
  }
  std::vector<uint32_t> landmarks;
  for (const crypto::NodeId& id : routing::choose_landmarks(std::move(candidates)))
    landmarks.push_back(StaticTables::node_of(short_id_of(id)));
  return landmarks;
}

const routing::Address& StaticWalker::address_of(uint32_t node) {
  const auto [known, is_new] = addresses_.try_emplace(node);
  if (!is_new) return known->second;
  for (const uint32_t landmark : landmarks_of(node)) {
    const StaticWalk probe = walk(node, landmark, {}, /*records=*/true);
    if (!probe.arrived) continue;
    MeshPacket answer;
    answer.source = StaticTables::id_of(landmark);
    answer.destination = StaticTables::id_of(node);
    answer.waypoints = routing::shortest_way_back(probe.recorded);
    if (!walk(landmark, node, answer.waypoints, /*records=*/false).arrived) continue;
    if (auto path = routing::path_of(routing::ProbeAnswer{0, probe.cost}, answer))
      known->second.paths.push_back(std::move(*path));
  }
  return known->second;
}

std::vector<Waypoint> StaticWalker::first_waypoints(uint32_t from, uint32_t to) {
  if (tables_.lists(from, to)) return {};
  const auto view = tables_.view(from);
  const std::vector<routing::LandmarkPath>& paths = address_of(to).paths;
  std::vector<std::pair<Metric, size_t>> ranked;
  for (size_t i = 0; i < paths.size(); ++i) {
    if (const auto joint = routing::joint_of(paths[i].waypoints, view))
      ranked.emplace_back(joint->cost + joint->rest, i);
  }
  std::ranges::sort(ranked);
  std::vector<Waypoint> waypoints;
  for (size_t i = 0; i < std::min(ranked.size(), routing::PathBook::kPathsPerPacket); ++i) {
    const auto& path = paths[ranked[i].second].waypoints;
    if (waypoints.size() + path.size() > MeshPacket::kWaypointsMax) break;
    waypoints.insert(waypoints.end(), path.begin(), path.end());
  }
  return waypoints;
}

StaticWalker::Conversation StaticWalker::converse(uint32_t from, uint32_t to) {
  Conversation said;
  said.is_listed = tables_.lists(from, to);
  said.first = walk(from, to, first_waypoints(from, to), /*records=*/true);
  if (!said.first.arrived) return said;
  said.answer = walk(to, from, routing::way_back(said.first.recorded), /*records=*/true);
  if (!said.answer.arrived) return said;
  const auto waypoints =
      said.is_listed ? std::vector<Waypoint>{} : routing::way_back(said.answer.recorded);
  said.second = walk(from, to, waypoints, /*records=*/false);
  return said;
}

}  // namespace starling::sim
