#include "cli/api_client.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "cli/http_client.h"

namespace starling::cli {
namespace {

using nlohmann::json;
using os::HomeErrorKind;
using Home = std::optional<std::filesystem::path>;

std::string no_node(const Home& home) {
  const std::string option = home ? fmt::format(" --home {}", home->string()) : std::string();
  return fmt::format("no node is running in this home; start one with: starling up{}", option);
}

bool means_no_node(const os::HomeError& error) {
  return error.kind == HomeErrorKind::api_file_stale ||
         (error.kind == HomeErrorKind::no_node_running && error.process == 0);
}

std::string sentence_of(HttpError error, const Home& home, const os::ApiAccess& access) {
  const std::string address = to_text(access.address);
  switch (error) {
    case HttpError::refused:
      // The process of api.json lives, but after a crash another one may have got its number.
      return no_node(home);
    case HttpError::timed_out:
      return fmt::format("the node (process {}) does not answer at {}", access.process, address);
    case HttpError::malformed:
      return fmt::format("what answers at {} is no Starling API", address);
    case HttpError::failed:
      break;
  }
  return fmt::format("the connection to the node at {} failed", address);
}

// The reason that the node gave, or what the status says without one.
std::string refusal_of(const HttpResponse& response, const json& body) {
  if (body.is_object() && body.contains("error") && body["error"].is_string()) {
    return body["error"].get<std::string>();
  }
  if (response.status == 401 || response.status == 403) {
    return "the node does not accept the token in its api.json; is another node at that address?";
  }
  if (response.status == 404)
    return "the node is of another version and does not know this command";
  return fmt::format("the node answered with HTTP status {}", response.status);
}

}  // namespace

std::expected<ApiClient, std::string> ApiClient::find(const Home& home) {
  const auto paths = os::home_paths(home, os::HomeEnvironment::of_this_process());
  if (!paths) return std::unexpected(describe(paths.error()));
  const auto access = os::read_api_file(*paths);
  if (access) return ApiClient(home, *paths, *access);
  if (means_no_node(access.error())) return std::unexpected(no_node(home));
  return std::unexpected(describe(access.error()));
}

std::expected<json, std::string> ApiClient::get(const std::string& path) const {
  return ask("GET", path, std::nullopt, kPatience);
}

std::expected<json, std::string> ApiClient::post(const std::string& path, const json& body,
                                                 Duration patience) const {
  return ask("POST", path, body.dump(), patience);
}

std::expected<json, std::string> ApiClient::ask(const std::string& method, const std::string& path,
                                                std::optional<std::string> json_body,
                                                Duration patience) const {
  HttpRequest request{.method = method,
                      .path = "/api/v1" + path,
                      .authorization = "Bearer " + to_hex(access_.token.reveal()),
                      .json_body = std::move(json_body)};
  const auto response = exchange(access_.address, request, patience);
  crypto::wipe(
      {reinterpret_cast<uint8_t*>(request.authorization.data()), request.authorization.size()});
  if (!response) return std::unexpected(sentence_of(response.error(), home_, access_));
  json body = json::parse(response->body, nullptr, /*allow_exceptions=*/false);
  if (response->status < 200 || response->status > 299) {
    return std::unexpected(refusal_of(*response, body));
  }
  if (body.is_discarded() || !body.is_object()) {
    return std::unexpected(sentence_of(HttpError::malformed, home_, access_));
  }
  return body;
}

}  // namespace starling::cli
