// session/session_layer.h - streams between any two nodes: end-to-end QUIC sessions over a mesh that only carries datagrams.
//
// How:     open_stream() dials the peer when there is no session with it; both keys are proved before anything reaches an
//          application. A stream names the service that it is for; the other side must listen to it and admit the peer.
// Drive:   after handle_*() and commands: drain poll_datagram(now), then poll_event(), re-arm next_timeout().
// Rules and the attacks they answer:
//  - the sender of a datagram is a claim: what arrives is believed only under the keys of a handshake that both node keys
//    signed, and a listener also wants the key to be the one of that sender;
//  - everything is denied by default: a service must listen, and its policy must admit the peer's key;
//  - unread data, streams, connections and open handshakes are bounded; until its sender has answered, a handshake gets at
//    most three times its bytes back (RFC 9000 section 8.1); refusals and resets are smaller than what they answer.
// Time:    `now` never goes backwards.  Threads: single owner.
// Wire:    docs/wire/session.md.
#pragma once

#include <expected>
#include <functional>

#include "base/counters.h"
#include "session/connection_table.h"
#include "session/session_counter.h"

namespace starling::session {

class SessionLayer {
 public:
  // Whether a service admits streams of this peer. Asked once per stream; must not call the layer.
  using Policy = std::function<bool(const NodeKey& peer)>;
  static Policy allow_all();
  static Policy allow_only(std::set<NodeKey> peers);

  // All references are borrowed and must outlive the layer.
  SessionLayer(const crypto::Identity& identity, Rng& rng, crypto::SecureRandom& random,
               const SessionOptions& options = {});

  void handle_datagram(Instant now, const NodeId& from, ByteView datagram);
  void handle_timeout(Instant now);
  [[nodiscard]] Instant next_timeout() const { return connections_.next_timeout(); }
  std::optional<SendDatagram> poll_datagram(Instant now);
  std::optional<SessionEvent> poll_event();

  // Replaces an earlier policy of the service. False when it is no service name (service_header.h).
  bool listen(std::string_view service, Policy policy);
  // Streams that are open stay open.
  void stop_listening(std::string_view service);

  // Ends in StreamClosed, in any case within 30 s after the peer has died. May be written to at once: what is written goes
  // out when the session is there.
  std::expected<StreamId, OpenError> open_stream(Instant now, const NodeKey& peer,
                                                 std::string_view service);
  // `chunk` is taken over when accepted, without a copy when it has kSmallChunk bytes or more. A chunk may overshoot the limit
  // of the send buffer, so keep chunks well below it.
  WriteOutcome write(Instant now, StreamId stream, Bytes&& chunk);
  // The next bytes, at most `max`; empty when there are none now. The peer may send as many more. Without a copy when a whole
  // chunk fits: 64 KiB and more are good values. Pre: max > 0.
  Bytes read(Instant now, StreamId stream, size_t max);
  // Nothing more will be written. The stream goes on until the peer has finished, too, and all of it is read.
  void finish(Instant now, StreamId stream);
  // Ends both directions at once; StreamClosed{reset_here} follows. The peer learns `code`.
  void reset(Instant now, StreamId stream, uint32_t code);
  // Ends the session with the peer and all streams in it.
  void close_session(Instant now, const NodeKey& peer);
  void close_all(Instant now);

  // How large a datagram the way to a peer takes in one piece just now; asked once a second of each connection that sends.
  // Without an answer they have kDatagramSizeMin bytes.
  void set_datagram_room(std::function<size_t(const NodeId&)> room) {
    datagram_room_ = std::move(room);
  }
  // A datagram to that peer was too large: the next ones have kDatagramSizeMin bytes, for a second.
  void restrict_datagrams(Instant now, const NodeId& peer);

  [[nodiscard]] bool has_session(const NodeKey& peer) const;
  // Connections in any state but closing.
  [[nodiscard]] size_t connection_count() const { return connections_.count({}).live; }
  [[nodiscard]] size_t stream_count() const { return streams_.size(); }
  // Written and not yet acknowledged; received and not yet read. Zero for unknown streams.
  [[nodiscard]] size_t unacknowledged(StreamId stream) const;
  [[nodiscard]] size_t unread(StreamId stream) const;
  [[nodiscard]] const Counters<SessionCounter>& counters() const { return counters_; }

 private:
  // Waiting to go out that belong to no connection. Overflow: drop the new one.
  static constexpr size_t kLoosePacketsMax = 64;

  struct Peer {
    NodeKey key;
    // Usable. After a simultaneous open there are two for a while: new streams go to `current`.
    QuicConnection* current = nullptr;
    QuicConnection* retiring = nullptr;
    QuicConnection* dialing = nullptr;
    std::deque<Stream*> waiting;  // for a session, or for the peer to allow more streams
    std::set<StreamId> streams;
    size_t outgoing = 0;
  };

  // session_layer.cpp
  void answer(Instant now, const NodeId& from, const PacketHeader& header, ByteView datagram);
  void handle_stray(Instant now, const NodeId& from, const PacketHeader& header, ByteView datagram);
  void send_reset(const NodeId& to, const ConnectionId& id, size_t answered_size);
  bool dial(Instant now, Peer& peer);
  // Takes the news of a connection. It may be gone afterwards.
  void settle(Instant now, QuicConnection& connection);
  void handle_usable(Instant now, QuicConnection& connection);
  void take_place(Instant now, QuicConnection& connection);
  void handle_end(Instant now, QuicConnection& connection);
  void open_waiting(Instant now, Peer& peer);
  void count_end(const QuicConnection& connection);
  void end_connection(Instant now, QuicConnection& connection, uint64_t code);
  void forget_if_unused(const NodeId& id);
  Peer* find_peer(const NodeId& id);
  void tell(SessionEvent event) { events_.push_back(std::move(event)); }

  // session_streams.cpp
  Stream* find_stream(StreamId id) const;
  void adopt(std::unique_ptr<Stream> stream);
  // Tells what is new in a stream. It may be gone afterwards.
  void settle_stream(Stream& stream);
  // False when it waits for the rest of its header, or is refused.
  bool admit(Stream& stream);
  void tell_progress(Stream& stream);
  // The application hears no more of it, the peer learns `code`.
  void end_stream(Stream& stream, StreamClosed closed, uint64_t code);
  void drop_unread(Stream& stream);
  void lose_connection(Stream& stream, StreamEnd reason);
  void erase(Stream& stream);

  const SessionOptions options_;
  const NodeKey own_key_;
  const NodeId own_id_;
  const crypto::SymmetricKey reset_key_;
  TlsIdentity tls_identity_;
  crypto::SecureRandom& random_;
  std::function<size_t(const NodeId&)> datagram_room_;
  const QuicContext context_;
  Counters<SessionCounter> counters_;

  std::map<std::string, Policy, std::less<>> services_;
  std::map<NodeId, Peer> peers_;
  std::map<StreamId, std::unique_ptr<Stream>> streams_;
  uint64_t next_stream_ = 1;
  ConnectionTable connections_;  // holds views into the streams: goes before them
  std::deque<SendDatagram> loose_packets_;
  std::deque<SessionEvent> events_;
};

}  // namespace starling::session
