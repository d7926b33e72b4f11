// The only file that knows Beast, with the headers that only it includes.
#include "http/server.h"

#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/http.hpp>
#include <fmt/core.h>
#include <map>
#include <thread>

#include "base/check.h"
#include "http/connection.h"
#include "http/json_response.h"

namespace starling::http {
namespace {

using asio::ip::tcp;
using boost::system::error_code;

// What a client may still send after our last answer; without reading it, the answer could be lost in a
// reset.
constexpr size_t kScrapSizeMax = 1024 * 1024;
constexpr Duration kScrapTimeMax = 1s;
// After a failed accept, mostly for want of file descriptors.
constexpr Duration kAcceptPause = 100ms;
constexpr std::string_view kTunnelProtocol = "starling-stream";

// Empty when the client is gone or silent.
std::optional<Response> refusal_of(const error_code& error) {
  if (error == bhttp::error::header_limit || error == bhttp::error::buffer_overflow) {
    return error_response(431, "the header of this request is too large");
  }
  if (error == bhttp::error::body_limit)
    return error_response(413, "the body of this request is too large");
  const bool is_ours =
      error.category() == bhttp::make_error_code(bhttp::error::bad_target).category();
  if (!is_ours || error == bhttp::error::end_of_stream || error == bhttp::error::partial_message)
    return std::nullopt;
  return error_response(400, "this is not an HTTP/1.1 request");
}

// Empty when it comes more than once: two readers could see two different values.
template <typename Name>
bool read_header(const bhttp::fields& fields, Name name, std::optional<std::string>& value) {
  if (fields.count(name) > 1) return false;
  if (const auto field = fields.find(name); field != fields.end())
    value = std::string(field->value());
  return true;
}

bool read_headers(const bhttp::fields& fields, Request& request) {
  return read_header(fields, bhttp::field::host, request.host) &&
         read_header(fields, bhttp::field::origin, request.origin) &&
         read_header(fields, bhttp::field::authorization, request.authorization) &&
         read_header(fields, bhttp::field::cookie, request.cookie) &&
         read_header(fields, bhttp::field::range, request.range) &&
         read_header(fields, bhttp::field::if_range, request.if_range) &&
         read_header(fields, bhttp::field::if_none_match, request.if_none_match) &&
         read_header(fields, bhttp::field::content_type, request.content_type) &&
         read_header(fields, "Sec-Fetch-Site", request.sec_fetch_site) &&
         read_header(fields, "Sec-Fetch-Mode", request.sec_fetch_mode) &&
         read_header(fields, "Sec-Fetch-Dest", request.sec_fetch_dest);
}

std::optional<Request> request_of(bhttp::request<bhttp::string_body>& message) {
  const std::string target(message.target());
  if (!target.starts_with('/')) return std::nullopt;
  const size_t question = std::min(target.find('?'), target.size());
  Request request;
  request.method = std::string(message.method_string());
  request.path = target.substr(0, question);
  request.query = target.substr(std::min(question + 1, target.size()));
  if (!read_headers(message, request)) return std::nullopt;
  request.is_websocket_upgrade = websocket::is_upgrade(message);
  request.is_tunnel_upgrade =
      message.version() >= 11 &&
      bhttp::token_list(message[bhttp::field::connection]).exists("upgrade") &&
      beast::iequals(message[bhttp::field::upgrade], kTunnelProtocol);
  request.body = std::move(message.body());
  return request;
}

tcp::endpoint to_asio(const Endpoint& endpoint) {
  if (endpoint.is_ipv4()) {
    asio::ip::address_v4::bytes_type bytes;
    std::copy(endpoint.address.begin() + 12, endpoint.address.end(), bytes.begin());
    return {asio::ip::address_v4(bytes), endpoint.port};
  }
  return {asio::ip::address_v6(endpoint.address), endpoint.port};
}

ListenError listen_error_of(const error_code& error) {
  if (error == asio::error::address_in_use) return ListenError::address_in_use;
  if (error == asio::error::access_denied) return ListenError::not_permitted;
  if (error == boost::system::errc::address_not_available ||
      error == asio::error::address_family_not_supported) {
    return ListenError::address_not_available;
  }
  return ListenError::failed;
}

}  // namespace

// --- one connection --------------------------------------------------------------------------------------

Connection::Connection(tcp::socket socket, const Surroundings& around)
    : around_(around),
      stream_(std::move(socket)),
      buffer_(around.limits.header_size_max + around.limits.body_size_max) {}

asio::awaitable<void> Connection::run() {
  bool goes_on = true;
  while (goes_on && !stopping_) goes_on = co_await serve_one();
  if (stage_ != Stage::handed_over) co_await close();
}

void Connection::shut_down() {
  stopping_ = true;
  if (stage_ == Stage::reading || stage_ == Stage::closing) stream_.close();
  if (answer_) answer_->give_up();
  if (piece_) piece_->give_up();
  if (events_) events_->shut_down();
  if (tunnel_) tunnel_->shut_down();
}

asio::awaitable<bool> Connection::serve_one() {
  stage_ = Stage::reading;
  Parser parser;
  parser.header_limit(static_cast<uint32_t>(around_.limits.header_size_max));
  parser.body_limit(around_.limits.body_size_max);
  const error_code error = co_await read(parser);
  Message message = parser.release();
  if (error) {
    if (auto refusal = refusal_of(error)) co_await write(std::move(*refusal), message, false);
    co_return false;
  }
  auto request = request_of(message);
  if (!request) {
    co_await write(error_response(400, "this request has a strange target, or a header twice"),
                   message, false);
    co_return false;
  }
  const bool may_dig = request->is_tunnel_upgrade;
  const bool may_watch = request->is_websocket_upgrade;
  Response response = co_await ask(std::move(*request));
  if (response.feed && may_watch) {
    co_await watch(*response.feed, message);
    co_return false;
  }
  if (response.tunnel && may_dig) {
    co_await dig(response, message);
    co_return false;
  }
  co_return co_await write(std::move(response), message, message.keep_alive());
}

asio::awaitable<error_code> Connection::read(Parser& parser) {
  stream_.expires_after(around_.limits.idle_max);
  const auto [header_error, header_size] =
      co_await bhttp::async_read_header(stream_, buffer_, parser, kAwait);
  if (header_error) co_return header_error;
  if (beast::iequals(parser.get()[bhttp::field::expect], "100-continue")) {
    const bhttp::response<bhttp::empty_body> go_on(bhttp::status::continue_,
                                                   parser.get().version());
    co_await bhttp::async_write(stream_, go_on, kAwait);
  }
  stream_.expires_after(around_.limits.idle_max);
  const auto [body_error, body_size] = co_await bhttp::async_read(stream_, buffer_, parser, kAwait);
  co_return body_error;
}

asio::awaitable<Response> Connection::ask(Request request) {
  stage_ = Stage::asking;
  answer_ = std::make_shared<Answer<Response>>(stream_.get_executor());
  around_.handler(std::move(request), Responder(answer_->deliver(around_.inbox)));
  if (stopping_) answer_->give_up();
  auto answer = co_await answer_->wait(around_.limits.answer_max);
  answer_.reset();
  if (answer) co_return std::move(*answer);
  co_return stopping_ ? error_response(503, "the node is stopping")
                      : error_response(504, "the node did not answer in time");
}

template <typename Fields>
void Connection::set_headers(const Response& response, Fields& fields) const {
  for (const auto& [name, value] : around_.headers) fields.set(name, value);
  for (const auto& [name, value] : response.headers) fields.set(name, value);
}

asio::awaitable<bool> Connection::write(Response response, const Message& request,
                                        bool keep_alive) {
  stage_ = Stage::writing;
  if (response.source_size > 0) co_return co_await write_source(response, request, keep_alive);
  bhttp::response<bhttp::string_body> message(static_cast<bhttp::status>(response.status),
                                              request.version());
  set_headers(response, message);
  message.set(bhttp::field::content_type, response.content_type);
  message.keep_alive(keep_alive && !stopping_);
  if (request.method() != bhttp::verb::head) message.body() = std::move(response.body);
  message.prepare_payload();
  stream_.expires_after(around_.limits.idle_max);
  const auto [error, size] = co_await bhttp::async_write(stream_, message, kAwait);
  co_return !error && message.keep_alive();
}

asio::awaitable<bool> Connection::write_source(Response& response, const Message& request,
                                               bool keep_alive) {
  bhttp::response<bhttp::empty_body> message(static_cast<bhttp::status>(response.status),
                                             request.version());
  set_headers(response, message);
  message.set(bhttp::field::content_type, response.content_type);
  message.content_length(response.source_size);
  message.keep_alive(keep_alive && !stopping_);
  bhttp::response_serializer<bhttp::empty_body> serializer(message);
  stream_.expires_after(around_.limits.idle_max);
  const auto [head_error, head_size] =
      co_await bhttp::async_write_header(stream_, serializer, kAwait);
  if (head_error) co_return false;
  if (request.method() == bhttp::verb::head) co_return message.keep_alive();
  uint64_t left = response.source_size;
  while (left > 0 && response.source && !stopping_) {
    piece_ = std::make_shared<Answer<std::optional<Bytes>>>(stream_.get_executor());
    response.source->read(piece_->deliver(around_.inbox));
    const auto piece = co_await piece_->wait(around_.limits.answer_max);
    piece_.reset();
    // A body that ends too soon can only be told by closing the connection.
    if (!piece || !*piece || (*piece)->empty() || (*piece)->size() > left) co_return false;
    stream_.expires_after(around_.limits.idle_max);
    const auto [error, size] = co_await asio::async_write(stream_, asio::buffer(**piece), kAwait);
    if (error) co_return false;
    left -= size;
  }
  co_return left == 0 && message.keep_alive();
}

asio::awaitable<void> Connection::watch(EventFeed& feed, const Message& upgrade) {
  auto subscription = feed.subscribe([inbox = around_.inbox, weak = weak_from_this()] {
    inbox->post([weak] {
      if (const auto self = weak.lock()) self->events_->wake();
    });
  });
  if (!subscription) {
    co_await write(
        error_response(503, fmt::format("{} clients watch events already", EventFeed::kClientsMax)),
        upgrade, false);
    co_return;
  }
  events_ = std::make_shared<EventConnection>(std::move(stream_), std::move(subscription),
                                              around_.limits.idle_max);
  stage_ = Stage::handed_over;
  if (stopping_) events_->shut_down();
  co_await events_->run(
      upgrade, [this](websocket::response_type& response) { set_headers(Response{}, response); });
}

asio::awaitable<void> Connection::dig(Response& response, const Message& upgrade) {
  bhttp::response<bhttp::empty_body> message(bhttp::status::switching_protocols, upgrade.version());
  set_headers(response, message);
  message.set(bhttp::field::connection, "Upgrade");
  message.set(bhttp::field::upgrade, kTunnelProtocol);
  stream_.expires_after(around_.limits.idle_max);
  const auto [error, size] = co_await bhttp::async_write(stream_, message, kAwait);
  if (error) {
    response.tunnel->abort();
    co_return;
  }
  stream_.expires_never();
  Bytes first(buffer_.size());
  asio::buffer_copy(asio::buffer(first), buffer_.data());
  stage_ = Stage::handed_over;
  tunnel_ = std::make_shared<TunnelConnection>(stream_.release_socket(), std::move(first),
                                               std::move(response.tunnel), around_.inbox);
  if (stopping_) tunnel_->shut_down();
  co_await tunnel_->run();
}

asio::awaitable<void> Connection::close() {
  stage_ = Stage::closing;
  error_code ignored;
  stream_.socket().shutdown(tcp::socket::shutdown_send, ignored);
  stream_.expires_after(kScrapTimeMax);
  std::array<char, 4096> scrap;
  for (size_t total = 0; total < kScrapSizeMax && !stopping_;) {
    const auto [error, size] = co_await stream_.async_read_some(asio::buffer(scrap), kAwait);
    if (error) break;
    total += size;
  }
  stream_.close();
}

// --- the server ------------------------------------------------------------------------------------------

class Server::Impl {
 public:
  Impl(Server::Headers headers, const Limits& limits)
      : headers_(std::move(headers)), limits_(limits) {}

