#include "sim/stream_network.h"

#include <algorithm>
#include <utility>

#include "base/check.h"
#include "sim/callback.h"

namespace starling::sim {
namespace {

constexpr size_t kIpv4TcpHeaders = 20 + 20;

}  // namespace

class StreamNetwork::Stream final : public env::StreamConnection {
 public:
  Stream(StreamNetwork& network, uint32_t index, size_t side, const Endpoint& remote)
      : network_(&network), index_(index), side_(side), remote_(remote) {}
  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;
  ~Stream() override {
    if (network_ != nullptr) network_->closed_by_owner(index_, side_, ended_);
  }

  void set_handlers(Handlers handlers) override {
    STARLING_CHECK(!has_handlers_);
    has_handlers_ = true;
    connected_.set(std::move(handlers.connected));
    received_.set(std::move(handlers.received));
    closed_.set(std::move(handlers.closed));
  }
  [[nodiscard]] bool write(ByteView bytes) override {
    return network_ != nullptr && !ended_ && network_->write(index_, side_, bytes);
  }
  [[nodiscard]] Endpoint remote() const override { return remote_; }

  void detach() { network_ = nullptr; }
  [[nodiscard]] bool ended() const { return ended_; }
  void connect() {
    STARLING_CHECK(has_handlers_);
    connected_();
  }
  // In two pieces, cut there, when 0 < cut < bytes.size().
  void receive(ByteView bytes, size_t cut) {
    STARLING_CHECK(has_handlers_);
    if (ended_) return;
    if (cut == 0 || cut >= bytes.size()) {
      received_(bytes);
      return;
    }
    // Between the two the owner may have destroyed this stream or crashed its host.
    if (received_(bytes.first(cut)) && network_ != nullptr) received_(bytes.subspan(cut));
  }
  void finish(env::SocketError error) {
    STARLING_CHECK(has_handlers_);
    if (std::exchange(ended_, true)) return;
    closed_(error);
  }

 private:
  StreamNetwork* network_;  // null: the host crashed
  uint32_t index_;
  size_t side_;
  Endpoint remote_;
  bool has_handlers_ = false;
  bool ended_ = false;
  Callback<> connected_;
  Callback<ByteView> received_;
  Callback<env::SocketError> closed_;
};

class StreamNetwork::Listener final : public env::StreamListener {
 public:
  Listener(StreamNetwork& network, HostId host, const Endpoint& local, Accept accept)
      : network_(&network), host_(host), local_(local), accept_(std::move(accept)) {}
  Listener(const Listener&) = delete;
  Listener& operator=(const Listener&) = delete;
  ~Listener() override {
    if (network_ != nullptr) network_->listeners_.erase(host_, this);
  }

  [[nodiscard]] Endpoint local() const override { return local_; }

  void detach() { network_ = nullptr; }
  void accept(std::unique_ptr<env::StreamConnection> stream) { accept_(std::move(stream)); }

