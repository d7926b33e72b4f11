// http/server.h - an HTTP/1.1 server for this computer, with WebSockets that push events and connections that become tunnels.
//
// How:     listen(), then serve() on a thread of its own until stop(). It knows nothing about who may ask: the handler does.
// Bounds:  Limits. One request of a connection is served at a time; pipelined ones wait in the socket.
// Threads: listen(), serve() and stop() on the owner's; the handler is called on the server's and returns at once; answers come
//          from any thread, also after stop(), when they are dropped.
#pragma once

#include <expected>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/endpoint.h"
#include "base/time.h"
#include "http/event_feed.h"
#include "http/listen_error.h"
#include "http/message.h"
#include "http/responder.h"

namespace starling::http {

// Tests shorten the times.
struct Limits {
  // Beyond: answered with 503 and closed.
  size_t connections_max = 256;
  size_t header_size_max = 16 * 1024;  // beyond: 431
  size_t body_size_max = 64 * 1024;    // beyond: 413
  // For the next request, and again for its body, and for taking some of an answer: then the connection is closed.
  Duration idle_max = 30s;
  // Longer than the longest wait of a handler. Beyond: 504. Also for each piece of a body that comes little by little.
  Duration answer_max = 60s;
  // For connections to end after stop(); then they are cut.
  Duration farewell_max = 2s;
};

class Server {
 public:
  using Handler = std::function<void(Request, Responder)>;
  // On every response that does not set them itself.
  using Headers = std::vector<std::pair<std::string, std::string>>;

  // Port 0 takes a free one.
  static std::expected<std::unique_ptr<Server>, ListenError> listen(const Endpoint& local,
                                                                    Headers headers,
                                                                    const Limits& limits = {});
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;
  ~Server();

  // As bound.
  [[nodiscard]] const Endpoint& address() const;
  // `handler` must be callable as long as the server runs. Once.
  void serve(Handler handler);
  // Requests that wait are answered with 503, answers on their way are written, then all connections end. Returns when the thread
  // has ended, after farewell_max at most. Nothing happens the second time. Pre: not on the server's thread.
  void stop();

 private:
  class Impl;
  explicit Server(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace starling::http
