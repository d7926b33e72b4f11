#include "http/json_response.h"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

namespace starling::http {

using nlohmann::json;

std::string text_of_json(const json& value) {
  return value.dump(-1, ' ', false, json::error_handler_t::replace);
}

Response json_response(const json& value) { return {.body = text_of_json(value)}; }

Response error_response(int status, std::string_view sentence) {
  return {.status = status, .body = text_of_json(json{{"error", sentence}})};
}

Response wrong_method(std::string_view allowed) {
  Response response = error_response(405, fmt::format("this path answers {} only", allowed));
  response.headers.emplace_back("Allow", allowed);
  return response;
}

}  // namespace starling::http
