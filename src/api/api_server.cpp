// The only file that knows Beast, with the headers that only it includes.
#include "api/api_server.h"

#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/http.hpp>
#include <fmt/core.h>
#include <map>
#include <thread>

#include "api/http_connection.h"
#include "api/json_response.h"
#include "base/check.h"

namespace starling::api {
namespace {

using asio::ip::tcp;
using boost::system::error_code;

// What a client may still send after our last answer; without reading it, the answer could be lost in a
// reset.
constexpr size_t kScrapSizeMax = 1024 * 1024;
constexpr Duration kScrapTimeMax = 1s;
// After a failed accept, mostly for want of file descriptors.
constexpr Duration kAcceptPause = 100ms;

Instant now() { return Instant(std::chrono::steady_clock::now().time_since_epoch()); }

// Access rules tell who may ask; these keep browsers from storing, guessing at or framing the answers.
template <typename Fields>
void set_security_headers(Fields& fields) {
  fields.set(http::field::cache_control, "no-store");
  fields.set("X-Content-Type-Options", "nosniff");
  fields.set("Content-Security-Policy", "default-src 'self'; frame-ancestors 'none'");
}

// Empty when the client is gone or silent.
std::optional<Response> refusal_of(const error_code& error) {
  if (error == http::error::header_limit || error == http::error::buffer_overflow) {
    return error_response(431, "the header of this request is too large");
  }
  if (error == http::error::body_limit)
    return error_response(413, "the body of this request is too large");
  const bool is_ours =
      error.category() == http::make_error_code(http::error::bad_target).category();
  if (!is_ours || error == http::error::end_of_stream || error == http::error::partial_message)
    return std::nullopt;
  return error_response(400, "this is not an HTTP/1.1 request");
}

// Empty when it comes more than once: two readers could see two different values.
template <typename Name>
bool read_header(const http::fields& fields, Name name, std::optional<std::string>& value) {
  if (fields.count(name) > 1) return false;
  if (const auto field = fields.find(name); field != fields.end())
    value = std::string(field->value());
  return true;
}

std::optional<Request> request_of(http::request<http::string_body>& message) {
  const std::string target(message.target());
  if (!target.starts_with('/')) return std::nullopt;
  const size_t question = std::min(target.find('?'), target.size());
  Request request;
  request.method = std::string(message.method_string());
  request.path = target.substr(0, question);
  request.query = target.substr(std::min(question + 1, target.size()));
  const bool unique = read_header(message, http::field::host, request.host) &&
                      read_header(message, http::field::origin, request.origin) &&
                      read_header(message, http::field::authorization, request.authorization) &&
                      read_header(message, http::field::cookie, request.cookie) &&
                      read_header(message, "Sec-Fetch-Site", request.sec_fetch_site);
  if (!unique) return std::nullopt;
  request.is_websocket_upgrade = websocket::is_upgrade(message);
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

ApiStartError start_error_of(const error_code& error) {
  if (error == asio::error::address_in_use) return ApiStartError::address_in_use;
  if (error == asio::error::access_denied) return ApiStartError::not_permitted;
  if (error == boost::system::errc::address_not_available ||
      error == asio::error::address_family_not_supported) {
    return ApiStartError::address_not_available;
  }
  return ApiStartError::failed;
}

}  // namespace

// --- one connection --------------------------------------------------------------------------------------

HttpConnection::HttpConnection(tcp::socket socket, const Surroundings& around)
    : around_(around),
      stream_(std::move(socket)),
      buffer_(around.limits.header_size_max + around.limits.body_size_max),
      signal_(stream_.get_executor()) {}

asio::awaitable<void> HttpConnection::run() {
  bool goes_on = true;
  while (goes_on && !stopping_) goes_on = co_await serve_one();
  if (!events_) co_await close();
}

void HttpConnection::shut_down() {
  stopping_ = true;
  if (stage_ == Stage::reading || stage_ == Stage::closing) stream_.close();
  if (stage_ == Stage::asking) signal_.cancel();
  if (events_) events_->shut_down();
}

asio::awaitable<bool> HttpConnection::serve_one() {
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
  FrontDoor::Decision decision = around_.front_door.decide(now(), *request);
  if (std::holds_alternative<FrontDoor::Subscribe>(decision)) {
    co_await watch(message);
    co_return false;
  }
  Response response;
  if (auto* decided = std::get_if<Response>(&decision)) {
    response = std::move(*decided);
  } else {
    response = co_await ask(std::move(*request));
  }
  co_return co_await write(std::move(response), message, message.keep_alive());
}

asio::awaitable<error_code> HttpConnection::read(Parser& parser) {
  stream_.expires_after(around_.limits.idle_max);
  const auto [header_error, header_size] =
      co_await http::async_read_header(stream_, buffer_, parser, kAwait);
  if (header_error) co_return header_error;
  if (beast::iequals(parser.get()[http::field::expect], "100-continue")) {
    const http::response<http::empty_body> go_on(http::status::continue_, parser.get().version());
    co_await http::async_write(stream_, go_on, kAwait);
  }
  stream_.expires_after(around_.limits.idle_max);
  const auto [body_error, body_size] = co_await http::async_read(stream_, buffer_, parser, kAwait);
  co_return body_error;
}

asio::awaitable<Response> HttpConnection::ask(Request request) {
  stage_ = Stage::asking;
  answer_.reset();
  signal_.expires_after(around_.limits.answer_max);
  around_.handler.handle(std::move(request),
                         Responder([inbox = around_.inbox, weak = weak_from_this(),
                                    number = ++requests_](Response response) {
                           inbox->post([weak, number, response = std::move(response)] {
                             if (const auto self = weak.lock()) self->take_answer(number, response);
                           });
                         }));
  if (!stopping_) co_await signal_.async_wait(kAwait);
  if (answer_) co_return std::move(*answer_);
  co_return stopping_ ? error_response(503, "the node is stopping")
                      : error_response(504, "the node did not answer in time");
}

void HttpConnection::take_answer(uint64_t request_number, Response response) {
  if (request_number != requests_ || answer_) return;  // it came too late
  answer_ = std::move(response);
  signal_.cancel();
}

asio::awaitable<bool> HttpConnection::write(Response response, const Message& request,
                                            bool keep_alive) {
  stage_ = Stage::writing;
  http::response<http::string_body> message(static_cast<http::status>(response.status),
                                            request.version());
  set_security_headers(message);
  message.set(http::field::content_type, response.content_type);
  for (const auto& [name, value] : response.headers) message.set(name, value);
  message.keep_alive(keep_alive && !stopping_);
  if (request.method() != http::verb::head) message.body() = std::move(response.body);
  message.prepare_payload();
  stream_.expires_after(around_.limits.idle_max);
  const auto [error, size] = co_await http::async_write(stream_, message, kAwait);
  co_return !error && message.keep_alive();
}

asio::awaitable<void> HttpConnection::watch(const Message& upgrade) {
  auto subscription =
      around_.handler.events->subscribe([inbox = around_.inbox, weak = weak_from_this()] {
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
  stage_ = Stage::watching;
  co_await events_->run(upgrade,
                        [](websocket::response_type& response) { set_security_headers(response); });
}

asio::awaitable<void> HttpConnection::close() {
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

class ApiServer::Impl {
 public:
  Impl(ApiHandler handler, const ApiLimits& limits)
      : handler_(std::move(handler)), limits_(limits) {}

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

  void serve(const AccessToken& token, crypto::SecureRandom& random) {
    front_door_.emplace(token, bound_, random);
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
    const auto connection = std::make_shared<HttpConnection>(
        std::move(socket), HttpConnection::Surroundings{limits_, handler_, *front_door_, inbox_});
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
    http::response<http::string_body> message(http::status::service_unavailable, 11);
    set_security_headers(message);
    message.set(http::field::content_type, "application/json");
    message.keep_alive(false);
    message.body() = error_response(503, "too many connections are open").body;
    message.prepare_payload();
    error_code ignored;
    socket.non_blocking(true, ignored);
    http::write(socket, message, ignored);
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

  ApiHandler handler_;
  ApiLimits limits_;
  Endpoint bound_;
  std::optional<FrontDoor> front_door_;
  // Destroyed before what its coroutines use, and after what uses it.
  asio::io_context context_{1};
  std::shared_ptr<Inbox> inbox_ = std::make_shared<Inbox>(context_);
  tcp::acceptor acceptor_{context_};
  asio::steady_timer pause_{context_};
  asio::steady_timer farewell_{context_};
  std::map<uint64_t, std::shared_ptr<HttpConnection>> connections_;
  uint64_t next_id_ = 1;
  bool stopping_ = false;
  std::thread thread_;
};

std::string describe(ApiStartError error, const Endpoint& listen) {
  const std::string address = to_text(listen);
  switch (error) {
    case ApiStartError::not_loopback:
      return fmt::format("the API must listen on a loopback address such as 127.0.0.1, not on {}",
                         address);
    case ApiStartError::address_in_use:
      return fmt::format(
          "cannot serve the API at {}: another program uses this port; choose another with --api",
          address);
    case ApiStartError::address_not_available:
      return fmt::format("cannot serve the API at {}: this computer does not have that address",
                         address);
    case ApiStartError::not_permitted:
      return fmt::format(
          "cannot serve the API at {}: this user may not use that port; choose one above 1023",
          address);
    case ApiStartError::failed:
      break;
  }
  return fmt::format("cannot serve the API at {}: the operating system refused", address);
}

std::expected<std::unique_ptr<ApiServer>, ApiStartError> ApiServer::start(
    const Endpoint& listen, const AccessToken& token, crypto::SecureRandom& random,
    ApiHandler handler, const ApiLimits& limits) {
  STARLING_CHECK(handler.handle && handler.events);
  if (!listen.is_loopback()) return std::unexpected(ApiStartError::not_loopback);
  auto impl = std::make_unique<Impl>(std::move(handler), limits);
  if (const error_code error = impl->listen(listen)) return std::unexpected(start_error_of(error));
  impl->serve(token, random);
  return std::unique_ptr<ApiServer>(new ApiServer(std::move(impl)));
}

ApiServer::ApiServer(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

ApiServer::~ApiServer() { stop(); }

const Endpoint& ApiServer::address() const { return impl_->bound(); }

void ApiServer::stop() { impl_->stop(); }

}  // namespace starling::api
