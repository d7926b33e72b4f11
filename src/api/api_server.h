// api/api_server.h - serves the local HTTP and WebSocket API: the access rules in front of whoever knows the answers.
//
// How:     start() listens and serves until stop(). Access rules are api/access.h; answers come from the handler.
// Bounds and threads: as http/server.h.
#pragma once

#include <expected>
#include <memory>

#include "api/access.h"
#include "api/api_handler.h"
#include "http/server.h"

namespace starling::api {

class ApiServer {
 public:
  // `listen` with port 0 takes a free port. `random` is borrowed, used on the server's thread, and must outlive
  // the server.
  static std::expected<std::unique_ptr<ApiServer>, http::ListenError> start(
      const Endpoint& listen, const AccessToken& token, crypto::SecureRandom& random,
      ApiHandler handler, const http::Limits& limits = {});

  // As bound.
  [[nodiscard]] const Endpoint& address() const { return server_->address(); }
  // As http::Server::stop().
  void stop() { server_->stop(); }

 private:
  explicit ApiServer(std::unique_ptr<http::Server> server) : server_(std::move(server)) {}
  std::unique_ptr<http::Server> server_;
};

}  // namespace starling::api
