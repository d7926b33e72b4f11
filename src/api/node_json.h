// api/node_json.h - what a node knows of itself, as JSON. The member names are stable: docs/api.md.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string_view>

#include "node/node.h"

namespace starling::api {

nlohmann::json status_json(const node::NodeStatus& status, std::string_view version);
nlohmann::json peers_json(const std::vector<node::PeerStatus>& peers,
                          const std::vector<reach::Dialer::State>& targets);
// The nodes of the way have a key where the routing table knows it.
nlohmann::json ping_json(const node::PingResult& result, const node::Mesh& mesh);
nlohmann::json event_json(const node::NodeEvent& event, const node::Node& node);

}  // namespace starling::api
