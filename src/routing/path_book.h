// routing/path_book.h - the ways known to distant nodes: addresses from the directory, and paths that packets recorded.
//
// Bounds:  kEntriesMax destinations; the one unused longest makes room.
// Threads: single owner.
#pragma once

#include <list>
#include <set>
#include <unordered_map>

#include "base/time.h"
#include "routing/address.h"
#include "routing/way_report.h"

namespace starling::routing {

class PathBook {
 public:
  static constexpr size_t kEntriesMax = 4'096;
  // A recorded path is trusted so long after it last proved itself.
  static constexpr Duration kPathLifetime = 120s;
  static constexpr Duration kBanTime = 10s;
  // What a way takes of which no packet has recorded its room.
  static constexpr size_t kRoomUnproven = 2'048;
  // Who has no address of a node that it talks to asks for it so often.
  static constexpr Duration kAskInterval = 30s;
  // Landmark paths put into one packet (research: two; more gain nothing).
  static constexpr size_t kPathsPerPacket = 2;

  // `is_leaf`: of a node without a table. It cannot tell which landmarks are near, so its packets carry the paths over the
  // farthest ones, which everybody knows, and over the nearest; its router chooses.
  explicit PathBook(bool is_leaf = false) : is_leaf_(is_leaf) {}

  void learn_address(Instant now, const crypto::NodeId& node, Address address, Instant expires);
  // A packet came over it just now, and its links take packets of `room` bytes in one piece. `total` is the cost from here; a
  // path worse than the known one is taken only when that has not proved itself lately.
  void learn_path(Instant now, const crypto::NodeId& node, std::vector<Waypoint> waypoints,
                  Metric total, size_t room);
  // Of the recorded path; kRoomUnproven when there is none.
  [[nodiscard]] size_t room(Instant now, const crypto::NodeId& node) const;
  // Waypoints for a packet now, best estimate first; none when nothing is known. `avoid`: landmarks that failed already.
  std::vector<Waypoint> waypoints(Instant now, const crypto::NodeId& node, const RouteTable& table,
                                  const std::set<ShortId>& avoid);
  // The same with nothing to avoid, without counting as a use.
  [[nodiscard]] std::vector<Waypoint> peek(Instant now, const crypto::NodeId& node,
                                           const RouteTable& table) const;
  // What is known of a node, also what peek() leaves out; best first among those that it takes. None is marked as chosen
  // or passed over: that is for who knows the table's own route.
  [[nodiscard]] std::vector<KnownWay> ways(Instant now, const crypto::NodeId& node,
                                           const RouteTable& table) const;
  // A packet with these waypoints came to nothing, as somebody on the way reports.
  void handle_failure(Instant now, const crypto::NodeId& node, const std::vector<Waypoint>& used);
  // Nobody answers over these waypoints, which may be mere loss: the others come first, but while there are none left,
  // all are as good as before.
  void handle_silence(Instant now, const crypto::NodeId& node, const std::vector<Waypoint>& used);
  // All that is known came to nothing.
  void forget(const crypto::NodeId& node);
  [[nodiscard]] bool knows(Instant now, const crypto::NodeId& node) const;
  [[nodiscard]] bool has_address(Instant now, const crypto::NodeId& node) const {
    const auto found = entries_.find(node);
    return found != entries_.end() && now < found->second.address_expires;
  }
  // Whether its address should be looked up now: there is none, and nobody asked for it lately.
  bool should_ask(Instant now, const crypto::NodeId& node);
  // Whether a packet of a conversation with it should record its way: the first ones and then now and then.
  bool should_record(Instant now, const crypto::NodeId& node);
  // With whom there was a conversation within kTalk, the latest first, at most kCorrespondentsMax. Its next packets record
  // their way again.
  static constexpr Duration kTalk = 60s;
  static constexpr size_t kCorrespondentsMax = 16;
  std::vector<crypto::NodeId> begin_anew_with_correspondents(Instant now);

 private:
  struct Entry {
    Address address;
    Instant address_expires = Instant::min();
    bool address_is_new = false;  // no path was recorded since it came
    Instant ask_again = Instant::min();
    std::vector<Waypoint> path;
    Metric path_total = kInfinity;
    size_t path_room = 0;
    Instant path_proved;
    Instant path_expires = Instant::min();
    std::unordered_map<ShortId, Instant, FixedBytesHash> banned_until;
    int recorded = 0;
    Instant record_again = Instant::min();
    Instant talked_at = Instant::min();
    std::list<crypto::NodeId>::iterator use;
  };
  struct RankedPath {
    Metric estimate;
    size_t index;  // in the address
  };
  // What goes into a packet: the recorded path, or some paths of the address.
  struct Choice {
    bool recorded = false;
    std::vector<size_t> paths;  // best first
  };
  Entry& touch(const crypto::NodeId& node);
  // Landmark paths that may be used, by what they cost over their joints.
  [[nodiscard]] std::vector<RankedPath> ranked(Instant now, const Entry& entry,
                                               const RouteTable& table,
                                               const std::set<ShortId>& avoid) const;
  [[nodiscard]] Choice choose(Instant now, const Entry& entry, const RouteTable& table,
                              const std::set<ShortId>& avoid) const;
  static std::vector<Waypoint> waypoints_of(const Entry& entry, const Choice& choice);
  static KnownWay recorded_way(Instant now, const Entry& entry, const RouteTable& table);
  static KnownWay landmark_way(Instant now, const Entry& entry, const LandmarkPath& path,
                               const RouteTable& table);

  bool is_leaf_;
  std::unordered_map<crypto::NodeId, Entry, FixedBytesHash> entries_;
  std::list<crypto::NodeId> by_use_;  // last used first
};

}  // namespace starling::routing
