// routing/way_report.h - how a packet to some node would leave here, which other ways are known, and what speaks against each.
//
// How:     Router::explain() makes it for people who ask why; no packet depends on it.
// Costs:   as the table has them now; kInfinity where it reaches nothing of a way.
#pragma once

#include <optional>
#include <vector>

#include "base/time.h"
#include "routing/mesh_packet.h"
#include "routing/types.h"

namespace starling::routing {

// What is known of a node: of these the first that holds.
enum class Standing : uint8_t {
  self,
  neighbour,  // there is a link to it
  listed,     // in the table, and passed on to neighbours
  offered,    // there is a route, over neighbours that list it
  recorded,   // a packet that came from it recorded its way
  landmarks,  // its address is known
  unknown,
};

enum class WayKind : uint8_t {
  table,     // what a neighbour says
  recorded,  // the way back of a packet
  landmark,  // one path of the node's address
};

enum class WayState : uint8_t {
  chosen,
  costlier,      // than the chosen one, or equal to it
  passed_over,   // seems to cost less, but something that has proved itself goes first
  infeasible,    // might be part of a loop (RFC 8966, section 3.5.1)
  banned,        // came to nothing a moment ago
  blocked,       // the neighbour passes nothing on, as tests have shown
  out_of_reach,  // the table reaches no waypoint of it
  starts_here,   // the same, but this node is one of them
};

struct KnownWay {
  // The waypoint over which it is shortest, with the costs to it and from it on.
  struct Joint {
    ShortId node;
    Metric cost = 0;
    Metric rest = 0;
  };

  WayKind kind = WayKind::table;
  WayState state = WayState::costlier;
  std::optional<NeighbourId> next;  // none when out of reach
  Metric cost = kInfinity;          // in all
  bool carried = false;             // its waypoints are in the packet
  // Of recorded and landmark ways:
  std::vector<Waypoint> waypoints;  // the first one of a landmark way is the landmark
  std::optional<Joint> joint;       // none when out of reach
  // Of recorded ways:
  Metric recorded_cost = kInfinity;  // as the packet found it
  Duration age{};                    // since it last proved itself
  // Of landmark ways:
  Duration banned_for{};
};

struct WayReport {
  Standing standing = Standing::unknown;
  // Where the packet goes; none to this node itself, and when no way can be used: the directory is asked then.
  std::optional<NeighbourId> next;
  Metric cost = kInfinity;
  std::vector<Waypoint> waypoints;  // in the packet
  std::vector<KnownWay> ways;       // the chosen one, then by cost
};

}  // namespace starling::routing
