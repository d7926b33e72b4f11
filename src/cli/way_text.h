// cli/way_text.h - paths, ways and the routing table, as people read them.
//
// Answers of another version may lack members: what is missing shows as "-".
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

namespace starling::cli {

enum class KeyForm : bool { shortened, whole };

// The beginning and the end of a key, as the page shows it too.
std::string key_text(const std::string& key, KeyForm form);

// Of POST /api/v1/ping: the path hop by hop, with the cost so far and whole keys.
std::string path_text(const nlohmann::json& pinged);

// Of POST /api/v1/explain: all ways that are known, the chosen one first; empty when there are none.
std::string ways_text(const nlohmann::json& explanation, KeyForm form);
// The sentence why packets take the way that they take.
std::string reason_text(const nlohmann::json& explanation, KeyForm form);

struct RoutesView {
  bool all = false;  // also what only neighbours list
  KeyForm form = KeyForm::shortened;
};
// Of GET /api/v1/routes: the nodes, the nearest first, and a line that sums them up.
std::string routes_text(const nlohmann::json& routes, const RoutesView& view);

}  // namespace starling::cli
