#include "session/tls_identity.h"

#include <gnutls/abstract.h>
#include <gnutls/gnutls.h>
#include <ngtcp2/ngtcp2_crypto_gnutls.h>

#include "base/check.h"
#include "crypto/aead.h"

namespace starling::session {
namespace {

// What stands before an Ed25519 key in its SubjectPublicKeyInfo (RFC 8410 section 4).
constexpr auto kPublicKeyPrefix = std::to_array<uint8_t>(
    {0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00});

gnutls_datum_t datum_of(ByteView bytes) {
  return {const_cast<uint8_t*>(bytes.data()), static_cast<unsigned>(bytes.size())};
}

Bytes public_key_info_of(const crypto::NodeKey& key) {
  Bytes bytes(kPublicKeyPrefix.begin(), kPublicKeyPrefix.end());
  append(bytes, key.view());
  return bytes;
}

std::optional<crypto::NodeKey> key_of_public_key_info(ByteView bytes) {
  if (bytes.size() != kPublicKeyPrefix.size() + crypto::NodeKey::kSize) return std::nullopt;
  if (!same_bytes(bytes.first(kPublicKeyPrefix.size()), kPublicKeyPrefix)) return std::nullopt;
  return crypto::NodeKey::from(bytes.subspan(kPublicKeyPrefix.size()));
}

// RFC 8446 section 4.4.3: 64 spaces, "TLS 1.3, ... CertificateVerify", a zero byte, the hash. So this text is exactly of the
// form that Identity signs, a context and a message, and no other kind of statement can be signed here.
int sign(gnutls_privkey_t /*key*/, gnutls_sign_algorithm_t algorithm, void* identity, unsigned,
         const gnutls_datum_t* data, gnutls_datum_t* signature) {
  static const std::string kStart = std::string(64, ' ') + "TLS 1.3, ";
  const std::string_view text = text_of({data->data, data->size});
  const size_t zero = text.find('\0');
  if (algorithm != GNUTLS_SIGN_EDDSA_ED25519 || !text.starts_with(kStart) ||
      zero == std::string_view::npos) {
    return GNUTLS_E_INVALID_REQUEST;
  }
  const crypto::Signature result = static_cast<const crypto::Identity*>(identity)->sign(
      text.substr(0, zero), view_of(text.substr(zero + 1)));
  signature->data = static_cast<unsigned char*>(gnutls_malloc(crypto::Signature::kSize));
  if (signature->data == nullptr) return GNUTLS_E_MEMORY_ERROR;
  signature->size = crypto::Signature::kSize;
  std::copy(result.value.begin(), result.value.end(), signature->data);
  return 0;
}

int key_info(gnutls_privkey_t, unsigned flags, void*) {
  if (flags & GNUTLS_PRIVKEY_INFO_PK_ALGO) return GNUTLS_PK_EDDSA_ED25519;
  if (flags & GNUTLS_PRIVKEY_INFO_PK_ALGO_BITS) return 256;
  if (flags & GNUTLS_PRIVKEY_INFO_HAVE_SIGN_ALGO) {
    return GNUTLS_FLAGS_TO_SIGN_ALGO(flags) == GNUTLS_SIGN_EDDSA_ED25519;
  }
  return -1;
}

const char* priorities() {
  // AES first where it is fast; the listener takes the first that the dialler names.
  return crypto::cpu_has_aes()
             ? "NONE:+VERS-TLS1.3:+AEAD:+AES-128-GCM:+CHACHA20-POLY1305:+SHA256:+GROUP-X25519:"
               "+SIGN-EDDSA-ED25519:+CTYPE-CLI-RAWPK:+CTYPE-SRV-RAWPK:%DISABLE_TLS13_COMPAT_MODE"
             : "NONE:+VERS-TLS1.3:+AEAD:+CHACHA20-POLY1305:+AES-128-GCM:+SHA256:+GROUP-X25519:"
               "+SIGN-EDDSA-ED25519:+CTYPE-CLI-RAWPK:+CTYPE-SRV-RAWPK:%DISABLE_TLS13_COMPAT_MODE";
}

}  // namespace

TlsIdentity::TlsIdentity(const crypto::Identity& identity) {
  STARLING_CHECK(gnutls_certificate_allocate_credentials(&credentials_) == 0);
  // GnuTLS would sign a text of its own to compare the two.
  gnutls_certificate_set_flags(credentials_, GNUTLS_CERTIFICATE_SKIP_KEY_CERT_MATCH);
  gnutls_privkey_t key = nullptr;
  STARLING_CHECK(gnutls_privkey_init(&key) == 0);
  STARLING_CHECK(gnutls_privkey_import_ext4(key, const_cast<crypto::Identity*>(&identity), sign,
                                            nullptr, nullptr, nullptr, key_info, 0) == 0);
  const Bytes info = public_key_info_of(identity.key());
  const gnutls_datum_t info_datum = datum_of(info);
  gnutls_pcert_st certificate;
  STARLING_CHECK(gnutls_pcert_import_rawpk_raw(&certificate, &info_datum, GNUTLS_X509_FMT_DER,
                                               GNUTLS_KEY_DIGITAL_SIGNATURE, 0) == 0);
  // Takes both over.
  STARLING_CHECK(gnutls_certificate_set_key(credentials_, nullptr, 0, &certificate, 1, key) >= 0);
}

TlsIdentity::~TlsIdentity() { gnutls_certificate_free_credentials(credentials_); }

TlsSession::TlsSession(const TlsIdentity& identity, Role role, ExpectedPeer expected,
                       void* connection_reference)
    : expected_(std::move(expected)) {
  const bool server = role == Role::server;
  const unsigned flags = (server ? GNUTLS_SERVER : GNUTLS_CLIENT) | GNUTLS_ENABLE_RAWPK |
                         GNUTLS_NO_TICKETS | GNUTLS_NO_END_OF_EARLY_DATA;
  STARLING_CHECK(gnutls_init(&session_, flags) == 0);
  STARLING_CHECK(gnutls_priority_set_direct(session_, priorities(), nullptr) == 0);
  STARLING_CHECK((server ? ngtcp2_crypto_gnutls_configure_server_session(session_)
                         : ngtcp2_crypto_gnutls_configure_client_session(session_)) == 0);
  STARLING_CHECK(gnutls_credentials_set(session_, GNUTLS_CRD_CERTIFICATE, identity.credentials()) ==
                 0);
  const gnutls_datum_t protocol = datum_of(view_of(kApplicationProtocol));
  STARLING_CHECK(gnutls_alpn_set_protocols(session_, &protocol, 1, GNUTLS_ALPN_MANDATORY) == 0);
  if (server) gnutls_certificate_server_set_request(session_, GNUTLS_CERT_REQUIRE);
  gnutls_session_set_verify_function(session_, verify_peer);
  gnutls_session_set_ptr(session_, connection_reference);
  gnutls_db_set_ptr(session_, this);  // there is no session database: its pointer is free
}

TlsSession::~TlsSession() { gnutls_deinit(session_); }

// Called after the peer has signed the handshake with its key. Anything but 0 ends it with an alert.
int TlsSession::verify_peer(gnutls_session_int* session) {
  auto& self = *static_cast<TlsSession*>(gnutls_db_get_ptr(session));
  unsigned count = 0;
  const gnutls_datum_t* shown = gnutls_certificate_get_peers(session, &count);
  if (gnutls_certificate_type_get2(session, GNUTLS_CTYPE_PEERS) != GNUTLS_CRT_RAWPK ||
      shown == nullptr || count != 1) {
    return GNUTLS_E_CERTIFICATE_ERROR;
  }
  const auto key = key_of_public_key_info({shown->data, shown->size});
  if (!key) return GNUTLS_E_CERTIFICATE_ERROR;
  if (crypto::node_id_of(*key) != self.expected_.id ||
      (self.expected_.key && *self.expected_.key != *key)) {
    self.met_wrong_key_ = true;
    return GNUTLS_E_CERTIFICATE_ERROR;
  }
  self.peer_key_ = key;
  return 0;
}

bool TlsSession::agreed_on_protocol() const {
  gnutls_datum_t chosen{};
  return gnutls_alpn_get_selected_protocol(session_, &chosen) == 0 &&
         text_of({chosen.data, chosen.size}) == kApplicationProtocol;
}

}  // namespace starling::session
