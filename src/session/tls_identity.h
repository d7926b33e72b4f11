// session/tls_identity.h - TLS 1.3 with raw Ed25519 keys (RFC 7250) on both sides, as QUIC's handshake.
//
// How:     a node's key is its certificate. GnuTLS calls back for the one signature of a handshake, so the secret stays in
//          crypto::Identity; only TLS 1.3's own text (RFC 8446 section 4.4.3) is ever signed that way.
// Rules and the attacks they answer:
//  - both sides must show a raw Ed25519 key, and the expected one: no stranger in between, nobody under a false address;
//  - no tickets, no early data: nothing can be replayed.
// Wire:    docs/wire/session.md#handshake.
#pragma once

#include <memory>
#include <optional>

#include "crypto/identity.h"

struct gnutls_session_int;
struct gnutls_certificate_credentials_st;

namespace starling::session {

inline constexpr std::string_view kApplicationProtocol = "starling/1";  // ALPN

// What a node shows to others. Borrows `identity`, which must outlive it and all of its sessions.
class TlsIdentity {
 public:
  explicit TlsIdentity(const crypto::Identity& identity);
  ~TlsIdentity();
  TlsIdentity(const TlsIdentity&) = delete;
  TlsIdentity& operator=(const TlsIdentity&) = delete;

  [[nodiscard]] gnutls_certificate_credentials_st* credentials() const { return credentials_; }

 private:
  gnutls_certificate_credentials_st* credentials_ = nullptr;
};

// Who must be at the other end: always the node of this id, and this very key where it is known.
struct ExpectedPeer {
  crypto::NodeId id;
  std::optional<crypto::NodeKey> key;
};

// One handshake. ngtcp2's glue drives it; it must not move.
class TlsSession {
 public:
  enum class Role : uint8_t { client, server };

  // `connection_reference` is the ngtcp2_crypto_conn_ref of the connection; it must outlive the session.
  TlsSession(const TlsIdentity& identity, Role role, ExpectedPeer expected,
             void* connection_reference);
  ~TlsSession();
  TlsSession(const TlsSession&) = delete;
  TlsSession& operator=(const TlsSession&) = delete;

  [[nodiscard]] gnutls_session_int* handle() const { return session_; }
  // Empty until the peer has proved that it holds the key, and when it is not the expected one.
  [[nodiscard]] const std::optional<crypto::NodeKey>& peer_key() const { return peer_key_; }
  // The peer holds a key, but another one than expected.
  [[nodiscard]] bool met_wrong_key() const { return met_wrong_key_; }
  // True when both agreed on kApplicationProtocol. Pre: the handshake is complete.
  [[nodiscard]] bool agreed_on_protocol() const;

 private:
  static int verify_peer(gnutls_session_int* session);

  gnutls_session_int* session_ = nullptr;
  ExpectedPeer expected_;
  std::optional<crypto::NodeKey> peer_key_;
  bool met_wrong_key_ = false;
};

}  // namespace starling::session
