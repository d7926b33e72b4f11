// http/message.h - a request and a response as plain values, without the HTTP library.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace starling::http {

class BodySource;
class EventFeed;
class Tunnel;

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
  std::optional<std::string> sec_fetch_mode{};
  std::optional<std::string> sec_fetch_dest{};
  std::optional<std::string> range{};
  std::optional<std::string> if_range{};
  std::optional<std::string> if_none_match{};
  std::optional<std::string> content_type{};
  bool is_websocket_upgrade = false;
  bool is_tunnel_upgrade = false;  // Upgrade: starling-stream
  std::string body{};
};

struct Response {
  int status = 200;
  std::string body{};
  std::string content_type = "application/json";
  // Besides those that all responses carry, or in their place: names and values.
  std::vector<std::pair<std::string, std::string>> headers{};

  // One of these may stand instead of `body`.
  std::shared_ptr<BodySource>
      source{};  // of exactly `source_size` bytes; an answer to HEAD needs the size only
  uint64_t source_size = 0;
  std::shared_ptr<EventFeed> feed{};  // to a WebSocket upgrade: what it gets
  std::shared_ptr<Tunnel> tunnel{};   // to a tunnel upgrade: the other end
};

}  // namespace starling::http
