#include "node/leaf_address.h"

#include <algorithm>
#include <utility>

namespace starling::node {

void LeafAddress::set_routers(Instant now,
                              const std::map<crypto::NodeId, routing::Metric>& routers) {
  bool changed = false;
  for (auto& [id, router] : routers_) {
    if (!routers.contains(id)) changed |= std::exchange(router.is_linked, false);
  }
  for (const auto& [id, cost] : routers) {
    const auto [entry, is_new] = routers_.try_emplace(id);
    Router& router = entry->second;
    if (is_new) router.ask_at = now;
    changed |= !router.is_linked || router.cost != cost;
    router.cost = cost;
    router.is_linked = true;
  }
  for (auto entry = routers_.begin(); routers_.size() > kRoutersMax && entry != routers_.end();)
    entry = entry->second.is_linked ? std::next(entry) : routers_.erase(entry);
  if (changed) settled_at_ = now + kSettle;
}

void LeafAddress::note_location(Instant now, const crypto::NodeId& router,
                                const routing::Address& address) {
  const auto found = routers_.find(router);
  if (found == routers_.end()) return;
  if (found->second.address != address) settled_at_ = std::min(settled_at_, now + kSettle);
  found->second.address = address;
  found->second.ask_at = now + kRefresh;
}

std::optional<crypto::NodeId> LeafAddress::poll_wanted(Instant now) {
  for (auto& [id, router] : routers_) {
    if (!router.is_linked || now < router.ask_at) continue;
    router.ask_at = now + (router.address ? kRefresh : kRetry);
    return id;
  }
  return std::nullopt;
}

routing::Address LeafAddress::composed() const {
  routing::Address address;
  address.of_leaf = true;
  // Who knows a router needs no landmark.
  for (const auto& [id, router] : routers_) {
    if (router.is_linked) address.paths.push_back({{{routing::short_id_of(id), router.cost}}});
  }
  // In turn, so that each router has its share.
  for (size_t i = 0; i < routing::Address::kPathsMax; ++i) {
    for (const auto& [id, router] : routers_) {
      if (!router.is_linked || !router.address || i >= router.address->paths.size()) continue;
      routing::LandmarkPath path = router.address->paths[i];
      const bool fits = path.waypoints.size() < routing::LandmarkPath::kWaypointsMax &&
                        address.paths.size() < routing::Address::kPathsMax;
      if (!fits) continue;
      for (routing::Waypoint& waypoint : path.waypoints)
        waypoint.rest = routing::add_metrics(waypoint.rest, router.cost);
      path.waypoints.push_back({routing::short_id_of(id), router.cost});
      address.paths.push_back(std::move(path));
    }
  }
  return address;
}

std::optional<routing::Address> LeafAddress::poll_address(Instant now) {
  if (now < settled_at_) return std::nullopt;
  settled_at_ = kNever;
  routing::Address address = composed();
  if (address.paths.empty() || address == last_) return std::nullopt;
  last_ = address;
  return address;
}

Instant LeafAddress::next_timeout() const {
  Instant next = settled_at_;
  for (const auto& [id, router] : routers_) {
    if (router.is_linked) next = std::min(next, router.ask_at);
  }
  return next;
}

}  // namespace starling::node
