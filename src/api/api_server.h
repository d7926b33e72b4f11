// api/api_server.h - serves the local HTTP and WebSocket API on a thread of its own.
//
// How:     start() listens and serves until stop(). Access rules are api/access.h; answers come from the
//          handler.
// Bounds:  ApiLimits. One request of a connection is served at a time; pipelined ones wait in the socket.
// Threads: start() and stop() on the owner's; answers and events come from any thread, also after stop(),
//          when they are dropped.
#pragma once

#include <expected>
#include <memory>
#include <string>

#include "api/access.h"
#include "api/api_handler.h"
#include "base/endpoint.h"
#include "base/time.h"

namespace starling::api {

// Tests shorten the times.
struct ApiLimits {
  // Beyond: answered with 503 and closed.
  size_t connections_max = 64;
  size_t header_size_max = 16 * 1024;  // beyond: 431
  size_t body_size_max = 64 * 1024;    // beyond: 413
  // For the next request, and again for its body, and for taking an answer: then the connection is closed.
  Duration idle_max = 30s;
  // Longer than the longest wait of a handler (node::Meeting::kJoinPatience). Beyond: 504.
  Duration answer_max = 60s;
  // For connections to end after stop(); then they are cut.
  Duration farewell_max = 2s;
};

enum class ApiStartError : uint8_t {
  not_loopback,  // only programs of this computer may reach the API
  address_in_use,
  address_not_available,
  not_permitted,
  failed,
};
// One sentence for a person, with what to do about it.
std::string describe(ApiStartError error, const Endpoint& listen);

class ApiServer {
 public:
  // `listen` with port 0 takes a free port. `random` is borrowed, used on the API thread, and must outlive
  // the server.
  static std::expected<std::unique_ptr<ApiServer>, ApiStartError> start(
      const Endpoint& listen, const AccessToken& token, crypto::SecureRandom& random,
      ApiHandler handler, const ApiLimits& limits = {});
  ApiServer(const ApiServer&) = delete;
  ApiServer& operator=(const ApiServer&) = delete;
  ~ApiServer();

  // As bound.
  [[nodiscard]] const Endpoint& address() const;
  // Requests that wait are answered with 503, answers on their way are written, then all connections end.
  // Returns when the thread has ended, after farewell_max at most. Nothing happens the second time. Pre:
  // not on the API thread.
  void stop();

 private:
  class Impl;
  explicit ApiServer(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace starling::api