  error_code listen(const Endpoint& local) {
    const tcp::endpoint endpoint = to_asio(local);
    error_code error;
    acceptor_.open(endpoint.protocol(), error);
    // So that a node can start again while connections of its last life fade out.
    if (!error) acceptor_.set_option(tcp::acceptor::reuse_address(true), error);
    if (!error) acceptor_.bind(endpoint, error);
    if (!error) acceptor_.listen(asio::socket_base::max_listen_connections, error);
    if (error) return error;
    bound_ = local;
    bound_.port = acceptor_.local_endpoint(error).port();
    return error;
  }

  void serve(Server::Handler handler) {
    STARLING_CHECK(handler && !handler_);
    handler_ = std::move(handler);
    asio::co_spawn(context_, [this] { return accept_all(); }, asio::detached);
    thread_ = std::thread([this] { context_.run(); });
  }

  void stop() {
    if (!thread_.joinable()) return;
    STARLING_CHECK(std::this_thread::get_id() != thread_.get_id());
    inbox_->close_with([this] { begin_farewell(); });
    thread_.join();
  }

  [[nodiscard]] const Endpoint& bound() const { return bound_; }

 private:
  asio::awaitable<void> accept_all() {
    while (!stopping_) {
      auto [error, socket] = co_await acceptor_.async_accept(kAwait);
      if (stopping_) break;
      if (error) {
        pause_.expires_after(kAcceptPause);
        co_await pause_.async_wait(kAwait);
      } else if (connections_.size() >= limits_.connections_max) {
        refuse(std::move(socket));
      } else {
        adopt(std::move(socket));
      }
    }
  }

