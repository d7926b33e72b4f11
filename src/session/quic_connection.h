// session/quic_connection.h - one QUIC connection (RFC 9000) by ngtcp2: the only place that calls it.
//
// How:     one synthetic path for ever, packets of at most 1,200 bytes, no migration, no tickets. Which way the packets take
//          through the mesh is decided below, packet by packet.
// Drive:   after each call drain poll_packet(now) to empty, take the news (next_touched(), take_opened(), take_id_changes(),
//          state()), re-arm next_timeout(). Streams given to it must live until it has told that they are over, or is gone.
// Time:    `now` never goes backwards.  Threads: single owner.
// Wire:    docs/wire/session.md.
#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <utility>
#include <vector>

#include "base/rng.h"
#include "crypto/secure_random.h"
#include "session/packet_header.h"
#include "session/quic_clock.h"
#include "session/stream.h"
#include "session/tls_identity.h"

namespace starling::session {

// What all connections of a node share. Borrows.
struct QuicContext {
  const SessionOptions& options;
  // As SessionLayer::set_datagram_room(); may be empty.
  const std::function<size_t(const NodeId&)>& datagram_room;
  const TlsIdentity& identity;
  const crypto::SymmetricKey& reset_key;
  Rng& rng;
  crypto::SecureRandom& random;
};

// The token that proves that we no longer know the connection of this id (RFC 9000 section 10.3). It outlives a restart,
// because the key follows from the node's secret.
using ResetToken = FixedBytes<16, struct ResetTokenTag>;
ResetToken reset_token_of(const crypto::SymmetricKey& reset_key, const ConnectionId& id);

// Tells a dialler that there is no room for it. Needs no state; smaller than the packet that it answers.
Bytes refusal_of(const PacketHeader& initial);

enum class ConnectionEnd : uint8_t {
  closed_here,
  idle,
  handshake_timeout,
  wrong_key,
  peer_refused,  // during the handshake
  peer_closed,
  peer_dead,
  peer_restarted,
  protocol_error,
};

class QuicConnection {
 public:
  enum class Role : uint8_t { dialler, listener };
  enum class State : uint8_t {
    handshake,
    usable,   // both keys are proved, and both sides know it
    closing,  // repeats its last packet to who still talks
    over,
  };
  // So long it answers late packets with its last one.
  static constexpr Duration kClosingTime = 3s;
  // QUIC's idle timeout is longer.
  static constexpr Duration kBroughtForwardMax = 60s;

  // Dials. `number` is the owner's name for it.
  QuicConnection(const QuicContext& context, uint64_t number, Instant now, const NodeKey& peer);
  // Answers a first packet `from` that claims to be this node. Pre: header.is_initial and version 1.
  QuicConnection(const QuicContext& context, uint64_t number, Instant now, const NodeId& from,
                 const PacketHeader& header);
  ~QuicConnection();
  QuicConnection(const QuicConnection&) = delete;
  QuicConnection& operator=(const QuicConnection&) = delete;

  void handle_packet(Instant now, ByteView packet);
  // True when `packet` ends with the token by which the peer says that it has forgotten us; then it is over.
  bool handle_reset(ByteView packet);
  void handle_timeout(Instant now);
  [[nodiscard]] Instant next_timeout() const;
  // The next packet to send now, if any.
  std::optional<Bytes> poll_packet(Instant now);

  // Gives `stream` a number. False while the peer allows no more streams. Pre: usable.
  bool open(Instant now, Stream& stream);
  // There is something new to send in it.
  void queue(Stream& stream);
  // The application has taken `size` bytes that arrived: the peer may send as many again.
  void give_credit(const Stream& stream, size_t size);
  // Resets both directions.
  void abort(Stream& stream, uint64_t code);
  // An incoming stream is gone altogether: the peer may open another.
  void allow_another_stream();
  // Asks the peer for a sign of life.
  void probe() { probe_wanted_ = true; }
  // Closes when it has had no streams for so long.
  void set_idle_time(Duration time) { idle_time_ = time; }
  // As SessionLayer::restrict_datagrams().
  void restrict_datagrams(Instant now);
  // Tells the peer why.
  void close(Instant now, uint64_t code);
  // Says nothing: the peer no longer knows it.
  void give_up(ConnectionEnd end) { end_with(end); }

