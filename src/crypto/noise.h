// crypto/noise.h - the handshake Noise_IK_25519_ChaChaPoly_SHA256, one side of it.
//
// Source:  The Noise Protocol Framework, revision 34, sections 5 and 7.5; names as there.
// Drive:   initiator: write_message_1, read_message_2, split. Responder: read_message_1, write_message_2, split.
//          Each once and in this order (checked). A read that fails leaves the handshake unusable.
// Rule:    nothing here draws random numbers; the caller gives the ephemeral key.
// Wire:    docs/wire/link.md#handshake.
#pragma once

#include <optional>

#include "base/bytes.h"
#include "crypto/keys.h"
#include "crypto/secret.h"

namespace starling::crypto {

inline constexpr size_t kNoiseMessage1Overhead =
    32 + (32 + 16) + 16;                                   // e, encrypted s, tag of the payload
inline constexpr size_t kNoiseMessage2Overhead = 32 + 16;  // e, tag of the payload

// MixHash, MixKey, EncryptAndHash, DecryptAndHash of section 5.2.
class SymmetricState {
 public:
  explicit SymmetricState(std::string_view protocol_name);
  void mix_hash(ByteView data);
  void mix_key(ByteView input);
  // Appends to `out`. Without a key yet, the plaintext goes out as it is.
  void encrypt_and_hash(ByteView plaintext, Bytes& out);
  [[nodiscard]] std::optional<Bytes> decrypt_and_hash(ByteView ciphertext);
  [[nodiscard]] const Digest& hash() const { return hash_; }
  [[nodiscard]] const SymmetricKey& chaining_key() const { return chaining_key_; }

 private:
  Digest hash_;
  SymmetricKey chaining_key_;
  std::optional<SymmetricKey> key_;
  uint64_t nonce_ = 0;
};

struct DhKeyPair {
  DhSecretKey secret;
  DhPublicKey public_key;
};

struct TransportKeys {
  SymmetricKey send;
  SymmetricKey receive;
  Digest handshake_hash;
};

class NoiseIk {
 public:
  enum class Role : uint8_t { initiator, responder };

  // `remote_static` is what the initiator must know beforehand.
  static NoiseIk initiator(ByteView prologue, const DhKeyPair& local_static,
                           const DhPublicKey& remote_static);
  static NoiseIk responder(ByteView prologue, const DhKeyPair& local_static);

  // Appends message 1 (-> e, es, s, ss, payload) to `out`. False when `remote_static` is a low-order point.
  [[nodiscard]] bool write_message_1(const DhKeyPair& ephemeral, ByteView payload, Bytes& out);
  // The payload; empty when the message is not for this key or was altered. Sets remote_static().
  [[nodiscard]] std::optional<Bytes> read_message_1(ByteView message);
  // Appends message 2 (<- e, ee, se, payload) to `out`. False when the peer's ephemeral is a low-order point.
  [[nodiscard]] bool write_message_2(const DhKeyPair& ephemeral, ByteView payload, Bytes& out);
  [[nodiscard]] std::optional<Bytes> read_message_2(ByteView message);
  // Keys of this side; pre: both messages are done.
  [[nodiscard]] TransportKeys split() const;

  // Initiator: as given. Responder: pre: read_message_1 succeeded.
  [[nodiscard]] const DhPublicKey& remote_static() const { return remote_static_; }

 private:
  enum class Step : uint8_t { message_1, message_2, done, failed };

  NoiseIk(Role role, ByteView prologue, const DhKeyPair& local_static);
  [[nodiscard]] bool mix_dh(const DhSecretKey& secret, const DhPublicKey& peer);

  Role role_;
  Step step_ = Step::message_1;
  SymmetricState symmetric_;
  DhKeyPair local_static_;
  DhKeyPair local_ephemeral_;
  DhPublicKey remote_static_;
  DhPublicKey remote_ephemeral_;
};

}  // namespace starling::crypto
