// The streams of a SessionLayer, and the services that they are for.
#include "base/check.h"
#include "session/session_layer.h"
#include "session/stream_code.h"

namespace starling::session {
namespace {

StreamClosed closed_by_peer(StreamId id, uint64_t code) {
  if (code == kStreamRefused || code == kStreamBadHeader) return {id, StreamEnd::refused};
  const uint64_t own = code >= kStreamApplicationBase ? code - kStreamApplicationBase : 0;
  return {id, StreamEnd::reset_by_peer, static_cast<uint32_t>(own)};
}

}  // namespace

bool SessionLayer::listen(std::string_view service, Policy policy) {
  if (!is_service_name(service)) return false;
  services_.insert_or_assign(std::string(service), std::move(policy));
  return true;
}

void SessionLayer::stop_listening(std::string_view service) {
  if (const auto found = services_.find(service); found != services_.end()) services_.erase(found);
}

std::expected<StreamId, OpenError> SessionLayer::open_stream(Instant now, const NodeKey& peer_key,
                                                             std::string_view service) {
  if (!is_service_name(service)) return std::unexpected(OpenError::bad_service_name);
  if (peer_key == own_key_) return std::unexpected(OpenError::own_key);
  const NodeId id = crypto::node_id_of(peer_key);
  Peer& peer = peers_[id];
  peer.key = peer_key;
  if (peer.outgoing >= options_.streams_max) return std::unexpected(OpenError::too_many_streams);
  if (peer.current == nullptr && peer.dialing == nullptr && !dial(now, peer)) {
    forget_if_unused(id);
    return std::unexpected(OpenError::too_many_connections);
  }
  auto stream = std::make_unique<Stream>();
  stream->id = {next_stream_++};
  stream->peer = peer_key;
  stream->peer_id = id;
  stream->outgoing = true;
  stream->announced = true;
  stream->sending.push(ServiceHeader{std::string(service)}.encode());
  const StreamId stream_id = stream->id;
  peer.streams.insert(stream_id);
  peer.waiting.push_back(stream.get());
  ++peer.outgoing;
  streams_[stream_id] = std::move(stream);
  counters_.add(SessionCounter::streams_opened);
  open_waiting(now, peer);
  return stream_id;
}

Stream* SessionLayer::find_stream(StreamId id) const {
  const auto found = streams_.find(id);
  return found == streams_.end() ? nullptr : found->second.get();
}

size_t SessionLayer::unacknowledged(StreamId id) const {
  const Stream* stream = find_stream(id);
  return stream == nullptr ? 0 : stream->sending.size();
}

size_t SessionLayer::unread(StreamId id) const {
  const Stream* stream = find_stream(id);
  return stream == nullptr ? 0 : stream->receiving.size();
}

WriteOutcome SessionLayer::write(Instant /*now*/, StreamId id, Bytes&& chunk) {
  Stream* stream = find_stream(id);
  if (stream == nullptr || stream->closed_told || stream->finish_wanted) {
    return WriteOutcome::closed;
  }
  if (stream->sending.size() >= options_.send_buffer_bytes_max) {
    stream->room_wanted = true;
    return WriteOutcome::full;
  }
  stream->sending.push(std::move(chunk));
  if (stream->connection != nullptr) {
    stream->connection->queue(*stream);
    connections_.note(*stream->connection);
  }
  return WriteOutcome::accepted;
}

Bytes SessionLayer::read(Instant /*now*/, StreamId id, size_t max) {
  Stream* stream = find_stream(id);
  if (stream == nullptr || stream->closed_told || stream->receiving.empty()) return {};
  Bytes bytes = stream->receiving.read(max);
  if (stream->connection != nullptr) {
    stream->connection->give_credit(*stream, bytes.size());
    connections_.note(*stream->connection);
  }
  if (!stream->receiving.empty()) return bytes;
  stream->readable_told = false;
  const NodeId peer_id = stream->peer_id;
  settle_stream(*stream);
  forget_if_unused(peer_id);
  return bytes;
}

void SessionLayer::finish(Instant /*now*/, StreamId id) {
  Stream* stream = find_stream(id);
  if (stream == nullptr || stream->closed_told || stream->finish_wanted) return;
  stream->finish_wanted = true;
  if (stream->connection == nullptr) return;
  stream->connection->queue(*stream);
  connections_.note(*stream->connection);
}

void SessionLayer::reset(Instant /*now*/, StreamId id, uint32_t code) {
  Stream* stream = find_stream(id);
  if (stream == nullptr || stream->closed_told) return;
  const NodeId peer_id = stream->peer_id;
  end_stream(*stream, {id, StreamEnd::reset_here}, kStreamApplicationBase + code);
  forget_if_unused(peer_id);
}

void SessionLayer::adopt(std::unique_ptr<Stream> stream) {
  stream->id = {next_stream_++};
  Peer& peer = peers_[stream->peer_id];
  peer.key = stream->peer;
  peer.streams.insert(stream->id);
  const StreamId id = stream->id;
  streams_[id] = std::move(stream);
}

void SessionLayer::settle_stream(Stream& stream) {
  if (stream.closed_told) {
    if (stream.over) return erase(stream);
    if (stream.abort_code) stream.connection->abort(stream, *stream.abort_code);
    return;
  }
  if (!stream.announced && !admit(stream)) return;
  if (stream.peer_code) {
    return end_stream(stream, closed_by_peer(stream.id, *stream.peer_code), *stream.peer_code);
  }
  tell_progress(stream);
  if (!stream.over || !stream.receiving.empty()) return;
  tell(StreamClosed{stream.id, stream.end});
  erase(stream);
}

bool SessionLayer::admit(Stream& stream) {
  using State = ServiceHeaderReader::State;
  const State state = stream.header.state();
  if (state == State::complete) {
    const auto service = services_.find(stream.header.name());
    if (service != services_.end() && service->second(stream.peer)) {
      stream.announced = true;
      counters_.add(SessionCounter::streams_accepted);
      tell(StreamOpened{stream.id, stream.peer, stream.header.name()});
      return true;
    }
    counters_.add(SessionCounter::streams_refused);
    end_stream(stream, {stream.id, StreamEnd::refused}, kStreamRefused);
  } else if (stream.peer_code) {
    end_stream(stream, {stream.id, StreamEnd::reset_by_peer}, *stream.peer_code);
  } else if (state == State::malformed || stream.finish_received) {
    counters_.add(SessionCounter::malformed_service_header);
    end_stream(stream, {stream.id, StreamEnd::refused}, kStreamBadHeader);
  }
  return false;
}

void SessionLayer::tell_progress(Stream& stream) {
  if (stream.outgoing && stream.sending.any_acknowledged() &&
      !std::exchange(stream.confirmed_told, true)) {
    tell(StreamConfirmed{stream.id});
  }
  if (!stream.receiving.empty() && !std::exchange(stream.readable_told, true)) {
    tell(StreamReadable{stream.id});
  }
  if (stream.finish_received && stream.receiving.empty() &&
      !std::exchange(stream.finished_told, true)) {
    tell(StreamFinished{stream.id});
  }
  if (stream.room_wanted && stream.sending.size() <= options_.send_buffer_bytes_max / 2) {
    stream.room_wanted = false;
    tell(StreamWritable{stream.id});
  }
}

void SessionLayer::end_stream(Stream& stream, StreamClosed closed, uint64_t code) {
  stream.closed_told = true;
  if (stream.announced) tell(closed);
  drop_unread(stream);
  if (stream.connection == nullptr) {
    if (Peer* peer = find_peer(stream.peer_id)) std::erase(peer->waiting, &stream);
    return erase(stream);
  }
  // It stays until QUIC has no more use for its bytes.
  stream.connection->abort(stream, code);
  connections_.note(*stream.connection);
  if (stream.over) erase(stream);
}

void SessionLayer::drop_unread(Stream& stream) {
  if (stream.receiving.empty()) return;
  if (stream.connection != nullptr) {
    stream.connection->give_credit(stream, stream.receiving.size());
  }
  stream.receiving.clear();
}

void SessionLayer::lose_connection(Stream& stream, StreamEnd reason) {
  if (!stream.over) stream.end = reason;
  stream.connection = nullptr;
  stream.over = true;
  if (stream.closed_told || !stream.announced) return erase(stream);
  // What has arrived in full can still be read.
  if (stream.finish_received && !stream.receiving.empty()) return;
  stream.closed_told = true;
  tell(StreamClosed{stream.id, stream.end});
  erase(stream);
}

void SessionLayer::erase(Stream& stream) {
  if (Peer* peer = find_peer(stream.peer_id)) {
    peer->streams.erase(stream.id);
    if (stream.outgoing) --peer->outgoing;
  }
  if (!stream.outgoing && stream.connection != nullptr) {
    stream.connection->allow_another_stream();
    connections_.note(*stream.connection);
  }
  streams_.erase(stream.id);
}

}  // namespace starling::session