  [[nodiscard]] uint64_t number() const { return number_; }
  [[nodiscard]] Role role() const { return role_; }
  [[nodiscard]] State state() const { return state_; }
  // The peer has proved its key, though it may not yet know that it did.
  [[nodiscard]] bool handshake_complete() const { return handshake_complete_; }
  [[nodiscard]] ConnectionEnd end() const { return end_; }  // pre: closing or over
  [[nodiscard]] bool was_usable() const { return was_usable_; }
  [[nodiscard]] bool has_ended() const { return !quic_ && !end_taken_; }
  // Whether it has become usable, or has ended, since the last call.
  bool take_usable() { return state_ == State::usable && !std::exchange(usable_taken_, true); }
  bool take_end() { return !quic_ && !std::exchange(end_taken_, true); }
  // Whether the peer has been silent for long since the last call, with packets unanswered.
  bool take_silence() { return std::exchange(silent_, false); }
  [[nodiscard]] const NodeId& peer_id() const { return peer_id_; }
  // Pre: usable, or dialler.
  [[nodiscard]] const NodeKey& peer() const { return *peer_; }
  [[nodiscard]] size_t stream_count() const { return stream_count_; }
  // Packets that could not be deciphered or parsed since the last call.
  uint64_t take_dropped() { return std::exchange(dropped_, 0); }

  // News since the last call.
  Stream* next_touched();
  std::vector<std::unique_ptr<Stream>> take_opened() { return std::exchange(opened_, {}); }
  bool take_streams_available() { return std::exchange(streams_available_, false); }
  struct IdChange {
    ConnectionId id;
    bool issued = false;  // else retired
  };
  [[nodiscard]] bool has_id_changes() const { return !id_changes_.empty(); }
  std::vector<IdChange> take_id_changes() { return std::exchange(id_changes_, {}); }

 private:
  friend struct QuicCallbacks;
  struct Quic;  // ngtcp2's part

  void touch(Stream& stream);
  void note_stream_count(size_t count);
  void note_silence(Instant now);
  [[nodiscard]] Instant next_question() const;
  [[nodiscard]] uint64_t bytes_unanswered() const;
  void bring_retry_forward(Instant now);
  void become_usable();
  void fail(Instant now, int error);
  // Nothing more is sent or received.
  void end_with(ConnectionEnd end);
  // `reason` is an ngtcp2_connection_close_error.
  void write_last_packet(Instant now, const void* reason);
  ConnectionId issue_id();
  std::optional<Bytes> poll_closing();
  [[nodiscard]] Stream* next_sender() const;
  void ask_room(Instant now);
  // Writes a packet to spare_, with data of `stream` unless that is null; its size, or an error of ngtcp2.
  std::ptrdiff_t write(Instant now, Stream* stream);
  // Whether the error is of the stream alone; then it sends no more for now.
  bool set_aside(Stream& stream, std::ptrdiff_t error);
  void dequeue(Stream& stream);

  const QuicContext& context_;
  const uint64_t number_;
  const Role role_;
  State state_ = State::handshake;
  ConnectionEnd end_ = ConnectionEnd::closed_here;
  NodeId peer_id_;
  std::optional<NodeKey> peer_;
  std::unique_ptr<Quic> quic_;  // empty when closing or over
  bool was_usable_ = false;
  bool usable_taken_ = false;
  bool end_taken_ = false;
  bool handshake_complete_ = false;

  size_t stream_count_ = 0;
  std::deque<Stream*> senders_;  // by turns
  size_t burst_bytes_ = 0;       // sent since the last pause for pacing
  Bytes spare_;
  size_t datagram_size_ = kDatagramSizeMin;
  Instant ask_room_at_ = Instant::min();
  std::deque<Stream*> touched_;
  std::vector<std::unique_ptr<Stream>> opened_;
  bool streams_available_ = false;
  std::vector<IdChange> id_changes_;
  std::optional<ResetToken> peer_reset_token_;
  uint64_t dropped_ = 0;
  bool probe_wanted_ = false;
  QuicClock clock_;
  bool silent_ = false;

  Duration idle_time_;
  Instant idle_since_ = kNever;
  Instant heard_at_;      // the last packet that only the peer can have sent
  Instant ask_again_at_;  // for a sign of life
  Instant silence_told_at_;
  Instant called_at_;  // `now` of the call under way, for ngtcp2's callbacks
  Bytes last_packet_;  // when closing
  bool last_packet_wanted_ = false;
  uint32_t late_packets_ = 0;
  Instant forgotten_at_ = kNever;
};

}  // namespace starling::session
