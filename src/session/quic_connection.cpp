// Longer than usual: all that knows ngtcp2 is here, so that a new version of it changes one file.
#include "session/quic_connection.h"

#include <netinet/in.h>
#include <ngtcp2/ngtcp2.h>
#include <ngtcp2/ngtcp2_crypto.h>

#include "base/check.h"
#include "crypto/hash.h"
#include "session/stream_code.h"

namespace starling::session {
namespace {

constexpr Duration kAskRoomInterval = 1s;
// What Ethernet takes, and some more.
constexpr size_t kDatagramSizeUsual = 1'900;
size_t fitting(size_t room) { return std::clamp(room, kDatagramSizeMin, kDatagramSizeMax); }

constexpr size_t kViewsMax = 8;  // chunks in one packet

// ngtcp2's decryption callback is told nothing about the connection, and reading a packet that cannot be deciphered is no
// error to it. So the callback leaves its results here for the reading around it: same thread, same call.
struct Deciphered {
  uint64_t good = 0;
  uint64_t bad = 0;
};
thread_local Deciphered deciphered;

ngtcp2_duration ns_of(Duration duration) { return static_cast<ngtcp2_duration>(duration.count()); }

ngtcp2_cid cid_of(const ConnectionId& id) {
  ngtcp2_cid cid;
  ngtcp2_cid_init(&cid, id.value.data(), id.value.size());
  return cid;
}

}  // namespace

ResetToken reset_token_of(const crypto::SymmetricKey& reset_key, const ConnectionId& id) {
  return ResetToken{crypto::blake2b_mac(reset_key.reveal(), {id.view()}).value};
}

Bytes refusal_of(const PacketHeader& initial) {
  const ngtcp2_cid destination = cid_of(initial.source);
  const ngtcp2_cid source = cid_of(initial.destination);
  Bytes packet(kDatagramSizeMin);
  const ngtcp2_ssize size = ngtcp2_crypto_write_connection_close(
      packet.data(), packet.size(), initial.version, &destination, &source,
      NGTCP2_CONNECTION_REFUSED, nullptr, 0);
  packet.resize(size > 0 ? static_cast<size_t>(size) : 0);
  return packet;
}

struct QuicConnection::Quic {
  Quic(const TlsIdentity& identity, TlsSession::Role role, ExpectedPeer expected)
      : tls(identity, role, std::move(expected), &reference) {
    // Two addresses that stand for the two nodes, wherever they are.
    sockaddr_in here{};
    here.sin_family = AF_INET;
    sockaddr_in there = here;
    here.sin_port = 1;
    there.sin_port = 2;
    ngtcp2_path_storage_init(&path, reinterpret_cast<const sockaddr*>(&here), sizeof here,
                             reinterpret_cast<const sockaddr*>(&there), sizeof there, nullptr);
    reference.user_data = this;
    reference.get_conn = [](ngtcp2_crypto_conn_ref* self) {
      return static_cast<Quic*>(self->user_data)->conn;
    };
  }
  ~Quic() { ngtcp2_conn_del(conn); }
  Quic(const Quic&) = delete;
  Quic& operator=(const Quic&) = delete;

  ngtcp2_crypto_conn_ref reference{};
  TlsSession tls;
  ngtcp2_path_storage path{};
  ngtcp2_conn* conn = nullptr;
};

// What ngtcp2 calls. None of these may end the connection or call the application.
struct QuicCallbacks {
  static QuicConnection& of(void* user) { return *static_cast<QuicConnection*>(user); }

  static int decrypt(uint8_t* to, const ngtcp2_crypto_aead* aead,
                     const ngtcp2_crypto_aead_ctx* context, const uint8_t* from, size_t size,
                     const uint8_t* nonce, size_t nonce_size, const uint8_t* associated,
                     size_t associated_size) {
    const int error = ngtcp2_crypto_decrypt_cb(to, aead, context, from, size, nonce, nonce_size,
                                               associated, associated_size);
    ++(error == 0 ? deciphered.good : deciphered.bad);
    return error;
  }

  // For choices that need no secrecy.
  static void random(uint8_t* to, size_t size, const ngtcp2_rand_ctx* context) {
    Rng& rng = *static_cast<Rng*>(context->native_handle);
    for (size_t i = 0; i < size; ++i) to[i] = static_cast<uint8_t>(rng());
  }

