// sim/static_walk.h - packets that walk over computed tables, by the rules of routers: landmarks, ways that are recorded, and
// ways back.
//
// Threads: single owner.
#pragma once

#include <map>
#include <vector>

#include "routing/address.h"
#include "sim/static_tables.h"

namespace starling::sim {

struct StaticWalk {
  bool arrived = false;
  routing::Metric cost = 0;
  size_t hops = 0;
  std::vector<routing::RecordedNode> recorded;  // if it was to be recorded
};

class StaticWalker {
 public:
  // Borrows.
  explicit StaticWalker(const StaticTables& tables) : tables_(tables) {}

  [[nodiscard]] StaticWalk walk(uint32_t from, uint32_t to,
                                const std::vector<routing::Waypoint>& waypoints,
                                bool records) const;
  // As a node would publish it: the ways back of probes to its landmarks.
  const routing::Address& address_of(uint32_t node);
  // Of the packet with which a node begins a conversation, knowing the other's address: none when it lists the other.
  std::vector<routing::Waypoint> first_waypoints(uint32_t from, uint32_t to);

  // A first packet, its answer over the way back, and a second packet over the way back of that.
  struct Conversation {
    bool is_listed = false;
    StaticWalk first;
    StaticWalk answer;
    StaticWalk second;
  };
  Conversation converse(uint32_t from, uint32_t to);

 private:
  [[nodiscard]] std::vector<uint32_t> landmarks_of(uint32_t node) const;

  const StaticTables& tables_;
  std::map<uint32_t, routing::Address> addresses_;
};

}  // namespace starling::sim
