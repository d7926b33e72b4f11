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
  // For the first login of a browser; within Access::kLoginCodeLifetime of the start.
  [[nodiscard]] const std::string& login_url() const { return login_url_; }
  // As http::Server::stop().
  void stop() { server_->stop(); }

 private:
  ApiServer(std::unique_ptr<http::Server> server, std::string login_url)
      : server_(std::move(server)), login_url_(std::move(login_url)) {}
  std::unique_ptr<http::Server> server_;
  std::string login_url_;
};

}  // namespace starling::api
