#include "api/way_json.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "crypto/key_text.h"

namespace starling::api {
namespace {

using nlohmann::json;

std::string_view name_of(routing::Standing standing) {
  switch (standing) {
    case routing::Standing::self:
      return "self";
    case routing::Standing::neighbour:
      return "neighbour";
    case routing::Standing::listed:
      return "listed";
    case routing::Standing::offered:
      return "offered";
    case routing::Standing::recorded:
      return "recorded";
    case routing::Standing::landmarks:
      return "landmarks";
    case routing::Standing::unknown:
      break;
  }
  return "unknown";
}

std::string_view name_of(routing::WayKind kind) {
  switch (kind) {
    case routing::WayKind::table:
      return "table";
    case routing::WayKind::recorded:
      return "recorded";
    case routing::WayKind::landmark:
      break;
  }
  return "landmark";
}

std::string_view name_of(routing::WayState state) {
  switch (state) {
    case routing::WayState::chosen:
      return "chosen";
    case routing::WayState::costlier:
      return "costlier";
    case routing::WayState::passed_over:
      return "passed_over";
    case routing::WayState::infeasible:
      return "infeasible";
    case routing::WayState::banned:
      return "banned";
    case routing::WayState::blocked:
      return "blocked";
    case routing::WayState::out_of_reach:
      return "out_of_reach";
    case routing::WayState::starts_here:
      break;
  }
  return "starts_here";
}

json metric_json(routing::Metric metric) {
  return metric < routing::kInfinity ? json(metric) : json();
}

json neighbour_json(std::optional<routing::NeighbourId> neighbour, const node::Mesh& mesh) {
  const crypto::NodeKey* key = neighbour ? mesh.key_of(*neighbour) : nullptr;
  return key != nullptr ? json(to_text(*key)) : json();
}

json node_json(const routing::ShortId& node, const node::Mesh& mesh) {
  const auto key = mesh.key_of(node);
  return {{"node", to_hex(node.view())}, {"key", key ? json(to_text(*key)) : json()}};
}

json way_json(const routing::KnownWay& way, const node::Mesh& mesh) {
  json object = {{"kind", name_of(way.kind)},
                 {"state", name_of(way.state)},
                 {"next", neighbour_json(way.next, mesh)},
                 {"cost", metric_json(way.cost)},
                 {"carried", way.carried},
                 {"landmark", nullptr},
                 {"joint", nullptr},
                 {"recorded_cost", nullptr},
                 {"age_ms", nullptr},
                 {"banned_ms", nullptr}};
  if (way.joint) {
    object["joint"] = node_json(way.joint->node, mesh);
    object["joint"]["cost"] = way.joint->cost;
    object["joint"]["rest"] = way.joint->rest;
  }
  if (way.kind == routing::WayKind::recorded) {
    object["recorded_cost"] = metric_json(way.recorded_cost);
    object["age_ms"] = to_ms(way.age);
  }
  if (way.kind == routing::WayKind::landmark) {
    object["landmark"] = node_json(way.waypoints.front().node, mesh);
    object["banned_ms"] = to_ms(way.banned_for);
  }
  return object;
}

}  // namespace

json routes_json(const node::Mesh& mesh) {
  const routing::RouteTable& table = mesh.router().table();
  std::vector<const routing::Destination*> known;
  std::vector<routing::Priority> priorities;
  for (const routing::Destination& destination : table.all()) {
    if (!destination.selected) continue;
    known.push_back(&destination);
    priorities.push_back(destination.priority());
  }
  const auto key_of = [](const routing::Destination* destination) {
    return destination->newest.announcement.key;
  };
  std::ranges::sort(known, [&](const auto* a, const auto* b) { return key_of(a) < key_of(b); });
  std::ranges::sort(priorities, routing::outranks);
  json nodes = json::array();
  for (const routing::Destination* destination : known) {
    const crypto::NodeKey* next = mesh.key_of(*destination->selected);
    if (next == nullptr) continue;
    const auto rank =
        std::ranges::lower_bound(priorities, destination->priority(), routing::outranks) -
        priorities.begin();
    nodes.push_back({{"key", to_text(key_of(destination))},
                     {"next", to_text(*next)},
                     {"cost", table.metric_of(*destination)},
                     {"passed_on", destination->listed},
                     {"ways", destination->adverts.size()},
                     {"neighbour", mesh.router().link_cost(destination->id).has_value()},
                     {"epoch", destination->sequence.epoch},
                     {"step", destination->sequence.step},
                     {"rank", rank + 1}});
  }
  return {{"nodes", std::move(nodes)}};
}

json way_report_json(const crypto::NodeKey& node, const routing::WayReport& report,
                     const node::Mesh& mesh) {
  json waypoints = json::array();
  for (const routing::Waypoint& waypoint : report.waypoints) {
    waypoints.push_back(node_json(waypoint.node, mesh));
    waypoints.back()["rest"] = waypoint.rest;
  }
  json ways = json::array();
  for (const routing::KnownWay& way : report.ways) ways.push_back(way_json(way, mesh));
  return {{"key", to_text(node)},
          {"standing", name_of(report.standing)},
          {"next", neighbour_json(report.next, mesh)},
          {"cost", metric_json(report.cost)},
          {"waypoints", std::move(waypoints)},
          {"ways", std::move(ways)}};
}

}  // namespace starling::api