 private:
  StreamNetwork* network_;  // null: the host crashed
  HostId host_;
  Endpoint local_;
  Callback<std::unique_ptr<env::StreamConnection>> accept_;
};

std::expected<std::unique_ptr<env::StreamListener>, env::SocketError> StreamNetwork::listen(
    HostId host, const Endpoint& local, env::StreamListener::Accept accept) {
  if (const auto refusal = fabric_.addresses.refuses_to_bind(host, local)) {
    return std::unexpected(*refusal);
  }
  const auto chosen = listeners_.choose(host, local);
  if (!chosen) return std::unexpected(chosen.error());
  auto listener = std::make_unique<Listener>(*this, host, *chosen, std::move(accept));
  listeners_.insert(host, *chosen, listener.get());
  return listener;
}

std::expected<std::unique_ptr<env::StreamConnection>, env::SocketError> StreamNetwork::connect(
    HostId host, const Endpoint& remote) {
  // An ephemeral port that is free among the listeners: nothing is ever addressed to it but this
  // stream.
  const auto port = listeners_.choose(host, Endpoint::ipv4(0, 0, 0, 0, 0));
  if (!port) return std::unexpected(env::SocketError::address_not_available);
  const auto local = fabric_.addresses.source(host, remote, port->port);
  if (!local) return std::unexpected(env::SocketError::unreachable);
  const uint32_t index = add_connection();
  auto stream = std::make_unique<Stream>(*this, index, kDialer, remote);
  Connection& connection = *connections_[index];
  connection.ends[kDialer].host = host;
  connection.ends[kDialer].address = *local;
  connection.ends[kDialer].stream = stream.get();
  connection.ends[kAcceptor].host = fabric_.route(host, remote);
  connection.ends[kAcceptor].address = remote;
  update_stall(index);
  send(index, kDialer, SegmentKind::open);
  return stream;
}

void StreamNetwork::crash(HostId host) {
  for (Listener* listener : listeners_.take_all(host)) listener->detach();
  for (uint32_t index = 0; index < connections_.size(); ++index) {
    for (const size_t side : {kDialer, kAcceptor}) {
      if (connections_[index] == nullptr) break;
      if (connections_[index]->ends[side].host == host) crash_end(index, side);
    }
  }
}

void StreamNetwork::paths_changed() {
  for (uint32_t index = 0; index < connections_.size(); ++index) {
    if (connections_[index] != nullptr) update_stall(index);
  }
}

uint32_t StreamNetwork::add_connection() {
  if (free_connections_.empty()) {
    free_connections_.push_back(static_cast<uint32_t>(connections_.size()));
    connections_.emplace_back();
  }
  const uint32_t index = free_connections_.back();
  free_connections_.pop_back();
  connections_[index] = std::make_unique<Connection>();
  connections_[index]->serial = next_serial_++;
  for (End& end : connections_[index]->ends) end.epoch = next_serial_++;
  return index;
}

void StreamNetwork::remove_connection(uint32_t index) {
  fabric_.queue.cancel(connections_[index]->give_up);
  connections_[index].reset();
  free_connections_.push_back(index);
}

bool StreamNetwork::is_cut(const Connection& connection) const {
  const End& a = connection.ends[kDialer];
  const End& b = connection.ends[kAcceptor];
  if (b.host == kNoHost) return true;
  if (!fabric_.addresses.has(a.host, a.address)) return true;
  if (!fabric_.addresses.has(b.host, b.address)) return true;
  return fabric_.paths.blocked(a.host, b.host) || fabric_.paths.blocked(b.host, a.host);
}

void StreamNetwork::update_stall(uint32_t index) {
  Connection& connection = *connections_[index];
  const bool cut = is_cut(connection);
  if (cut == connection.stalled) return;
  connection.stalled = cut;
  for (End& end : connection.ends) end.epoch = next_serial_++;
  if (cut) {
    connection.give_up =
        fabric_.queue.schedule(fabric_.queue.now() + kGiveUp, [this, index] { give_up(index); });
    return;
  }
  fabric_.queue.cancel(connection.give_up);
  for (const size_t side : {kDialer, kAcceptor}) {
    for (const Segment& segment : connection.ends[side].queue) {
      schedule_arrival(index, side, segment.bytes.size());
    }
  }
}

void StreamNetwork::give_up(uint32_t index) {
  const uint64_t serial = connections_[index]->serial;
  const auto error =
      connections_[index]->established ? env::SocketError::failed : env::SocketError::unreachable;
  for (const size_t side : {kDialer, kAcceptor}) {
    // The first end's owner may have destroyed the second.
    if (connections_[index] == nullptr || connections_[index]->serial != serial) return;
    finish(index, side, error);
  }
}

void StreamNetwork::send(uint32_t index, size_t side, SegmentKind kind, ByteView bytes) {
  Connection& connection = *connections_[index];
  End& end = connection.ends[side];
  constexpr std::array<uint16_t, 6> kTraceKinds = {kStreamOpenKind,  kStreamAcceptKind,
                                                   kStreamDataKind,  kStreamCloseKind,
                                                   kStreamCloseKind, kStreamCloseKind};
  fabric_.trace.add({fabric_.queue.now(), end.host, connection.ends[1 - side].host,
                     static_cast<uint32_t>(bytes.size()), kTraceKinds[static_cast<size_t>(kind)]});
  end.queue.push_back({kind, copy_of(bytes)});
  end.queued_bytes += bytes.size();
  if (!connection.stalled) schedule_arrival(index, side, bytes.size());
}

void StreamNetwork::schedule_arrival(uint32_t index, size_t side, size_t bytes) {
  End& end = connections_[index]->ends[side];
  const HostId to = connections_[index]->ends[1 - side].host;
  end.busy_until = std::max(fabric_.queue.now(), end.busy_until) +
                   fabric_.paths.sending_time(end.host, to, bytes + kIpv4TcpHeaders);
  end.last_arrival =
      std::max(end.last_arrival, end.busy_until + fabric_.paths.stream_delay(end.host, to));
  fabric_.queue.schedule(end.last_arrival,
                         [this, index, side, epoch = end.epoch] { arrive(index, side, epoch); });
}

void StreamNetwork::arrive(uint32_t index, size_t side, uint64_t epoch) {
  Connection* connection = connections_[index].get();
  if (connection == nullptr || connection->ends[side].epoch != epoch) return;
  End& end = connection->ends[side];
  const Segment segment = std::move(end.queue.front());
  end.queue.pop_front();
  end.queued_bytes -= segment.bytes.size();
  Stream* receiver = connection->ends[1 - side].stream;
  switch (segment.kind) {
    case SegmentKind::open:
      return accept(index);
    case SegmentKind::accept:
      if (receiver != nullptr && !receiver->ended()) receiver->connect();
      return;
    case SegmentKind::data: {
      if (receiver == nullptr) return;
      const bool cut = rng_.below(kCutOneIn) == 0;
      return receiver->receive(segment.bytes, cut ? rng_.below(segment.bytes.size()) : 0);
    }
    case SegmentKind::refuse:
      return finish(index, 1 - side, env::SocketError::refused);
    case SegmentKind::close:
      return finish(index, 1 - side, env::SocketError::closed);
    case SegmentKind::reset:
      return finish(index, 1 - side, env::SocketError::failed);
  }
}

void StreamNetwork::accept(uint32_t index) {
  Connection& connection = *connections_[index];
  End& end = connection.ends[kAcceptor];
  Listener* listener = listeners_.find(end.host, end.address);
  if (listener == nullptr) return send(index, kAcceptor, SegmentKind::refuse);
  connection.established = true;
  auto stream = std::make_unique<Stream>(*this, index, kAcceptor, connection.ends[kDialer].address);
  end.stream = stream.get();
  send(index, kAcceptor, SegmentKind::accept);
  listener->accept(std::move(stream));
}

void StreamNetwork::finish(uint32_t index, size_t side, env::SocketError error) {
  Stream* stream = connections_[index]->ends[side].stream;
  if (stream != nullptr) stream->finish(error);
}

bool StreamNetwork::write(uint32_t index, size_t side, ByteView bytes) {
  const End& end = connections_[index]->ends[side];
  if (bytes.size() > env::StreamConnection::kWriteBufferMax - end.queued_bytes) return false;
  if (!bytes.empty()) send(index, side, SegmentKind::data, bytes);
  return true;
}

// `ended`: the owner had been told that the stream is closed, so the other end knows.
void StreamNetwork::closed_by_owner(uint32_t index, size_t side, bool ended) {
  Connection& connection = *connections_[index];
  connection.ends[side].stream = nullptr;
  if (connection.ends[1 - side].stream == nullptr) return remove_connection(index);
  if (!ended) send(index, side, SegmentKind::close);
}

void StreamNetwork::crash_end(uint32_t index, size_t side) {
  End& end = connections_[index]->ends[side];
  if (end.stream == nullptr) return;
  const bool ended = end.stream->ended();
  end.stream->detach();
  end.stream = nullptr;
  if (connections_[index]->ends[1 - side].stream == nullptr) return remove_connection(index);
  if (ended) return;
  // What was under way from the crashed host is lost with it.
  end.queue.clear();
  end.queued_bytes = 0;
  end.epoch = next_serial_++;
  send(index, side, SegmentKind::reset);
}

}  // namespace starling::sim