  static int new_id(ngtcp2_conn*, ngtcp2_cid* cid, uint8_t* token, size_t size, void* user) {
    STARLING_CHECK(size == ConnectionId::kSize);
    const ConnectionId id = of(user).issue_id();
    *cid = cid_of(id);
    const ResetToken reset_token = reset_token_of(of(user).context_.reset_key, id);
    std::copy(reset_token.value.begin(), reset_token.value.end(), token);
    return 0;
  }

  static int id_retired(ngtcp2_conn*, const ngtcp2_cid* cid, void* user) {
    if (const auto id = ConnectionId::from({cid->data, cid->datalen})) {
      of(user).id_changes_.push_back({*id, false});
    }
    return 0;
  }

  static int handshake_completed(ngtcp2_conn* conn, void* user) {
    QuicConnection& self = of(user);
    if (!self.quic_->tls.agreed_on_protocol() || !self.quic_->tls.peer_key()) {
      return NGTCP2_ERR_CALLBACK_FAILURE;
    }
    self.handshake_complete_ = true;
    self.peer_ = self.quic_->tls.peer_key();
    if (self.role_ == QuicConnection::Role::listener) {
      self.become_usable();
      return 0;
    }
    const ngtcp2_transport_params* peer = ngtcp2_conn_get_remote_transport_params(conn);
    if (peer != nullptr && peer->stateless_reset_token_present) {
      self.peer_reset_token_ = ResetToken::from(peer->stateless_reset_token);
    }
    return 0;
  }

  static int handshake_confirmed(ngtcp2_conn*, void* user) {
    of(user).become_usable();
    return 0;
  }

  static int stream_opened(ngtcp2_conn* conn, int64_t number, void* user) {
    QuicConnection& self = of(user);
    auto stream = std::make_unique<Stream>();
    stream->peer = *self.peer_;
    stream->peer_id = self.peer_id_;
    stream->connection = &self;
    stream->number = number;
    ngtcp2_conn_set_stream_user_data(conn, number, stream.get());
    self.opened_.push_back(std::move(stream));
    self.note_stream_count(self.stream_count_ + 1);
    return 0;
  }

  static int stream_data(ngtcp2_conn* conn, uint32_t flags, int64_t number, uint64_t,
                         const uint8_t* data, size_t size, void* user, void* stream_user) {
    auto& stream = *static_cast<Stream*>(stream_user);
    ByteView bytes(data, size);
    if (!stream.outgoing) stream.header.take(bytes);
    size_t used = size - bytes.size();
    if (stream.outgoing || stream.header.state() == ServiceHeaderReader::State::complete) {
      stream.receiving.append(bytes);
    } else {
      used = size;
    }
    if (used > 0) {
      ngtcp2_conn_extend_max_stream_offset(conn, number, used);
      ngtcp2_conn_extend_max_offset(conn, used);
    }
    if (flags & NGTCP2_STREAM_DATA_FLAG_FIN) stream.finish_received = true;
    of(user).touch(stream);
    return 0;
  }

  static int stream_acknowledged(ngtcp2_conn*, int64_t, uint64_t offset, uint64_t size, void* user,
                                 void* stream_user) {
    auto& stream = *static_cast<Stream*>(stream_user);
    stream.sending.acknowledge(offset + size);
    const bool first = stream.outgoing && !stream.confirmed_told;
    if (first || stream.room_wanted || stream.abort_code) of(user).touch(stream);
    return 0;
  }

  static int stream_reset(ngtcp2_conn*, int64_t, uint64_t, uint64_t code, void* user,
                          void* stream_user) {
    // A stream whose first sign of life is its end has never been opened.
    if (stream_user == nullptr) return 0;
    auto& stream = *static_cast<Stream*>(stream_user);
    stream.peer_code = code;
    of(user).touch(stream);
    return 0;
  }

  static int stream_closed(ngtcp2_conn*, uint32_t flags, int64_t, uint64_t code, void* user,
                           void* stream_user) {
    if (stream_user == nullptr) return 0;
    QuicConnection& self = of(user);
    auto& stream = *static_cast<Stream*>(stream_user);
    stream.over = true;
    if ((flags & NGTCP2_STREAM_CLOSE_FLAG_APP_ERROR_CODE_SET) && !stream.peer_code) {
      stream.peer_code = code;
    }
    self.dequeue(stream);
    self.touch(stream);
    self.note_stream_count(self.stream_count_ - 1);
    return 0;
  }

