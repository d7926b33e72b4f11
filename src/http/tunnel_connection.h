// http/tunnel_connection.h - a connection that has become a plain two-way stream of bytes.
//
// How:     the HTTP connection hands its stream over, with what the client had sent already, and awaits run().
// Rule:    either direction ends by itself; the connection ends when both have, or when one breaks.
// Threads: server's thread. Included by server.cpp only (http/inbox.h says why).
#pragma once

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/write.hpp>

#include "http/answer.h"
#include "http/body.h"
#include "http/event_connection.h"

namespace starling::http {

class TunnelConnection : public std::enable_shared_from_this<TunnelConnection> {
 public:
  static constexpr size_t kChunkSize = 256 * 1024;

  TunnelConnection(asio::ip::tcp::socket socket, Bytes first, std::shared_ptr<Tunnel> tunnel,
                   std::shared_ptr<Inbox> inbox)
      : socket_(std::move(socket)),
        first_(std::move(first)),
        tunnel_(std::move(tunnel)),
        inbox_(std::move(inbox)),
        in_ended_(std::make_shared<Answer<bool>>(socket_.get_executor())) {}

  asio::awaitable<void> run() {
    const auto self = shared_from_this();
    asio::co_spawn(
        socket_.get_executor(), [self] { return self->pump_in(); },
        [self](const std::exception_ptr&) { self->in_ended_->give_up(); });
    co_await pump_out();
    co_await in_ended_->wait(kForever);
    shut_down();
  }
  void shut_down() {
    if (std::exchange(broken_, true)) return;
    tunnel_->abort();
    if (reading_) reading_->give_up();
    if (writing_) writing_->give_up();
    boost::system::error_code ignored;
    socket_.close(ignored);
  }

 private:
  // From the client to the tunnel.
  asio::awaitable<void> pump_in() {
    const auto self = shared_from_this();
    bool open = first_.empty() || co_await give(std::move(first_));
    while (open && !broken_) {
      Bytes chunk(kChunkSize);
      const auto [error, size] = co_await socket_.async_read_some(asio::buffer(chunk), kAwait);
      if (error == asio::error::eof) {
        tunnel_->finish();
        break;
      }
      if (error) {
        shut_down();
        break;
      }
      chunk.resize(size);
      open = co_await give(std::move(chunk));
    }
  }
  asio::awaitable<bool> give(Bytes chunk) {
    writing_ = std::make_shared<Answer<bool>>(socket_.get_executor());
    tunnel_->write(std::move(chunk), writing_->deliver(inbox_));
    const auto taken = co_await writing_->wait(kForever);
    co_return taken.value_or(false);
  }

  // From the tunnel to the client.
  asio::awaitable<void> pump_out() {
    while (!broken_) {
      reading_ = std::make_shared<Answer<std::optional<Bytes>>>(socket_.get_executor());
      tunnel_->read(reading_->deliver(inbox_));
      const auto chunk = co_await reading_->wait(kForever);
      if (!chunk || !*chunk) {
        // It broke off: the client must not take it for the end.
        boost::system::error_code ignored;
        if (!broken_) socket_.set_option(asio::socket_base::linger(true, 0), ignored);
        shut_down();
        break;
      }
      if ((*chunk)->empty()) {
        boost::system::error_code ignored;
        socket_.shutdown(asio::ip::tcp::socket::shutdown_send, ignored);
        break;
      }
      const auto [error, size] = co_await asio::async_write(socket_, asio::buffer(**chunk), kAwait);
      if (error) {
        shut_down();
        break;
      }
    }
  }

  static constexpr Duration kForever = 24h * 365;

  asio::ip::tcp::socket socket_;
  Bytes first_;
  std::shared_ptr<Tunnel> tunnel_;
  std::shared_ptr<Inbox> inbox_;
  std::shared_ptr<Answer<std::optional<Bytes>>> reading_;
  std::shared_ptr<Answer<bool>> writing_;
  std::shared_ptr<Answer<bool>> in_ended_;
  bool broken_ = false;
};

}  // namespace starling::http
