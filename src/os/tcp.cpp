#include "os/tcp.h"

#include <algorithm>
#include <boost/asio/buffer.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ip/v6_only.hpp>
#include <boost/asio/steady_timer.hpp>
#include <utility>

#include "base/check.h"
#include "os/socket_error.h"

namespace starling::os {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;
using env::SocketError;

constexpr size_t kReadBufferSize = 64 << 10;
// A write buffer that grew above this is given back when it is empty, so that a burst is not paid
// for for ever.
constexpr size_t kIdleBufferSizeMax = 64 << 10;

SocketError error_of(const error_code& error) {
  if (error == asio::error::eof) return SocketError::closed;
  return socket_error_of(error.value());
}

tcp::endpoint to_tcp(const Endpoint& endpoint) {
  if (endpoint.is_ipv4()) {
    asio::ip::address_v4::bytes_type bytes{};
    std::copy(endpoint.address.begin() + 12, endpoint.address.end(), bytes.begin());
    return {asio::ip::address_v4(bytes), endpoint.port};
  }
  return {asio::ip::address_v6(endpoint.address, endpoint.scope), endpoint.port};
}

Endpoint from_tcp(const tcp::endpoint& endpoint) {
  const auto address = endpoint.address();
  if (address.is_v4()) {
    const auto bytes = address.to_v4().to_bytes();
    return Endpoint::ipv4(bytes[0], bytes[1], bytes[2], bytes[3], endpoint.port());
  }
  const auto v6 = address.to_v6();
  Endpoint result{.address = {}, .port = endpoint.port(), .scope = 0};
  const auto bytes = v6.to_bytes();
  std::copy(bytes.begin(), bytes.end(), result.address.begin());
  if (result.is_link_local()) result.scope = static_cast<uint32_t>(v6.scope_id());
  return result;
}

void release_if_large(Bytes& buffer) {
  buffer.clear();
  if (buffer.capacity() > kIdleBufferSizeMax) Bytes().swap(buffer);
}

}  // namespace

// Operations under way share the state. It ends with close(): by the destructor, by the peer or by
// an error.
struct TcpConnection::State : std::enable_shared_from_this<State> {
  enum class Phase : uint8_t { connecting, open, ended };

  State(tcp::socket given_socket, const Endpoint& given_remote, Phase given_phase)
      : socket(std::move(given_socket)), remote(given_remote), phase(given_phase) {}

  void start();
  void connect();
  void handle_connected(const error_code& error);
  void read();
  void handle_read(const error_code& error, size_t count);
  void flush();
  void handle_written(const error_code& error, size_t count);
  void fail(const error_code& error);
  void close();
  [[nodiscard]] size_t unsent_size() const { return writing.size() - written + waiting.size(); }

  tcp::socket socket;
  Endpoint remote;
  Phase phase;
  // Shared with the callback under way, which may destroy the connection. Empty before
  // set_handlers() and after close().
  std::shared_ptr<const Handlers> handlers;
  std::unique_ptr<uint8_t[]> read_buffer;
  Bytes writing;  // being sent, from `written` on
  size_t written = 0;
  bool write_under_way = false;
  Bytes waiting;  // to be sent after `writing`
};

void TcpConnection::State::start() {
  read_buffer = std::make_unique_for_overwrite<uint8_t[]>(kReadBufferSize);
  if (phase == Phase::connecting) connect();
  if (phase == Phase::open) read();
}

void TcpConnection::State::connect() {
  socket.async_connect(to_tcp(remote), [self = shared_from_this()](const error_code& error) {
    if (self->phase != Phase::ended) self->handle_connected(error);
  });
}

void TcpConnection::State::handle_connected(const error_code& error) {
  if (error) return fail(error);
  phase = Phase::open;
  flush();
  const auto keep_alive = handlers;
  if (keep_alive->connected) keep_alive->connected();
  if (phase == Phase::open) read();
}

void TcpConnection::State::read() {
  const auto buffer = asio::buffer(read_buffer.get(), kReadBufferSize);
  socket.async_read_some(buffer,
                         [self = shared_from_this()](const error_code& error, size_t count) {
                           if (self->phase != Phase::ended) self->handle_read(error, count);
                         });
}

void TcpConnection::State::handle_read(const error_code& error, size_t count) {
  if (error) return fail(error);
  const auto keep_alive = handlers;
  if (keep_alive->received) keep_alive->received({read_buffer.get(), count});
  if (phase == Phase::open) read();
}

void TcpConnection::State::flush() {
  if (phase != Phase::open || write_under_way) return;
  if (written == writing.size()) {
    written = 0;
    release_if_large(writing);
    std::swap(writing, waiting);
    if (writing.empty()) return;
  }
  write_under_way = true;
  const auto buffer = asio::buffer(writing.data() + written, writing.size() - written);
  socket.async_write_some(buffer,
                          [self = shared_from_this()](const error_code& error, size_t count) {
                            if (self->phase != Phase::ended) self->handle_written(error, count);
                          });
}

