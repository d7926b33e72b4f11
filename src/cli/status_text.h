// cli/status_text.h - what the API's JSON looks like to a person.
//
// A member that is missing or of another type shows as "-": the node may be of another version.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

namespace starling::cli {

// GET /api/v1/status.
std::string status_text(const nlohmann::json& status);
// GET /api/v1/peers: the links, then what is being dialled.
std::string peers_text(const nlohmann::json& peers);

// The sentence for an outcome of POST /api/v1/join, without a capital and a full stop.
struct JoinAnswer {
  bool succeeded = false;
  std::string sentence;
};
JoinAnswer join_answer(const std::string& outcome);

}  // namespace starling::cli
