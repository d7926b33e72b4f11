// api/way_json.h - the routing table and the ways to one node, as JSON. The member names are stable: docs/api.md.
#pragma once

#include <nlohmann/json_fwd.hpp>

#include "node/mesh.h"

namespace starling::api {

// Every node with a route, in the order of the keys.
nlohmann::json routes_json(const node::Mesh& mesh);
// Nodes on the way have a key where the routing table knows it.
nlohmann::json way_report_json(const crypto::NodeKey& node, const routing::WayReport& report,
                               const node::Mesh& mesh);

}  // namespace starling::api
