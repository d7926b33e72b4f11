// The part of Router that says why: what is known of a node, and which way a packet would take.
#include <algorithm>
#include <tuple>

#include "routing/router.h"

namespace starling::routing {
namespace {

// What each neighbour says of a destination.
std::vector<KnownWay> table_ways(const RouteTable& table, const Destination& destination) {
  std::vector<KnownWay> ways;
  for (const Advert& advert : destination.adverts) {
    KnownWay way;
    way.cost = add_metrics(advert.metric, *table.cost_of(advert.neighbour));
    if (way.cost < kInfinity) way.next = advert.neighbour;
    // The one in use is kept when it becomes infeasible.
    const bool usable =
        RouteTable::is_feasible(destination, advert) || destination.selected == advert.neighbour;
    if (!usable) way.state = WayState::infeasible;
    if (table.total(destination, advert) >= kInfinity) way.state = WayState::blocked;
    if (way.cost >= kInfinity) way.state = WayState::out_of_reach;
    ways.push_back(std::move(way));
  }
  return ways;
}

// Pre: nothing is chosen yet.
bool is_usable(const KnownWay& way) { return way.state == WayState::costlier; }

bool any_of_kind(const std::vector<KnownWay>& ways, WayKind kind) {
  return std::ranges::any_of(ways, [kind](const KnownWay& way) { return way.kind == kind; });
}

// Pre: `report` has a next hop and its cost. `by_table`: what neighbours say of the destination itself leads there.
void mark_chosen(WayReport& report, bool by_table) {
  const auto chosen = std::ranges::find_if(report.ways, [&](const KnownWay& way) {
    if (!is_usable(way) || way.next != report.next) return false;
    return by_table ? way.kind == WayKind::table : way.carried && way.cost == report.cost;
  });
  for (KnownWay& way : report.ways) {
    if (is_usable(way) && way.cost < report.cost) way.state = WayState::passed_over;
  }
  if (chosen != report.ways.end()) chosen->state = WayState::chosen;
}

}  // namespace

std::optional<Metric> Router::link_cost(const crypto::NodeId& node) const {
  for (const auto& [id, neighbour] : neighbours_) {
    if (neighbour.id == node) return table_.cost_of(id);
  }
  return std::nullopt;
}

WayReport Router::explain(Instant now, const crypto::NodeId& destination) const {
  WayReport report;
  if (destination == self_) {
    report.standing = Standing::self;
    report.cost = 0;
    return report;
  }
  const Destination* known = table_.find(destination);
  const bool in_table = known && known->selected;
  const bool is_listed = in_table && known->listed;
  if (known) report.ways = table_ways(table_, *known);
  for (KnownWay& way : book_.ways(now, destination, table_)) {
    way.carried = way.carried && !is_listed;  // as way_to() has it
    const bool is_own = std::ranges::any_of(way.waypoints, [&](const Waypoint& waypoint) {
      return waypoint.node == short_id_of(self_);
    });
    if (is_own && way.state == WayState::out_of_reach) way.state = WayState::starts_here;
    report.ways.push_back(std::move(way));
  }
  if (link_cost(destination)) {
    report.standing = Standing::neighbour;
  } else if (in_table) {
    report.standing = is_listed ? Standing::listed : Standing::offered;
  } else if (any_of_kind(report.ways, WayKind::recorded)) {
    report.standing = Standing::recorded;
  } else if (any_of_kind(report.ways, WayKind::landmark)) {
    report.standing = Standing::landmarks;
  }
  if (!is_listed) report.waypoints = book_.peek(now, destination, table_);
  MeshPacket packet;
  packet.destination = destination;
  packet.waypoints = report.waypoints;
  if (const auto next = choose(packet, std::nullopt)) {
    report.next = next->neighbour;
    report.cost = next->total;
    mark_chosen(report, in_table && known->distance == next->total);
  }
  std::ranges::sort(report.ways, {}, [](const KnownWay& way) {
    const ShortId first = way.waypoints.empty() ? ShortId{} : way.waypoints.front().node;
    return std::tuple(way.state != WayState::chosen, way.cost, way.kind, way.next, first);
  });
  return report;
}

}  // namespace starling::routing