  void adopt(tcp::socket socket) {
    error_code ignored;
    socket.set_option(tcp::no_delay(true), ignored);
    const auto connection = std::make_shared<Connection>(
        std::move(socket), Connection::Surroundings{limits_, headers_, handler_, inbox_});
    const uint64_t id = next_id_++;
    connections_.emplace(id, connection);
    // Whatever it ended with, even an exception for want of memory, it is over.
    asio::co_spawn(
        context_, [connection] { return connection->run(); },
        [this, id](const std::exception_ptr&) {
          connections_.erase(id);
          if (stopping_ && connections_.empty()) farewell_.cancel();
        });
  }

  // Best effort, without waiting: the client's request stays unread.
  void refuse(tcp::socket socket) {
    bhttp::response<bhttp::string_body> message(bhttp::status::service_unavailable, 11);
    for (const auto& [name, value] : headers_) message.set(name, value);
    message.set(bhttp::field::content_type, "application/json");
    message.keep_alive(false);
    message.body() = error_response(503, "too many connections are open").body;
    message.prepare_payload();
    error_code ignored;
    socket.non_blocking(true, ignored);
    bhttp::write(socket, message, ignored);
    socket.shutdown(tcp::socket::shutdown_send, ignored);
  }

  void begin_farewell() {
    stopping_ = true;
    error_code ignored;
    acceptor_.close(ignored);
    pause_.cancel();
    for (const auto& [id, connection] : connections_) connection->shut_down();
    if (connections_.empty()) return;
    farewell_.expires_after(limits_.farewell_max);
    farewell_.async_wait([this](const error_code& error) {
      if (!error) context_.stop();
    });
  }

