#include "routing/path_book.h"

#include <algorithm>

namespace starling::routing {
namespace {

constexpr int kFirstRecords = 3;
constexpr Duration kRecordInterval = 10s;
// A better path that has not proved itself for so long makes room for a worse one that just did.
constexpr Duration kDoubtAfter = 5s;

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
                                                   const std::set<ShortId>& avoid) {
  std::vector<RankedPath> ranked;
  if (now >= entry.address_expires) return ranked;
  for (size_t i = 0; i < entry.address.paths.size(); ++i) {
    const LandmarkPath& path = entry.address.paths[i];
    const ShortId landmark = path.waypoints.front().node;
    const auto ban = entry.banned_until.find(landmark);
    if (avoid.contains(landmark) || (ban != entry.banned_until.end() && now < ban->second))
      continue;
    Metric estimate = kInfinity;
    for (const Waypoint& waypoint : path.waypoints) {
      const Destination* known = table.find(waypoint.node);
      if (known) estimate = std::min(estimate, add_metrics(table.metric_of(*known), waypoint.rest));
    }
    if (estimate < kInfinity) ranked.push_back({estimate, i});
  }
  std::sort(ranked.begin(), ranked.end(), [](const RankedPath& a, const RankedPath& b) {
    return std::pair(a.estimate, a.index) < std::pair(b.estimate, b.index);
  });
  return ranked;
}

std::vector<Waypoint> PathBook::waypoints(Instant now, const crypto::NodeId& node,
                                          const RouteTable& table, const std::set<ShortId>& avoid) {
  if (!entries_.contains(node)) return {};
  Entry& entry = touch(node);
  const bool has_path = now < entry.path_expires && avoid.empty();
  // Alone: beside it an address that is no longer true may promise less, and the packet would follow that. One that just
  // came is tried when it does.
  if (has_path && !entry.address_is_new) return entry.path;
  auto paths = ranked(now, entry, table, avoid);
  const auto is_shorter = [&](Metric estimate) {
    return estimate < entry.path_total - entry.path_total / 20;
  };
  if (has_path && (paths.empty() || !is_shorter(paths.front().estimate))) return entry.path;
  if (paths.size() > kPathsPerPacket) paths.resize(kPathsPerPacket);
  std::vector<Waypoint> result;
  for (const RankedPath& path : paths) {
    for (const Waypoint& waypoint : entry.address.paths[path.index].waypoints) {
      if (result.size() == MeshPacket::kWaypointsMax) return result;
      result.push_back(waypoint);
    }
  }
  return result;
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
  if (entry.recorded >= kFirstRecords && now < entry.record_again) return false;
  ++entry.recorded;
  entry.record_again = now + kRecordInterval;
  return true;
}

}  // namespace starling::routing
