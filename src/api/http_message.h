// api/http_message.h - a request and a response as plain values, without the HTTP library.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace starling::api {

struct Request {
  std::string method{};  // as sent: "GET"
  std::string path{};    // as sent, percent signs and all; begins with '/'
  std::string query{};   // what stands behind '?'
  // The headers that anything here reads; none was sent more than once.
  std::optional<std::string> host{};
  std::optional<std::string> origin{};
  std::optional<std::string> authorization{};
  std::optional<std::string> cookie{};
  std::optional<std::string> sec_fetch_site{};
  bool is_websocket_upgrade = false;
  std::string body{};
};

struct Response {
  int status = 200;
  std::string body{};
  std::string content_type = "application/json";
  // Besides those that all responses carry: names and values.
  std::vector<std::pair<std::string, std::string>> headers{};
};

}  // namespace starling::api