  Server::Headers headers_;
  Limits limits_;
  Server::Handler handler_;
  Endpoint bound_;
  // Destroyed before what its coroutines use, and after what uses it.
  asio::io_context context_{1};
  std::shared_ptr<Inbox> inbox_ = std::make_shared<Inbox>(context_);
  tcp::acceptor acceptor_{context_};
  asio::steady_timer pause_{context_};
  asio::steady_timer farewell_{context_};
  std::map<uint64_t, std::shared_ptr<Connection>> connections_;
  uint64_t next_id_ = 1;
  bool stopping_ = false;
  std::thread thread_;
};

std::expected<std::unique_ptr<Server>, ListenError> Server::listen(const Endpoint& local,
                                                                   Headers headers,
                                                                   const Limits& limits) {
  if (!local.is_loopback()) return std::unexpected(ListenError::not_loopback);
  auto impl = std::make_unique<Impl>(std::move(headers), limits);
  if (const error_code error = impl->listen(local)) return std::unexpected(listen_error_of(error));
  return std::unique_ptr<Server>(new Server(std::move(impl)));
}

Server::Server(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

Server::~Server() { stop(); }

const Endpoint& Server::address() const { return impl_->bound(); }

void Server::serve(Handler handler) { impl_->serve(std::move(handler)); }

void Server::stop() { impl_->stop(); }

}  // namespace starling::http
