#include "node/carriers.h"

#include <utility>

namespace starling::node {

Carriers::Carriers(env::Runtime& runtime, Handlers handlers)
    : runtime_(runtime), handlers_(std::move(handlers)) {}

std::expected<Endpoint, env::SocketError> Carriers::listen_udp(const Endpoint& local) {
  const link::CarrierId id = next_id();
  auto socket = runtime_.open_datagram(
      local,
      [this, id](std::span<const env::ReceivedDatagram> batch) { handlers_.received(id, batch); });
  if (!socket) return std::unexpected(socket.error());
  const Endpoint bound = (*socket)->local();
  datagrams_[id] = std::move(*socket);
  handlers_.added(id, link::CarrierKind::udp);
  return bound;
}

std::expected<Endpoint, env::SocketError> Carriers::listen_tcp(const Endpoint& local) {
  auto listener = runtime_.listen_stream(
      local,
      [this](std::unique_ptr<env::StreamConnection> connection) { adopt(std::move(connection)); });
  if (!listener) return std::unexpected(listener.error());
  const Endpoint bound = (*listener)->local();
  listeners_.push_back(std::move(*listener));
  return bound;
}

std::optional<link::PathId> Carriers::udp_path(const Endpoint& remote) const {
  for (const auto& [id, socket] : datagrams_) {
    if (socket->local().is_ipv4() == remote.is_ipv4()) return link::PathId{id, remote};
  }
  return std::nullopt;
}

void Carriers::adopt(std::unique_ptr<env::StreamConnection> connection) {
  if (streams_.size() >= kStreamsMax) return;
  const link::CarrierId id = next_id();
  const Endpoint remote = connection->remote();
  Stream& stream = streams_[id];
  stream.connection = std::move(connection);
  stream.remote = remote;
  stream.opened = runtime_.now();
  stream.connected = true;
  attach(id);
  handlers_.added(id, link::CarrierKind::tcp);
}

void Carriers::connect_tcp(
    const Endpoint& remote,
    std::function<void(std::expected<link::PathId, env::SocketError>)> done) {
  for (auto& [id, stream] : streams_) {
    if (stream.remote != remote) continue;
    if (stream.connected) return done(link::PathId{id, remote});
    stream.waiting.push_back(std::move(done));
    return;
  }
  if (streams_.size() >= kStreamsMax) return done(std::unexpected(env::SocketError::failed));
  auto connection = runtime_.connect_stream(remote);
  if (!connection) return done(std::unexpected(connection.error()));
  const link::CarrierId id = next_id();
  Stream& stream = streams_[id];
  stream.connection = std::move(*connection);
  stream.remote = remote;
  stream.opened = runtime_.now();
  stream.waiting.push_back(std::move(done));
  attach(id);
}

void Carriers::attach(link::CarrierId id) {
  streams_.at(id).connection->set_handlers({
      .connected =
          [this, id] {
            Stream& stream = streams_.at(id);
            stream.connected = true;
            handlers_.added(id, link::CarrierKind::tcp);
            const link::PathId path{id, stream.remote};
            for (auto& done : std::exchange(stream.waiting, {})) done(path);
          },
      .received = [this, id](ByteView bytes) { handle_stream_bytes(id, bytes); },
      .closed = [this, id](env::SocketError error) { handle_stream_closed(id, error); },
  });
}

void Carriers::handle_stream_bytes(link::CarrierId id, ByteView bytes) {
  Stream& stream = streams_.at(id);
  // Handling a packet may close this very stream: collect first.
  std::vector<Bytes> packets;
  const bool intact = stream.deframer.handle_bytes(
      bytes, [&](ByteView packet) { packets.push_back(copy_of(packet)); });
  std::vector<env::ReceivedDatagram> batch;
  batch.reserve(packets.size());
  for (const Bytes& packet : packets) batch.push_back({stream.remote, packet});
  if (!batch.empty()) handlers_.received(id, batch);
  if (!intact) handle_stream_closed(id, env::SocketError::failed);
}

void Carriers::handle_stream_closed(link::CarrierId id, env::SocketError error) {
  const auto entry = streams_.find(id);
  if (entry == streams_.end()) return;
  Stream stream = std::move(entry->second);
  streams_.erase(entry);
  for (auto& done : stream.waiting) done(std::unexpected(error));
  if (stream.connected) handlers_.removed(id);
  // The connection may be inside its own callback; it ends after it.
  runtime_.post([connection = std::shared_ptr(std::move(stream.connection))] {});
}

void Carriers::send_to_stream(Stream& stream, const link::Transmit& transmit) {
  Bytes framed;
  link::frame_for_stream(transmit.packet, framed);
  if (!stream.connected || !stream.connection->write(framed)) ++packets_dropped_;
}

void Carriers::send(std::span<const link::Transmit> transmits) {
  // Runs of packets to one socket go out together, so that the socket can batch them.
  std::vector<env::OutgoingDatagram> run;
  for (size_t i = 0; i < transmits.size();) {
    const link::CarrierId id = transmits[i].path.carrier;
    if (const auto stream = streams_.find(id); stream != streams_.end()) {
      send_to_stream(stream->second, transmits[i++]);
      continue;
    }
    run.clear();
    for (; i < transmits.size() && transmits[i].path.carrier == id; ++i) {
      run.push_back({transmits[i].path.remote, transmits[i].packet});
    }
    const auto socket = datagrams_.find(id);
    if (socket == datagrams_.end()) {
      packets_dropped_ += run.size();
    } else {
      socket->second->send(run);
    }
  }
}

void Carriers::close_useless(const std::function<bool(link::CarrierId)>& is_used) {
  std::vector<link::CarrierId> useless;
  for (const auto& [id, stream] : streams_) {
    if (runtime_.now() - stream.opened >= kUselessAfter && !is_used(id)) useless.push_back(id);
  }
  for (const link::CarrierId id : useless) handle_stream_closed(id, env::SocketError::closed);
}

std::vector<Endpoint> Carriers::udp_endpoints() const {
  std::vector<Endpoint> endpoints;
  for (const auto& [id, socket] : datagrams_) endpoints.push_back(socket->local());
  return endpoints;
}

std::vector<Endpoint> Carriers::tcp_endpoints() const {
  std::vector<Endpoint> endpoints;
  for (const auto& listener : listeners_) endpoints.push_back(listener->local());
  return endpoints;
}

env::DatagramCounts Carriers::datagram_counts() const {
  env::DatagramCounts sum;
  for (const auto& [id, socket] : datagrams_) {
    const env::DatagramCounts counts = socket->counts();
    sum.sent += counts.sent;
    sum.received += counts.received;
    sum.dropped_full += counts.dropped_full;
    sum.dropped_too_big += counts.dropped_too_big;
    sum.dropped_error += counts.dropped_error;
  }
  return sum;
}

}  // namespace starling::node
