// session/session_types.h - what the session layer tells its owner, and its limits.
#pragma once

#include <optional>
#include <string>
#include <variant>

#include "base/time.h"
#include "crypto/keys.h"

namespace starling::session {

using crypto::NodeId;
using crypto::NodeKey;

// Names a stream of one SessionLayer for its whole life; never used again.
struct StreamId {
  uint64_t number = 0;
  friend auto operator<=>(const StreamId&, const StreamId&) = default;
};

enum class Congestion : uint8_t {
  bbr2,   // keeps its rate under random loss
  cubic,  // 4 of 100 Mbit/s at 1 % loss; for comparison
};

struct SessionOptions {
  Congestion congestion = Congestion::bbr2;
  // Streams that each side may have open to the other. Overflow: open_stream() refuses; a peer waits for QUIC's credit.
  size_t streams_max = 64;
  // Overflow: refuse, a dialler is told.
  size_t connections_max = 1'024;
  // Handshakes of strangers under way, each 110 KiB, in all and of one sender. Overflow: refuse.
  size_t half_open_max = 128;
  size_t half_open_per_sender_max = 4;
  // Received and not yet read, of one peer and of one stream. Overflow: the sender waits for QUIC's credit.
  uint64_t unread_bytes_max = 16 << 20;
  uint64_t stream_unread_bytes_max = 4 << 20;
  // Written and not yet acknowledged, of one stream. Overflow: write() refuses.
  size_t send_buffer_bytes_max = 4 << 20;

  Duration handshake_time = 20s;
  // A peer with open streams is asked for a sign of life after so long without a packet, then again and again: QUIC's own
  // attempts become rare after a while, and a way that is back must be noticed soon.
  Duration keep_alive = 4s;
  Duration ask_again = 500ms;
  // Unanswered for so long, the owner hears of it, again and again: perhaps there is another way to the peer.
  Duration silence_notice = 1s;
  // Without a packet for so long it is dead; below 30 s, the answer being on its way counts.
  Duration silence_max = 25s;
  // Connections without streams are closed.
  Duration idle_time = 60s;
  // The same for the connection that lost a simultaneous open; longer than anything under way.
  Duration retire_time = 5s;
};

enum class OpenError : uint8_t {
  bad_service_name,
  own_key,
  too_many_streams,
  too_many_connections,
};

enum class WriteOutcome : uint8_t {
  accepted,
  full,    // the chunk is untouched; StreamWritable follows
  closed,  // no such stream, or it is finished
};

enum class StreamEnd : uint8_t {
  finished,       // both sides have said all, and all of it has been read and acknowledged
  refused,        // the peer has no such service for us
  reset_by_peer,  // `code` says what it meant
  reset_here,
  unreachable,     // no answer to our handshake
  wrong_key,       // somebody else answered
  peer_refused,    // the peer did not want a connection
  peer_dead,       // silent for too long
  peer_restarted,  // it has forgotten us
  peer_closed,
  failed,  // the peer broke the rules of QUIC
};

enum class SessionEnd : uint8_t {
  idle,
  closed_here,
  peer_closed,
  peer_dead,
  peer_restarted,
  failed,
};

std::string_view name_of(StreamEnd end);
std::string_view name_of(SessionEnd end);

// The first usable connection with the peer is there: both keys are proved.
struct SessionUp {
  NodeKey peer;
};
// The last one is gone. Its streams have had their StreamClosed.
struct SessionDown {
  NodeKey peer;
  SessionEnd reason = SessionEnd::idle;
};
// The peer has opened a stream to a service that listens here and admits it.
struct StreamOpened {
  StreamId stream;
  NodeKey peer;
  std::string service;
};
// The peer has our stream's beginning and has not refused it. A refusal comes with, or shortly after, its first answer, so
// this is not a promise.
struct StreamConfirmed {
  StreamId stream;
};
// There is something to read(). Told again only after a read() that left nothing.
struct StreamReadable {
  StreamId stream;
};
// There is room again after a write() that was refused.
struct StreamWritable {
  StreamId stream;
};
// The peer has said all, and all of it has been read.
struct StreamFinished {
  StreamId stream;
};
// The last word about a stream: its id is free of meaning from here on.
struct StreamClosed {
  StreamId stream;
  StreamEnd reason = StreamEnd::finished;
  uint32_t code = 0;  // of reset_by_peer
};

// The peer has left packets unanswered for silence_notice: the way to it may be broken.
struct PeerSilent {
  NodeId peer;
};

using SessionEvent =
    std::variant<SessionUp, SessionDown, StreamOpened, StreamConfirmed, StreamReadable,
                 StreamWritable, StreamFinished, StreamClosed, PeerSilent>;

// One QUIC datagram, at most kDatagramSizeMax bytes, to be carried by the mesh.
struct SendDatagram {
  NodeId to;
  Bytes payload;
};
inline constexpr size_t kDatagramSizeMax = 8'700;
// While nothing is known of the way; a dialler's first one has exactly that (RFC 9000 section 14.1).
inline constexpr size_t kDatagramSizeMin = 1'200;

}  // namespace starling::session
