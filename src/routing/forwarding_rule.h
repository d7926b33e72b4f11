// routing/forwarding_rule.h - how a node chooses where a mesh packet goes next, from what its table knows.
//
// How:     templates over the table, so that the simulator's computed tables (sim/static_tables.h) follow the same rule as a
//          router's. A table has
//            std::optional<TableWay> way_to(const crypto::NodeId&) const;  // and the same of a ShortId
//            Metric link_cost(NeighbourId) const;
// Wire:    docs/wire/routing.md#mesh-packet.
#pragma once

#include <optional>
#include <tuple>
#include <vector>

#include "routing/mesh_packet.h"
#include "routing/way_report.h"

namespace starling::routing {

struct NextHop {
  NeighbourId neighbour;
  Metric total = 0;
  Metric left = 0;  // after the link to the neighbour
};

// None when the table reaches neither the destination nor a waypoint that still lies ahead.
template <typename Table>
std::optional<NextHop> choose_hop(const MeshPacket& packet, const ShortId& self,
                                  std::optional<NeighbourId> from, const Table& table) {
  std::optional<NextHop> best;
  // First where the water mark falls, then not back where the packet came from, then the shortest.
  const auto is_better = [&](const NextHop& a, const NextHop& b) {
    const auto rank = [&](const NextHop& hop) {
      return std::tuple(hop.left >= packet.water, hop.neighbour == from, hop.total);
    };
    return rank(a) < rank(b);
  };
  const auto consider = [&](const std::optional<TableWay>& way, Metric rest) {
    if (!way) return;
    const Metric total = add_metrics(way->distance, rest);
    if (total >= kInfinity) return;
    const NextHop hop{way->next, total, total - table.link_cost(way->next)};
    if (!best || is_better(hop, *best)) best = hop;
  };
  consider(table.way_to(packet.destination), 0);
  for (const Waypoint& waypoint : packet.waypoints) {
    // What has no less than the water mark to go lies behind: that would be turning back.
    if (waypoint.rest >= packet.water || waypoint.node == self) continue;
    consider(table.way_to(waypoint.node), waypoint.rest);
  }
  return best;
}

// Where a path is shortest from here; of equal waypoints the first.
template <typename Table>
std::optional<KnownWay::Joint> joint_of(const std::vector<Waypoint>& waypoints,
                                        const Table& table) {
  std::optional<KnownWay::Joint> best;
  Metric least = kInfinity;
  for (const Waypoint& waypoint : waypoints) {
    const std::optional<TableWay> way = table.way_to(waypoint.node);
    const Metric total = way ? add_metrics(way->distance, waypoint.rest) : kInfinity;
    if (total >= least) continue;
    least = total;
    best = {waypoint.node, way->distance, waypoint.rest};
  }
  return best;
}

// The reach of a node with that table (routing/recorded_way.h) which `packet` has come to at the cost `so_far`, and which is
// not recorded yet. The node before it when the table has none; 0 when nothing is recorded.
template <typename Table>
uint8_t reach_from(const MeshPacket& packet, Metric so_far, const Table& table) {
  const auto& recorded = packet.recorded;
  for (size_t i = 0; i < recorded.size(); ++i) {
    // The source is known in full.
    const std::optional<TableWay> way =
        i == 0 ? table.way_to(packet.source) : table.way_to(recorded[i].node);
    // By a detour it would be another way than the packet's, with a cost that nobody on it knows.
    if (way && way->distance <= so_far - recorded[i].so_far) return static_cast<uint8_t>(i);
  }
  return static_cast<uint8_t>(recorded.empty() ? 0 : recorded.size() - 1);
}

}  // namespace starling::routing
