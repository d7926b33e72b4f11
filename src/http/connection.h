// http/connection.h - one connection of a client: reads requests, has them answered, writes the answers.
//
// How:     run() serves until either side ends the connection.
// Threads: server's thread; answers come to it through the Inbox. Included by server.cpp only (http/inbox.h says why).
#pragma once

#include <memory>
#include <optional>

#include "http/event_connection.h"
#include "http/server.h"
#include "http/tunnel_connection.h"

namespace starling::http {

class Connection : public std::enable_shared_from_this<Connection> {
 public:
  // What all connections share; outlives them.
  struct Surroundings {
    const Limits& limits;
    const Server::Headers& headers;
    const Server::Handler& handler;
    std::shared_ptr<Inbox> inbox;
  };
  Connection(asio::ip::tcp::socket socket, const Surroundings& around);

  asio::awaitable<void> run();
  // Ends a wait for a request at once; a request that waits for its answer gets 503; an answer is written to its end, but not a
  // body that comes little by little.
  void shut_down();

 private:
  using Message = bhttp::request<bhttp::string_body>;
  using Parser = bhttp::request_parser<bhttp::string_body>;
  enum class Stage : uint8_t { reading, asking, writing, closing, handed_over };

  // These return whether the connection goes on.
  asio::awaitable<bool> serve_one();
  asio::awaitable<bool> write(Response response, const Message& request, bool keep_alive);
  asio::awaitable<bool> write_source(Response& response, const Message& request, bool keep_alive);
  asio::awaitable<boost::system::error_code> read(Parser& parser);
  asio::awaitable<Response> ask(Request request);
  asio::awaitable<void> watch(EventFeed& feed, const Message& upgrade);
  asio::awaitable<void> dig(Response& response, const Message& upgrade);
  asio::awaitable<void> close();
  template <typename Fields>
  void set_headers(const Response& response, Fields& fields) const;

  Surroundings around_;
  beast::tcp_stream stream_;
  beast::flat_buffer buffer_;
  Stage stage_ = Stage::reading;
  bool stopping_ = false;
  std::shared_ptr<Answer<Response>> answer_;
  std::shared_ptr<Answer<std::optional<Bytes>>> piece_;
  std::shared_ptr<EventConnection> events_;
  std::shared_ptr<TunnelConnection> tunnel_;
};

}  // namespace starling::http
