// routing/recorded_way.h - the way that a packet recorded, and the way back that follows from it.
//
// How:     each node on the way names, beside itself, the first of the nodes before it that its own table reaches at no more
//          than the way cost so far: its *reach* (reach_from() in routing/forwarding_rule.h). From the end, reach by reach, they make a row of waypoints of which each
//          knows the next; that is the way back, however long the way is.
// Wire:    docs/wire/routing.md#mesh-packet.
#pragma once

#include <functional>
#include <vector>

#include "routing/mesh_packet.h"

namespace starling::routing {

// Takes one node out of a full record. The ends stay, and so does what the way back needs as long as there is something
// else. First goes what the table here has no way to: nobody further on has one either. Pre: at least three nodes.
using IsKnown = std::function<bool(const ShortId&)>;
void thin(std::vector<RecordedNode>& recorded, const IsKnown& is_known);

// Waypoints from the last of the recorded nodes, which is the one that asks, to the first: the nearest one first, at most
// MeshPacket::kWaypointsMax. None for fewer than two nodes. Pre: reaches as the decoder of packets takes them.
// Only what the reaches name:
std::vector<Waypoint> shortest_way_back(const std::vector<RecordedNode>& recorded);
// With some of the others, which lead on when one of those is gone:
std::vector<Waypoint> way_back(const std::vector<RecordedNode>& recorded);

}  // namespace starling::routing