  static int streams_available(ngtcp2_conn*, uint64_t, void* user) {
    of(user).streams_available_ = true;
    return 0;
  }

  static int stream_window_opened(ngtcp2_conn*, int64_t, uint64_t, void* user, void* stream_user) {
    auto& stream = *static_cast<Stream*>(stream_user);
    stream.window_closed = false;
    of(user).queue(stream);
    return 0;
  }

  static ngtcp2_callbacks table() {
    ngtcp2_callbacks table{};
    table.client_initial = ngtcp2_crypto_client_initial_cb;
    table.recv_client_initial = ngtcp2_crypto_recv_client_initial_cb;
    table.recv_crypto_data = ngtcp2_crypto_recv_crypto_data_cb;
    table.encrypt = ngtcp2_crypto_encrypt_cb;
    table.decrypt = decrypt;
    table.hp_mask = ngtcp2_crypto_hp_mask_cb;
    table.recv_retry = ngtcp2_crypto_recv_retry_cb;
    table.update_key = ngtcp2_crypto_update_key_cb;
    table.delete_crypto_aead_ctx = ngtcp2_crypto_delete_crypto_aead_ctx_cb;
    table.delete_crypto_cipher_ctx = ngtcp2_crypto_delete_crypto_cipher_ctx_cb;
    table.get_path_challenge_data = ngtcp2_crypto_get_path_challenge_data_cb;
    table.version_negotiation = ngtcp2_crypto_version_negotiation_cb;
    table.rand = random;
    table.get_new_connection_id = new_id;
    table.remove_connection_id = id_retired;
    table.handshake_completed = handshake_completed;
    table.handshake_confirmed = handshake_confirmed;
    table.stream_open = stream_opened;
    table.recv_stream_data = stream_data;
    table.acked_stream_data_offset = stream_acknowledged;
    table.stream_reset = stream_reset;
    table.stream_close = stream_closed;
    table.extend_max_local_streams_bidi = streams_available;
    table.extend_max_stream_data = stream_window_opened;
    return table;
  }

  static ngtcp2_settings settings(const QuicContext& context, const NodeId& peer, Instant now) {
    ngtcp2_settings settings;
    ngtcp2_settings_default(&settings);
    settings.cc_algo =
        context.options.congestion == Congestion::bbr2 ? NGTCP2_CC_ALGO_BBR2 : NGTCP2_CC_ALGO_CUBIC;
    settings.initial_ts = QuicClock().stamp_of(now);
    // Also the unit of the congestion window. A connection whose way proves to be wide only later keeps to the usual.
    settings.max_tx_udp_payload_size = std::max(
        kDatagramSizeUsual, context.datagram_room ? fitting(context.datagram_room(peer)) : 0);
    settings.no_pmtud = 1;
    // The size of each buffer decides.
    settings.no_tx_udp_payload_size_shaping = 1;
    settings.rand_ctx.native_handle = &context.rng;
    settings.handshake_timeout = ns_of(context.options.handshake_time);
    return settings;
  }

