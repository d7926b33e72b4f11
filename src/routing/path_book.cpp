#include "routing/path_book.h"

#include <algorithm>

#include "routing/forwarding_rule.h"

namespace starling::routing {
namespace {

constexpr int kFirstRecords = 3;
constexpr Duration kRecordInterval = 10s;
// A better path that has not proved itself for so long makes room for a worse one that just did.
constexpr Duration kDoubtAfter = 5s;

void place(KnownWay& way, const RouteTable& table) {
  way.joint = joint_of(way.waypoints, table);
  if (!way.joint) {
    way.state = WayState::out_of_reach;
    return;
  }
  way.next = table.find(way.joint->node)->selected;
  way.cost = way.joint->cost + way.joint->rest;
}

}  // namespace

PathBook::Entry& PathBook::touch(const crypto::NodeId& node) {
  if (const auto found = entries_.find(node); found != entries_.end()) {
    by_use_.splice(by_use_.begin(), by_use_, found->second.use);
    return found->second;
  }
  if (entries_.size() >= kEntriesMax) {
    entries_.erase(by_use_.back());
    by_use_.pop_back();
  }
  by_use_.push_front(node);
  Entry& entry = entries_[node];
  entry.use = by_use_.begin();
  return entry;
}

void PathBook::learn_address(Instant, const crypto::NodeId& node, Address address,
                             Instant expires) {
  Entry& entry = touch(node);
  entry.address = std::move(address);
  entry.address_expires = expires;
  entry.address_is_new = true;
  entry.banned_until.clear();
}

void PathBook::learn_path(Instant now, const crypto::NodeId& node, std::vector<Waypoint> waypoints,
                          Metric total, size_t room) {
  Entry& entry = touch(node);
  entry.address_is_new = false;
  const bool is_sound = now < entry.path_expires && now < entry.path_proved + kDoubtAfter;
  if (is_sound && total > entry.path_total) return;
  entry.path = std::move(waypoints);
  entry.path_total = total;
  entry.path_room = room;
  entry.path_proved = now;
  entry.path_expires = now + kPathLifetime;
}

size_t PathBook::room(Instant now, const crypto::NodeId& node) const {
  const auto found = entries_.find(node);
  return found != entries_.end() && now < found->second.path_expires ? found->second.path_room
                                                                     : kRoomUnproven;
}

bool PathBook::knows(Instant now, const crypto::NodeId& node) const {
  const auto found = entries_.find(node);
  if (found == entries_.end()) return false;
  const Entry& entry = found->second;
  return now < entry.path_expires || (now < entry.address_expires && !entry.address.paths.empty());
}

std::vector<PathBook::RankedPath> PathBook::ranked(Instant now, const Entry& entry,
                                                   const RouteTable& table,
                                                   const std::set<ShortId>& avoid) const {
  std::vector<RankedPath> ranked;
  if (now >= entry.address_expires) return ranked;
  for (size_t i = 0; i < entry.address.paths.size(); ++i) {
    const LandmarkPath& path = entry.address.paths[i];
    const ShortId landmark = path.waypoints.front().node;
    const auto ban = entry.banned_until.find(landmark);
    if (avoid.contains(landmark) || (ban != entry.banned_until.end() && now < ban->second))
      continue;
    if (const auto joint = joint_of(path.waypoints, table)) {
      ranked.push_back({joint->cost + joint->rest, i});
    } else if (is_leaf_) {
      ranked.push_back({path.waypoints.front().rest, i});
    }
  }
  std::sort(ranked.begin(), ranked.end(), [](const RankedPath& a, const RankedPath& b) {
    return std::pair(a.estimate, a.index) < std::pair(b.estimate, b.index);
  });
  return ranked;
}

PathBook::Choice PathBook::choose(Instant now, const Entry& entry, const RouteTable& table,
                                  const std::set<ShortId>& avoid) const {
  const Choice recorded{.recorded = true, .paths = {}};
  const bool has_path = now < entry.path_expires && avoid.empty();
  // Alone: beside it an address that is no longer true may promise less, and the packet would follow that. One that just
  // came is tried when it does.
  if (has_path && !entry.address_is_new) return recorded;
  const auto paths = ranked(now, entry, table, avoid);
  const auto is_shorter = [&](Metric estimate) {
    return estimate < entry.path_total - entry.path_total / 20;
  };
  if (has_path && (paths.empty() || !is_shorter(paths.front().estimate))) return recorded;
  Choice choice;
  for (size_t i = 0; i < std::min(paths.size(), kPathsPerPacket); ++i)
    choice.paths.push_back(paths[i].index);
  if (is_leaf_ && paths.size() > kPathsPerPacket)
    choice.paths = {paths.back().index, paths.front().index};
  return choice;
}

std::vector<Waypoint> PathBook::waypoints_of(const Entry& entry, const Choice& choice) {
  if (choice.recorded) return entry.path;
  std::vector<Waypoint> result;
  for (const size_t index : choice.paths) {
    const std::vector<Waypoint>& waypoints = entry.address.paths[index].waypoints;
    // Half a path may end where nobody knows on.
    if (result.size() + waypoints.size() > MeshPacket::kWaypointsMax) break;
    result.insert(result.end(), waypoints.begin(), waypoints.end());
  }
  return result;
}

std::vector<Waypoint> PathBook::waypoints(Instant now, const crypto::NodeId& node,
                                          const RouteTable& table, const std::set<ShortId>& avoid) {
  if (!entries_.contains(node)) return {};
  const Entry& entry = touch(node);
  return waypoints_of(entry, choose(now, entry, table, avoid));
}

std::vector<Waypoint> PathBook::peek(Instant now, const crypto::NodeId& node,
                                     const RouteTable& table) const {
  const auto found = entries_.find(node);
  if (found == entries_.end()) return {};
  return waypoints_of(found->second, choose(now, found->second, table, {}));
}

KnownWay PathBook::recorded_way(Instant now, const Entry& entry, const RouteTable& table) {
  KnownWay way;
  way.kind = WayKind::recorded;
  way.waypoints = entry.path;
  way.recorded_cost = entry.path_total;
  way.age = now - entry.path_proved;
  place(way, table);
  return way;
}

KnownWay PathBook::landmark_way(Instant now, const Entry& entry, const LandmarkPath& path,
                                const RouteTable& table) {
  KnownWay way;
  way.kind = WayKind::landmark;
  way.waypoints = path.waypoints;
  place(way, table);
  const auto ban = entry.banned_until.find(path.waypoints.front().node);
  if (ban != entry.banned_until.end() && now < ban->second) {
    way.state = WayState::banned;
    way.banned_for = ban->second - now;
  }
  return way;
}

std::vector<KnownWay> PathBook::ways(Instant now, const crypto::NodeId& node,
                                     const RouteTable& table) const {
  std::vector<KnownWay> ways;
  const auto found = entries_.find(node);
  if (found == entries_.end()) return ways;
  const Entry& entry = found->second;
  const Choice choice = choose(now, entry, table, {});
  if (now < entry.path_expires) {
    ways.push_back(recorded_way(now, entry, table));
    ways.back().carried = choice.recorded;
  }
  if (now >= entry.address_expires) return ways;
  const auto add = [&](size_t index, bool carried) {
    ways.push_back(landmark_way(now, entry, entry.address.paths[index], table));
    ways.back().carried = carried;
  };
  for (const size_t index : choice.paths) add(index, true);
  for (size_t i = 0; i < entry.address.paths.size(); ++i) {
    if (std::ranges::find(choice.paths, i) == choice.paths.end()) add(i, false);
  }
  return ways;
}

void PathBook::handle_failure(Instant now, const crypto::NodeId& node,
                              const std::vector<Waypoint>& used) {
  const auto found = entries_.find(node);
  if (found == entries_.end()) return;
  Entry& entry = found->second;
  entry.path_expires = Instant::min();
  entry.path_total = kInfinity;
  entry.address_is_new = false;
  entry.recorded = 0;
  for (const LandmarkPath& path : entry.address.paths) {
    const ShortId landmark = path.waypoints.front().node;
    const bool was_used = std::any_of(used.begin(), used.end(),
                                      [&](const Waypoint& w) { return w.node == landmark; });
    if (was_used) entry.banned_until[landmark] = now + kBanTime;
  }
}

void PathBook::handle_silence(Instant now, const crypto::NodeId& node,
                              const std::vector<Waypoint>& used) {
  handle_failure(now, node, used);
  const auto found = entries_.find(node);
  if (found == entries_.end()) return;
  Entry& entry = found->second;
  const bool any_left =
      std::any_of(entry.address.paths.begin(), entry.address.paths.end(), [&](const auto& path) {
        const auto ban = entry.banned_until.find(path.waypoints.front().node);
        return ban == entry.banned_until.end() || now >= ban->second;
      });
  if (!any_left) entry.banned_until.clear();
}

void PathBook::forget(const crypto::NodeId& node) {
  const auto found = entries_.find(node);
  if (found == entries_.end()) return;
  by_use_.erase(found->second.use);
  entries_.erase(found);
}

bool PathBook::should_ask(Instant now, const crypto::NodeId& node) {
  Entry& entry = touch(node);
  if (now < entry.address_expires || now < entry.ask_again) return false;
  entry.ask_again = now + kAskInterval;
  return true;
}

bool PathBook::should_record(Instant now, const crypto::NodeId& node) {
  Entry& entry = touch(node);
  entry.talked_at = now;
  if (entry.recorded >= kFirstRecords && now < entry.record_again) return false;
  ++entry.recorded;
  entry.record_again = now + kRecordInterval;
  return true;
}

std::vector<crypto::NodeId> PathBook::begin_anew_with_correspondents(Instant now) {
  std::vector<crypto::NodeId> nodes;
  for (const crypto::NodeId& node : by_use_) {
    if (nodes.size() == kCorrespondentsMax) break;
    Entry& entry = entries_.at(node);
    if (entry.talked_at == Instant::min() || now >= entry.talked_at + kTalk) continue;
    entry.recorded = 0;
    nodes.push_back(node);
  }
  return nodes;
}

}  // namespace starling::routing
