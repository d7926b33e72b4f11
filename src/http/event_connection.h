// http/event_connection.h - one WebSocket that gets the events of the node.
//
// How:     the HTTP connection hands its stream over with the upgrade request and awaits run().
// Rule:    what the client sends is read and thrown away; more than kMessageSizeMax at once ends it. A
//          client that neither reads nor answers pings is cut after the idle time.
// Threads: server's thread. Included by server.cpp only (http/inbox.h says why).
#pragma once

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http/message.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/websocket.hpp>
#include <memory>

#include "base/time.h"
#include "http/event_feed.h"

namespace starling::http {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace bhttp = beast::http;
namespace websocket = beast::websocket;

// Errors as values instead of exceptions.
inline constexpr auto kAwait = asio::as_tuple(asio::use_awaitable);

class EventConnection : public std::enable_shared_from_this<EventConnection> {
 public:
  static constexpr size_t kMessageSizeMax = 4096;

  EventConnection(beast::tcp_stream stream, std::unique_ptr<EventSubscription> subscription,
                  Duration idle_max)
      : socket_(std::move(stream)),
        signal_(socket_.get_executor()),
        subscription_(std::move(subscription)) {
    // The WebSocket has timeouts of its own.
    beast::get_lowest_layer(socket_).expires_never();
    socket_.set_option(websocket::stream_base::timeout{
        .handshake_timeout = idle_max, .idle_timeout = idle_max, .keep_alive_pings = true});
    socket_.read_message_max(kMessageSizeMax);
  }

  // `decorate` adds headers to the answer that opens the WebSocket. Ends with the connection.
  template <typename Decorate>
  asio::awaitable<void> run(const bhttp::request<bhttp::string_body>& upgrade, Decorate decorate) {
    const auto self = shared_from_this();
    socket_.set_option(websocket::stream_base::decorator(decorate));
    const auto [error] = co_await socket_.async_accept(upgrade, kAwait);
    if (!error) {
      asio::co_spawn(socket_.get_executor(), [self] { return self->read_all(); }, asio::detached);
      co_await write_all();
      if (stopping_) co_await socket_.async_close(websocket::close_code::going_away, kAwait);
    }
    subscription_.reset();
    beast::get_lowest_layer(socket_).close();
  }

  // The subscription has events.
  void wake() { signal_.cancel(); }
  void shut_down() {
    stopping_ = true;
    signal_.cancel();
  }

 private:
  asio::awaitable<void> read_all() {
    beast::flat_buffer scrap;
    while (!closed_) {
      const auto [error, size] = co_await socket_.async_read(scrap, kAwait);
      scrap.clear();
      if (error) closed_ = true;
    }
    signal_.cancel();
  }

  asio::awaitable<void> write_all() {
    while (!closed_ && !stopping_) {
      const auto event = subscription_->next();
      if (!event) {
        signal_.expires_at(asio::steady_timer::time_point::max());
        co_await signal_.async_wait(kAwait);
        continue;
      }
      socket_.text(true);
      const auto [error, size] = co_await socket_.async_write(asio::buffer(*event), kAwait);
      if (error) closed_ = true;
    }
  }

  websocket::stream<beast::tcp_stream, false> socket_;  // events are short: not compressed
  asio::steady_timer signal_;                           // cancelled to say: look again
  std::unique_ptr<EventSubscription> subscription_;
  bool closed_ = false;
  bool stopping_ = false;
};

}  // namespace starling::http