  static ngtcp2_transport_params parameters(const QuicContext& context) {
    const SessionOptions& options = context.options;
    ngtcp2_transport_params parameters;
    ngtcp2_transport_params_default(&parameters);
    parameters.initial_max_data = options.unread_bytes_max;
    parameters.initial_max_stream_data_bidi_local = options.stream_unread_bytes_max;
    parameters.initial_max_stream_data_bidi_remote = options.stream_unread_bytes_max;
    parameters.initial_max_streams_bidi = options.streams_max;
    // Without streams nothing is sent until the connection is closed for it.
    parameters.max_idle_timeout = ns_of(options.idle_time + options.silence_max);
    parameters.max_udp_payload_size = kDatagramSizeMax;
    parameters.disable_active_migration = 1;
    return parameters;
  }
};

QuicConnection::QuicConnection(const QuicContext& context, uint64_t number, Instant now,
                               const NodeKey& peer)
    : context_(context),
      number_(number),
      role_(Role::dialler),
      peer_id_(crypto::node_id_of(peer)),
      peer_(peer),
      idle_time_(context.options.idle_time),
      heard_at_(now),
      ask_again_at_(now),
      silence_told_at_(now),
      called_at_(now) {
  quic_ = std::make_unique<Quic>(context.identity, TlsSession::Role::client,
                                 ExpectedPeer{peer_id_, peer});
  const ngtcp2_cid source = cid_of(issue_id());
  const ngtcp2_cid destination = cid_of(context.random.fixed<ConnectionId>());
  const ngtcp2_callbacks callbacks = QuicCallbacks::table();
  const ngtcp2_settings settings = QuicCallbacks::settings(context, peer_id_, now);
  const ngtcp2_transport_params parameters = QuicCallbacks::parameters(context);
  STARLING_CHECK(ngtcp2_conn_client_new(&quic_->conn, &destination, &source, &quic_->path.path,
                                        NGTCP2_PROTO_VER_V1, &callbacks, &settings, &parameters,
                                        nullptr, this) == 0);
  ngtcp2_conn_set_tls_native_handle(quic_->conn, quic_->tls.handle());
}

QuicConnection::QuicConnection(const QuicContext& context, uint64_t number, Instant now,
                               const NodeId& from, const PacketHeader& header)
    : context_(context),
      number_(number),
      role_(Role::listener),
      peer_id_(from),
      idle_time_(context.options.idle_time),
      heard_at_(now),
      ask_again_at_(now),
      silence_told_at_(now),
      called_at_(now) {
  quic_ = std::make_unique<Quic>(context.identity, TlsSession::Role::server,
                                 ExpectedPeer{from, std::nullopt});
  const ConnectionId id = issue_id();
  // The dialler uses the id that it invented until it has heard ours.
  id_changes_.push_back({header.destination, true});
  const ngtcp2_cid source = cid_of(id);
  const ngtcp2_cid destination = cid_of(header.source);
  const ngtcp2_callbacks callbacks = QuicCallbacks::table();
  const ngtcp2_settings settings = QuicCallbacks::settings(context, peer_id_, now);
  ngtcp2_transport_params parameters = QuicCallbacks::parameters(context);
  parameters.original_dcid = cid_of(header.destination);
  parameters.stateless_reset_token_present = 1;
  const ResetToken token = reset_token_of(context.reset_key, id);
  std::copy(token.value.begin(), token.value.end(), parameters.stateless_reset_token);
  STARLING_CHECK(ngtcp2_conn_server_new(&quic_->conn, &destination, &source, &quic_->path.path,
                                        NGTCP2_PROTO_VER_V1, &callbacks, &settings, &parameters,
                                        nullptr, this) == 0);
  ngtcp2_conn_set_tls_native_handle(quic_->conn, quic_->tls.handle());
}

QuicConnection::~QuicConnection() = default;

ConnectionId QuicConnection::issue_id() {
  const auto id = context_.random.fixed<ConnectionId>();
  id_changes_.push_back({id, true});
  return id;
}

void QuicConnection::become_usable() {
  state_ = State::usable;
  was_usable_ = true;
  idle_since_ = called_at_;
}

void QuicConnection::handle_packet(Instant now, ByteView packet) {
  called_at_ = now;
  if (state_ == State::closing) {
    // After 1, 2, 4, 8, ... late packets: two ends that both close must not keep each other busy.
    ++late_packets_;
    last_packet_wanted_ = (late_packets_ & (late_packets_ - 1)) == 0;
  }
  if (!quic_) return;
  deciphered = {};
  const uint64_t unanswered = bytes_unanswered();
  const int error = ngtcp2_conn_read_pkt(quic_->conn, &quic_->path.path, nullptr, packet.data(),
                                         packet.size(), clock_.stamp_of(now));
  if (deciphered.good > 0) {
    // The way is back. QUIC would send its unanswered packets again when it is their turn, which can take long.
    if (now - heard_at_ >= context_.options.ask_again && bytes_unanswered() > 0) {
      probe_wanted_ = true;
      // Above the congestion window only its own timer lets anything out. What is under way is lost if this did not answer it.
      if (error == 0 && bytes_unanswered() >= unanswered) bring_retry_forward(now);
    }
    heard_at_ = now;
  } else {
    ++dropped_;
  }
  if (error != 0) fail(now, error);
}

uint64_t QuicConnection::bytes_unanswered() const {
  ngtcp2_conn_stat stat{};
  ngtcp2_conn_get_conn_stat(quic_->conn, &stat);
  return stat.bytes_in_flight;
}

// The time of the next attempt comes at once, see QuicClock.
void QuicConnection::bring_retry_forward(Instant now) {
  ngtcp2_conn_stat stat{};
  ngtcp2_conn_get_conn_stat(quic_->conn, &stat);
  if (!handshake_complete_) return;
  const Duration wait = clock_.instant_of(stat.loss_detection_timer) - now;
  if (wait <= Duration::zero() || wait > kBroughtForwardMax) return;
  clock_.skip(wait);
  const int error = ngtcp2_conn_handle_expiry(quic_->conn, clock_.stamp_of(now));
  if (error != 0) fail(now, error);
}

void QuicConnection::note_silence(Instant now) {
  const Instant since = std::max(heard_at_, silence_told_at_);
  if (now - since < context_.options.silence_notice || bytes_unanswered() == 0) return;
  silence_told_at_ = now;
  silent_ = true;
}

bool QuicConnection::handle_reset(ByteView packet) {
  if (!quic_ || !peer_reset_token_ || packet.size() < ResetToken::kSize) return false;
  if (!crypto::equal_in_constant_time(packet.last(ResetToken::kSize), peer_reset_token_->view())) {
    return false;
  }
  end_with(ConnectionEnd::peer_restarted);
  return true;
}

void QuicConnection::handle_timeout(Instant now) {
  called_at_ = now;
  if (state_ == State::closing && now >= forgotten_at_) state_ = State::over;
  if (!quic_) return;
  if (stream_count_ > 0 && now - heard_at_ >= context_.options.silence_max) {
    return end_with(ConnectionEnd::peer_dead);
  }
  note_silence(now);
  if (stream_count_ > 0 && now >= next_question()) {
    // Not at the same times as anything else that is regular.
    const auto half = static_cast<uint64_t>(context_.options.ask_again.count()) / 2;
    ask_again_at_ = now + context_.options.ask_again * 3 / 4 +
                    Duration(static_cast<int64_t>(context_.rng.below(half + 1)));
    probe_wanted_ = true;
  }
  if (state_ == State::usable && stream_count_ == 0 && now - idle_since_ >= idle_time_) {
    close(now, kConnectionIdle);
    end_ = ConnectionEnd::idle;
    return;
  }
  if (clock_.instant_of(ngtcp2_conn_get_expiry(quic_->conn)) > now) return;
  const int error = ngtcp2_conn_handle_expiry(quic_->conn, clock_.stamp_of(now));
  if (error != 0) fail(now, error);
}

Instant QuicConnection::next_timeout() const {
  if (state_ == State::closing) return forgotten_at_;
  if (!quic_) return kNever;
  Instant next = clock_.instant_of(ngtcp2_conn_get_expiry(quic_->conn));
  if (stream_count_ > 0) {
    next = std::min({next, next_question(), heard_at_ + context_.options.silence_max});
  } else if (state_ == State::usable) {
    next = std::min(next, idle_since_ + idle_time_);
  }
  return next;
}

Instant QuicConnection::next_question() const {
  return std::max(heard_at_ + context_.options.keep_alive, ask_again_at_);
}

void QuicConnection::fail(Instant now, int error) {
  if (error == NGTCP2_ERR_DRAINING) {
    return end_with(state_ == State::usable ? ConnectionEnd::peer_closed
                                            : ConnectionEnd::peer_refused);
  }
  if (error == NGTCP2_ERR_IDLE_CLOSE) return end_with(ConnectionEnd::peer_dead);
  if (error == NGTCP2_ERR_HANDSHAKE_TIMEOUT) return end_with(ConnectionEnd::handshake_timeout);
  if (error == NGTCP2_ERR_DROP_CONN || error == NGTCP2_ERR_RETRY) {
    return end_with(ConnectionEnd::protocol_error);
  }
  const bool wrong_key = quic_->tls.met_wrong_key();
  ngtcp2_connection_close_error reason;
  if (error == NGTCP2_ERR_CRYPTO) {
    ngtcp2_connection_close_error_set_transport_error_tls_alert(
        &reason, ngtcp2_conn_get_tls_alert(quic_->conn), nullptr, 0);
  } else {
    ngtcp2_connection_close_error_set_transport_error_liberr(&reason, error, nullptr, 0);
  }
  write_last_packet(now, &reason);
  end_ = wrong_key ? ConnectionEnd::wrong_key : ConnectionEnd::protocol_error;
}

void QuicConnection::close(Instant now, uint64_t code) {
  if (!quic_) return;
  ngtcp2_connection_close_error reason;
  ngtcp2_connection_close_error_set_application_error(&reason, code, nullptr, 0);
  write_last_packet(now, &reason);
}

void QuicConnection::write_last_packet(Instant now, const void* reason) {
  last_packet_.resize(kDatagramSizeMin);
  const ngtcp2_ssize size = ngtcp2_conn_write_connection_close(
      quic_->conn, nullptr, nullptr, last_packet_.data(), last_packet_.size(),
      static_cast<const ngtcp2_connection_close_error*>(reason), clock_.stamp_of(now));
  end_with(ConnectionEnd::closed_here);
  if (size <= 0) return;
  last_packet_.resize(static_cast<size_t>(size));
  last_packet_wanted_ = true;
  forgotten_at_ = now + kClosingTime;
  state_ = State::closing;
}

void QuicConnection::end_with(ConnectionEnd end) {
  state_ = State::over;
  end_ = end;
  senders_.clear();
  quic_.reset();
}

void QuicConnection::touch(Stream& stream) {
  if (std::exchange(stream.touched, true)) return;
  touched_.push_back(&stream);
}

Stream* QuicConnection::next_touched() {
  if (touched_.empty()) return nullptr;
  Stream* stream = touched_.front();
  touched_.pop_front();
  stream->touched = false;
  return stream;
}

void QuicConnection::note_stream_count(size_t count) {
  if ((count > 0) != (stream_count_ > 0)) {
    // Silence while nothing was expected is no sign of death.
    heard_at_ = called_at_;
    idle_since_ = called_at_;
  }
  stream_count_ = count;
}

bool QuicConnection::open(Instant now, Stream& stream) {
  called_at_ = now;
  STARLING_CHECK(state_ == State::usable);
  int64_t number = 0;
  if (ngtcp2_conn_open_bidi_stream(quic_->conn, &number, &stream) != 0) return false;
  stream.connection = this;
  stream.number = number;
  note_stream_count(stream_count_ + 1);
  queue(stream);
  return true;
}

void QuicConnection::queue(Stream& stream) {
  if (!quic_ || stream.over || stream.queued || stream.window_closed || !stream.wants_to_send()) {
    return;
  }
  stream.queued = true;
  senders_.push_back(&stream);
}

void QuicConnection::dequeue(Stream& stream) {
  if (!std::exchange(stream.queued, false)) return;
  if (senders_.front() == &stream) {
    senders_.pop_front();
  } else {
    std::erase(senders_, &stream);
  }
}

void QuicConnection::give_credit(const Stream& stream, size_t size) {
  if (!quic_) return;
  if (!stream.over) ngtcp2_conn_extend_max_stream_offset(quic_->conn, stream.number, size);
  ngtcp2_conn_extend_max_offset(quic_->conn, size);
}

void QuicConnection::abort(Stream& stream, uint64_t code) {
  if (!quic_ || stream.over) return;
  if (stream.outgoing && !stream.sending.any_acknowledged()) {
    // A reset that arrives before anything else of the stream makes ngtcp2 forget it without an answer, and we would wait
    // for that for ever. So the beginning goes first.
    stream.abort_code = code;
    ngtcp2_conn_shutdown_stream_read(quic_->conn, stream.number, code);
    return;
  }
  stream.abort_code.reset();
  dequeue(stream);
  ngtcp2_conn_shutdown_stream(quic_->conn, stream.number, code);
}

void QuicConnection::allow_another_stream() {
  if (quic_) ngtcp2_conn_extend_max_streams_bidi(quic_->conn, 1);
}

std::optional<Bytes> QuicConnection::poll_closing() {
  if (!std::exchange(last_packet_wanted_, false)) return std::nullopt;
  return last_packet_;
}

std::optional<Bytes> QuicConnection::poll_packet(Instant now) {
  called_at_ = now;
  if (!quic_) return poll_closing();
  if (handshake_complete_ && now >= ask_room_at_) ask_room(now);
  spare_.resize(datagram_size_);
  // The only way to ask ngtcp2 for a PING: its keep-alive, due at once.
  if (probe_wanted_) ngtcp2_conn_set_keep_alive_timeout(quic_->conn, 1);
  std::ptrdiff_t size = 0;
  while (true) {
    Stream* stream = next_sender();
    size = write(now, stream);
    if (size >= 0) break;
    if (stream != nullptr && set_aside(*stream, size)) continue;
    fail(now, static_cast<int>(size));
    return poll_closing();
  }
  if (std::exchange(probe_wanted_, false)) {
    ngtcp2_conn_set_keep_alive_timeout(quic_->conn,
                                       stream_count_ > 0 ? ns_of(context_.options.keep_alive) : 0);
  }
  burst_bytes_ += static_cast<size_t>(size);
  if (size == 0 || burst_bytes_ >= ngtcp2_conn_get_send_quantum(quic_->conn)) {
    burst_bytes_ = 0;
    // Before that the client's last flight would be paced by a round trip that nobody has measured.
    if (handshake_complete_) ngtcp2_conn_update_pkt_tx_time(quic_->conn, clock_.stamp_of(now));
  }
  if (size == 0) return std::nullopt;
  spare_.resize(static_cast<size_t>(size));
  return std::exchange(spare_, {});
}

void QuicConnection::restrict_datagrams(Instant now) {
  datagram_size_ = kDatagramSizeMin;
  ask_room_at_ = now + kAskRoomInterval;
}

void QuicConnection::ask_room(Instant now) {
  ask_room_at_ = now + kAskRoomInterval;
  if (!context_.datagram_room) return;
  datagram_size_ = fitting(context_.datagram_room(peer_id_));
}

Stream* QuicConnection::next_sender() const {
  if (senders_.empty()) return nullptr;
  Stream* stream = senders_.front();
  const bool only_finish = stream->sending.unsent() == 0;
  return only_finish || ngtcp2_conn_get_max_data_left(quic_->conn) > 0 ? stream : nullptr;
}

std::ptrdiff_t QuicConnection::write(Instant now, Stream* stream) {
  std::array<ngtcp2_vec, kViewsMax> vectors;
  size_t count = 0;
  size_t total = 0;
  uint32_t flags = NGTCP2_WRITE_STREAM_FLAG_NONE;
  if (stream != nullptr) {
    std::array<ByteView, kViewsMax> views;
    count = stream->sending.gather(views, kDatagramSizeMax);
    for (size_t i = 0; i < count; ++i) {
      vectors[i] = {const_cast<uint8_t*>(views[i].data()), views[i].size()};
      total += views[i].size();
    }
    if (stream->finish_wanted && total == stream->sending.unsent()) {
      flags |= NGTCP2_WRITE_STREAM_FLAG_FIN;
    }
  }
  ngtcp2_ssize sent = -1;
  const ngtcp2_ssize size = ngtcp2_conn_writev_stream(
      quic_->conn, nullptr, nullptr, spare_.data(), spare_.size(), &sent, flags,
      stream != nullptr ? stream->number : -1, vectors.data(), count, clock_.stamp_of(now));
  if (stream == nullptr || sent < 0 || size < 0) return size;
  stream->sending.mark_sent(static_cast<size_t>(sent));
  if ((flags & NGTCP2_WRITE_STREAM_FLAG_FIN) && static_cast<size_t>(sent) == total) {
    stream->finish_sent = true;
  }
  // By turns.
  senders_.pop_front();
  stream->queued = false;
  queue(*stream);
  return size;
}

bool QuicConnection::set_aside(Stream& stream, std::ptrdiff_t error) {
  if (error == NGTCP2_ERR_STREAM_DATA_BLOCKED) {
    // When it is the connection's window, next_sender() waits for it.
    stream.window_closed = ngtcp2_conn_get_max_data_left(quic_->conn) > 0;
    if (stream.window_closed) dequeue(stream);
    return true;
  }
  if (error != NGTCP2_ERR_STREAM_SHUT_WR && error != NGTCP2_ERR_STREAM_NOT_FOUND) return false;
  // The peer reads no more; QUIC resets the stream and tells when that is done.
  dequeue(stream);
  stream.window_closed = true;
  return true;
}

}  // namespace starling::session
