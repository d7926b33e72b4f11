// api/http_connection.h - one connection of a client: reads requests, has them answered, writes the answers.
//
// How:     run() serves until either side ends the connection.
// Threads: API thread; answers come to it through the Inbox. Included by api_server.cpp only (api/inbox.h
//          says why).
#pragma once

#include <memory>
#include <optional>

#include "api/api_server.h"
#include "api/event_connection.h"
#include "api/front_door.h"
#include "api/inbox.h"

namespace starling::api {

class HttpConnection : public std::enable_shared_from_this<HttpConnection> {
 public:
  // What all connections share; outlives them.
  struct Surroundings {
    const ApiLimits& limits;
    const ApiHandler& handler;
    FrontDoor& front_door;
    std::shared_ptr<Inbox> inbox;
  };
  HttpConnection(asio::ip::tcp::socket socket, const Surroundings& around);

  asio::awaitable<void> run();
  // Ends a wait for a request at once; a request that waits for its answer gets 503; an answer is written
  // to its end.
  void shut_down();

 private:
  using Message = http::request<http::string_body>;
  using Parser = http::request_parser<http::string_body>;
  enum class Stage : uint8_t { reading, asking, writing, watching, closing };

  // These return whether the connection goes on.
  asio::awaitable<bool> serve_one();
  asio::awaitable<bool> write(Response response, const Message& request, bool keep_alive);
  asio::awaitable<boost::system::error_code> read(Parser& parser);
  asio::awaitable<Response> ask(Request request);
  asio::awaitable<void> watch(const Message& upgrade);
  asio::awaitable<void> close();
  void take_answer(uint64_t request_number, Response response);

  Surroundings around_;
  beast::tcp_stream stream_;
  beast::flat_buffer buffer_;
  asio::steady_timer signal_;  // cancelled to say: the answer is there
  Stage stage_ = Stage::reading;
  bool stopping_ = false;
  uint64_t requests_ = 0;
  std::optional<Response> answer_;
  std::shared_ptr<EventConnection> events_;
};

}  // namespace starling::api