void TcpConnection::State::handle_written(const error_code& error, size_t count) {
  write_under_way = false;
  if (!error) {
    written += count;
    flush();
  } else if (handlers) {  // else nobody can be told yet; the first read will find out
    fail(error);
  }
}

void TcpConnection::State::fail(const error_code& error) {
  const auto keep_alive = handlers;
  close();
  if (keep_alive->closed) keep_alive->closed(error_of(error));
}

void TcpConnection::State::close() {
  phase = Phase::ended;
  handlers.reset();
  error_code ignored;
  socket.close(ignored);
}

TcpConnection::TcpConnection(std::shared_ptr<State> state) : state_(std::move(state)) {}

TcpConnection::~TcpConnection() { state_->close(); }

std::expected<std::unique_ptr<TcpConnection>, SocketError> TcpConnection::connect(
    EventLoop& loop, const Endpoint& remote) {
  tcp::socket socket(loop.context());
  error_code error;
  socket.open(to_tcp(remote).protocol(), error);
  if (!error) socket.set_option(tcp::no_delay(true), error);
  if (error) return std::unexpected(error_of(error));
  auto state = std::make_shared<State>(std::move(socket), remote, State::Phase::connecting);
  return std::unique_ptr<TcpConnection>(new TcpConnection(std::move(state)));
}

void TcpConnection::set_handlers(Handlers handlers) {
  STARLING_CHECK(!state_->read_buffer);  // called once
  state_->handlers = std::make_shared<const Handlers>(std::move(handlers));
  state_->start();
}

bool TcpConnection::write(ByteView bytes) {
  State& state = *state_;
  if (state.phase == State::Phase::ended) return false;
  if (bytes.size() > kWriteBufferMax - state.unsent_size()) return false;
  append(state.waiting, bytes);
  state.flush();
  return true;
}

Endpoint TcpConnection::remote() const { return state_->remote; }

struct TcpListener::State : std::enable_shared_from_this<State> {
  State(EventLoop& loop, Accept function)
      : acceptor(loop.context()),
        retry_timer(loop.context()),
        accept(std::make_shared<const Accept>(std::move(function))) {}

  error_code open(const Endpoint& local);
  void accept_next();
  void handle_accepted(tcp::socket socket);
  void retry_later();

  tcp::acceptor acceptor;
  asio::steady_timer retry_timer;
  std::shared_ptr<const Accept> accept;  // empty: the listener was destroyed
  tcp::endpoint peer;
};

error_code TcpListener::State::open(const Endpoint& local) {
  const tcp::endpoint endpoint = to_tcp(local);
  error_code error;
  acceptor.open(endpoint.protocol(), error);
  // Only to start again while connections of the last run are still being forgotten: not shared
  // with others.
  if (!error) acceptor.set_option(tcp::acceptor::reuse_address(true), error);
  if (!error && !local.is_ipv4()) acceptor.set_option(asio::ip::v6_only(true), error);
  if (!error) acceptor.bind(endpoint, error);
  if (!error) acceptor.listen(asio::socket_base::max_listen_connections, error);
  return error;
}

void TcpListener::State::accept_next() {
  acceptor.async_accept(peer,
                        [self = shared_from_this()](const error_code& error, tcp::socket socket) {
                          if (!self->accept) return;
                          if (error) return self->retry_later();
                          self->handle_accepted(std::move(socket));
                          if (self->accept) self->accept_next();
                        });
}

void TcpListener::State::handle_accepted(tcp::socket socket) {
  error_code ignored;
  socket.set_option(tcp::no_delay(true), ignored);
  auto connection = std::make_shared<TcpConnection::State>(std::move(socket), from_tcp(peer),
                                                           TcpConnection::State::Phase::open);
  const auto keep_alive = accept;
  (*keep_alive)(std::unique_ptr<TcpConnection>(new TcpConnection(std::move(connection))));
}

void TcpListener::State::retry_later() {
  retry_timer.expires_after(kAcceptRetryDelay);
  retry_timer.async_wait([self = shared_from_this()](const error_code&) {
    if (self->accept) self->accept_next();
  });
}

TcpListener::TcpListener(std::shared_ptr<State> state) : state_(std::move(state)) {}

TcpListener::~TcpListener() {
  state_->accept.reset();
  error_code ignored;
  state_->acceptor.close(ignored);
  state_->retry_timer.cancel();
}

std::expected<std::unique_ptr<TcpListener>, SocketError> TcpListener::open(EventLoop& loop,
                                                                           const Endpoint& local,
                                                                           Accept accept) {
  auto state = std::make_shared<State>(loop, std::move(accept));
  if (const error_code error = state->open(local)) return std::unexpected(error_of(error));
  state->accept_next();
  return std::unique_ptr<TcpListener>(new TcpListener(std::move(state)));
}

Endpoint TcpListener::local() const {
  error_code ignored;
  return from_tcp(state_->acceptor.local_endpoint(ignored));
}

}  // namespace starling::os
