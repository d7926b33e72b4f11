#include "session/session_layer.h"

#include "base/check.h"
#include "crypto/hash.h"
#include "session/stream_code.h"

namespace starling::session {
namespace {

// Smaller than the smallest packet with data: two nodes that have both forgotten cannot keep each other busy.
constexpr size_t kResetSize = 21;

StreamEnd stream_end_of(ConnectionEnd end) {
  switch (end) {
    case ConnectionEnd::closed_here:
      return StreamEnd::reset_here;
    case ConnectionEnd::handshake_timeout:
      return StreamEnd::unreachable;
    case ConnectionEnd::wrong_key:
      return StreamEnd::wrong_key;
    case ConnectionEnd::peer_refused:
      return StreamEnd::peer_refused;
    case ConnectionEnd::idle:
    case ConnectionEnd::peer_closed:
      return StreamEnd::peer_closed;
    case ConnectionEnd::peer_dead:
      return StreamEnd::peer_dead;
    case ConnectionEnd::peer_restarted:
      return StreamEnd::peer_restarted;
    case ConnectionEnd::protocol_error:
      break;
  }
  return StreamEnd::failed;
}

SessionEnd session_end_of(ConnectionEnd end) {
  switch (end) {
    case ConnectionEnd::idle:
      return SessionEnd::idle;
    case ConnectionEnd::closed_here:
      return SessionEnd::closed_here;
    case ConnectionEnd::peer_closed:
      return SessionEnd::peer_closed;
    case ConnectionEnd::peer_dead:
      return SessionEnd::peer_dead;
    case ConnectionEnd::peer_restarted:
      return SessionEnd::peer_restarted;
    default:
      return SessionEnd::failed;
  }
}

}  // namespace

SessionLayer::Policy SessionLayer::allow_all() {
  return [](const NodeKey&) { return true; };
}

SessionLayer::Policy SessionLayer::allow_only(std::set<NodeKey> peers) {
  return [peers = std::move(peers)](const NodeKey& peer) { return peers.contains(peer); };
}

SessionLayer::SessionLayer(const crypto::Identity& identity, Rng& rng, crypto::SecureRandom& random,
                           const SessionOptions& options)
    : options_(options),
      own_key_(identity.key()),
      own_id_(crypto::node_id_of(identity.key())),
      reset_key_(
          crypto::hmac_sha256(identity.seed().reveal(), {view_of("starling session reset")})),
      tls_identity_(identity),
      random_(random),
      context_{options_, datagram_room_, tls_identity_, reset_key_, rng, random} {}

void SessionLayer::handle_datagram(Instant now, const NodeId& from, ByteView datagram) {
  counters_.add(SessionCounter::datagrams_received);
  if (from == own_id_) return counters_.add(SessionCounter::own_sender);
  const auto header = PacketHeader::read(datagram);
  if (!header || datagram.size() > kDatagramSizeMax) {
    return counters_.add(SessionCounter::malformed_datagram);
  }
  QuicConnection* connection = connections_.find(header->destination);
  if (connection == nullptr) return handle_stray(now, from, *header, datagram);
  if (connection->peer_id() != from) return counters_.add(SessionCounter::wrong_sender);
  connection->handle_packet(now, datagram);
  settle(now, *connection);
}

void SessionLayer::handle_stray(Instant now, const NodeId& from, const PacketHeader& header,
                                ByteView datagram) {
  if (header.is_long) {
    if (header.version != PacketHeader::kQuicVersion1) {
      return counters_.add(SessionCounter::unknown_version);
    }
    if (!header.is_initial) return counters_.add(SessionCounter::unknown_connection);
    if (datagram.size() < kDatagramSizeMin) {
      return counters_.add(SessionCounter::malformed_datagram);
    }
    return answer(now, from, header, datagram);
  }
  if (Peer* peer = find_peer(from)) {
    for (QuicConnection* connection : {peer->current, peer->retiring, peer->dialing}) {
      if (connection == nullptr || !connection->handle_reset(datagram)) continue;
      return settle(now, *connection);
    }
  }
  counters_.add(SessionCounter::unknown_connection);
  send_reset(from, header.destination, datagram.size());
}

void SessionLayer::send_reset(const NodeId& to, const ConnectionId& id, size_t answered_size) {
  if (answered_size <= kResetSize || loose_packets_.size() >= kLoosePacketsMax) return;
  Bytes packet(kResetSize);
  random_.fill(packet);
  packet[0] = static_cast<uint8_t>((packet[0] & 0x3f) | 0x40);
  const ResetToken token = reset_token_of(reset_key_, id);
  std::copy(token.value.begin(), token.value.end(), packet.end() - ResetToken::kSize);
  loose_packets_.push_back({to, std::move(packet)});
  counters_.add(SessionCounter::resets_sent);
}

void SessionLayer::answer(Instant now, const NodeId& from, const PacketHeader& header,
                          ByteView datagram) {
  const Peer* peer = find_peer(from);
  // Both have begun at once: the attempt of the lower key goes on.
  if (peer != nullptr && peer->dialing != nullptr && own_key_ < peer->key) {
    return counters_.add(SessionCounter::initial_yielded);
  }
  const ConnectionTable::Census census = connections_.count(from);
  const bool full = census.live >= options_.connections_max;
  if (full || census.half_open >= options_.half_open_max ||
      census.half_open_of_sender >= options_.half_open_per_sender_max) {
    counters_.add(full ? SessionCounter::too_many_connections : SessionCounter::too_many_half_open);
    if (loose_packets_.size() < kLoosePacketsMax) {
      loose_packets_.push_back({from, refusal_of(header)});
    }
    return;
  }
  counters_.add(SessionCounter::handshakes_answered);
  QuicConnection& connection = connections_.add(
      std::make_unique<QuicConnection>(context_, connections_.next_number(), now, from, header));
  connection.handle_packet(now, datagram);
  settle(now, connection);
}

bool SessionLayer::dial(Instant now, Peer& peer) {
  if (connections_.count({}).live >= options_.connections_max) return false;
  counters_.add(SessionCounter::dials_begun);
  peer.dialing = &connections_.add(
      std::make_unique<QuicConnection>(context_, connections_.next_number(), now, peer.key));
  return true;
}

void SessionLayer::handle_timeout(Instant now) {
  while (QuicConnection* connection = connections_.take_due(now)) {
    connection->handle_timeout(now);
    if (connection->take_silence()) tell(PeerSilent{connection->peer_id()});
    settle(now, *connection);
  }
}

std::optional<SendDatagram> SessionLayer::poll_datagram(Instant now) {
  if (!loose_packets_.empty()) {
    SendDatagram packet = std::move(loose_packets_.front());
    loose_packets_.pop_front();
    counters_.add(SessionCounter::datagrams_sent);
    return packet;
  }
  while (QuicConnection* connection = connections_.next_sender()) {
    const NodeId to = connection->peer_id();
    std::optional<Bytes> packet = connection->poll_packet(now);
    if (!packet) connections_.rest(*connection);
    // New ids must be known before the packet that names them is out, and writing may have failed.
    if (connection->has_id_changes() || connection->has_ended()) settle(now, *connection);
    if (!packet) continue;
    counters_.add(SessionCounter::datagrams_sent);
    return SendDatagram{to, std::move(*packet)};
  }
  return std::nullopt;
}

std::optional<SessionEvent> SessionLayer::poll_event() {
  if (events_.empty()) return std::nullopt;
  SessionEvent event = std::move(events_.front());
  events_.pop_front();
  return event;
}

void SessionLayer::settle(Instant now, QuicConnection& connection) {
  connections_.note(connection);
  counters_.add(SessionCounter::undecipherable, connection.take_dropped());
  const NodeId id = connection.peer_id();
  if (connection.take_usable()) handle_usable(now, connection);
  for (auto& stream : connection.take_opened()) adopt(std::move(stream));
  while (Stream* stream = connection.next_touched()) settle_stream(*stream);
  if (connection.take_streams_available()) {
    if (Peer* peer = find_peer(id); peer != nullptr) open_waiting(now, *peer);
  }
  if (connection.take_end()) handle_end(now, connection);
  const bool crowded = connection.state() == QuicConnection::State::closing &&
                       connections_.closing_count() > ConnectionTable::kClosingMax;
  if (crowded || connection.state() == QuicConnection::State::over) {
    connections_.remove(connection);
  }
  forget_if_unused(id);
}

void SessionLayer::handle_usable(Instant now, QuicConnection& connection) {
  counters_.add(SessionCounter::handshakes_done);
  Peer& peer = peers_[connection.peer_id()];
  if (peer.dialing == &connection) {
    peer.dialing = nullptr;
  } else if (peer.dialing != nullptr && !peer.dialing->handshake_complete()) {
    // Nothing can have gone over our own attempt yet. One that is complete here may be in use there: it goes on.
    counters_.add(SessionCounter::simultaneous_opens);
    end_connection(now, *std::exchange(peer.dialing, nullptr), kConnectionReplaced);
  }
  take_place(now, connection);
}

void SessionLayer::take_place(Instant now, QuicConnection& connection) {
  using Role = QuicConnection::Role;
  // Ending another connection of the peer may make us forget it for a moment.
  const auto known = [&] {
    Peer* found = &peers_[connection.peer_id()];
    found->key = connection.peer();
    return found;
  };
  Peer* peer = known();
  if (QuicConnection* old = peer->current) {
    if (old->role() == connection.role()) {
      // Who has a session does not begin another: the peer has lost all that it had.
      while (QuicConnection* lost = peer->retiring ? peer->retiring : peer->current) {
        lost->give_up(ConnectionEnd::peer_restarted);
        settle(now, *lost);
        peer = known();
      }
    } else {
      // Either both have begun at once, or the peer has restarted: then it answers the probe with a reset.
      counters_.add(SessionCounter::simultaneous_opens);
      if (peer->retiring != nullptr) end_connection(now, *peer->retiring, kConnectionReplaced);
      const Role winner = own_key_ < peer->key ? Role::dialler : Role::listener;
      peer->current = old->role() == winner ? old : &connection;
      peer->retiring = old->role() == winner ? &connection : old;
      peer->retiring->set_idle_time(options_.retire_time);
      old->probe();
      connections_.note(*old);
      return open_waiting(now, *peer);
    }
  }
  if (peer->current == nullptr) tell(SessionUp{peer->key});
  peer->current = &connection;
  open_waiting(now, *peer);
}

void SessionLayer::open_waiting(Instant now, Peer& peer) {
  if (peer.current == nullptr || peer.current->state() != QuicConnection::State::usable) return;
  while (!peer.waiting.empty() && peer.current->open(now, *peer.waiting.front())) {
    peer.waiting.pop_front();
  }
  connections_.note(*peer.current);
}

void SessionLayer::handle_end(Instant now, QuicConnection& connection) {
  count_end(connection);
  Peer* peer = find_peer(connection.peer_id());
  if (peer == nullptr) return;
  const bool was_session = peer->current == &connection || peer->retiring == &connection;
  const bool was_dial = peer->dialing == &connection;
  if (was_dial) peer->dialing = nullptr;
  if (peer->retiring == &connection) peer->retiring = nullptr;
  if (peer->current == &connection) {
    peer->current = std::exchange(peer->retiring, nullptr);
    if (peer->current != nullptr) peer->current->set_idle_time(options_.idle_time);
  }
  const StreamEnd reason = stream_end_of(connection.end());
  const bool nothing_left =
      (was_session || was_dial) && peer->current == nullptr && peer->dialing == nullptr;
  const std::set<StreamId> streams = peer->streams;
  if (nothing_left) peer->waiting.clear();
  for (const StreamId id : streams) {
    Stream* stream = find_stream(id);
    const bool waits = stream->connection == nullptr && stream->number == Stream::kUnnumbered;
    if (stream->connection == &connection || (waits && nothing_left)) {
      lose_connection(*stream, reason);
    }
  }
  if (was_session && peer->current == nullptr) {
    tell(SessionDown{peer->key, session_end_of(connection.end())});
  } else if (peer->current != nullptr) {
    open_waiting(now, *peer);
  }
}

void SessionLayer::count_end(const QuicConnection& connection) {
  const bool dialled = connection.role() == QuicConnection::Role::dialler;
  switch (connection.end()) {
    case ConnectionEnd::wrong_key:
      counters_.add(SessionCounter::wrong_key);
      break;
    case ConnectionEnd::peer_dead:
      counters_.add(SessionCounter::peers_dead);
      break;
    case ConnectionEnd::peer_restarted:
      counters_.add(SessionCounter::peers_restarted);
      break;
    case ConnectionEnd::protocol_error:
      if (connection.handshake_complete()) counters_.add(SessionCounter::protocol_error);
      break;
    default:
      break;
  }
  if (connection.was_usable() || connection.end() == ConnectionEnd::closed_here) return;
  counters_.add(dialled ? SessionCounter::dials_failed : SessionCounter::handshake_failed);
}

void SessionLayer::end_connection(Instant now, QuicConnection& connection, uint64_t code) {
  connection.close(now, code);
  settle(now, connection);
}

void SessionLayer::close_session(Instant now, const NodeKey& peer_key) {
  const NodeId id = crypto::node_id_of(peer_key);
  // Ending one may make another the current one.
  while (Peer* peer = find_peer(id)) {
    QuicConnection* connection = peer->dialing    ? peer->dialing
                                 : peer->retiring ? peer->retiring
                                                  : peer->current;
    if (connection == nullptr) return;
    end_connection(now, *connection, kConnectionLeft);
  }
}

void SessionLayer::close_all(Instant now) {
  std::vector<QuicConnection*> all;
  connections_.for_each([&](QuicConnection& connection) { all.push_back(&connection); });
  for (QuicConnection* connection : all) end_connection(now, *connection, kConnectionLeft);
}

bool SessionLayer::has_session(const NodeKey& peer) const {
  const auto found = peers_.find(crypto::node_id_of(peer));
  return found != peers_.end() && found->second.current != nullptr;
}

void SessionLayer::restrict_datagrams(Instant now, const NodeId& peer) {
  const Peer* known = find_peer(peer);
  if (known != nullptr && known->current != nullptr) known->current->restrict_datagrams(now);
}

SessionLayer::Peer* SessionLayer::find_peer(const NodeId& id) {
  const auto found = peers_.find(id);
  return found == peers_.end() ? nullptr : &found->second;
}

void SessionLayer::forget_if_unused(const NodeId& id) {
  const auto found = peers_.find(id);
  if (found == peers_.end()) return;
  const Peer& peer = found->second;
  if (peer.current == nullptr && peer.retiring == nullptr && peer.dialing == nullptr &&
      peer.streams.empty()) {
    peers_.erase(found);
  }
}

}  // namespace starling::session
