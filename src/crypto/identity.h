// crypto/identity.h - an Ed25519 key pair (RFC 8032): signs, and agrees on secrets as the X25519 key derived from it.
//
// The seed is the only secret stored; everything else follows from it.
#pragma once

#include <optional>

#include "crypto/keys.h"
#include "crypto/secret.h"
#include "crypto/secure_random.h"

namespace starling::crypto {

class Identity {
 public:
  explicit Identity(const SigningSeed& seed);
  static Identity generate(SecureRandom& random);

  [[nodiscard]] const NodeKey& key() const { return key_; }
  [[nodiscard]] const SigningSeed& seed() const { return seed_; }
  // The X25519 pair of the same key (crypto_sign_ed25519_*_to_curve25519).
  [[nodiscard]] const DhPublicKey& dh_public() const { return dh_public_; }
  [[nodiscard]] const DhSecretKey& dh_secret() const { return dh_secret_; }
  // Signature over `context` ‖ 0x00 ‖ message. `context` names the kind of statement and holds no zero byte, so a
  // signature made for one kind is worth nothing for another. Cost: 16 us.
  [[nodiscard]] Signature sign(std::string_view context, ByteView message) const;

 private:
  SigningSeed seed_;
  Secret<64, struct ExpandedSigningKeyTag> signing_key_;
  NodeKey key_;
  DhPublicKey dh_public_;
  DhSecretKey dh_secret_;
};

// Cost: about 47 us.
bool verify(const NodeKey& key, std::string_view context, ByteView message,
            const Signature& signature);

// Empty when `key` is not a point of the prime-order group.
std::optional<DhPublicKey> to_dh_public(const NodeKey& key);

// X25519. Empty when the result is all zeros (RFC 7748 section 6.1).
std::optional<SymmetricKey> dh(const DhSecretKey& secret, const DhPublicKey& peer);
DhPublicKey dh_public_of(const DhSecretKey& secret);

Position position_of(const NodeKey& key);
NodeId node_id_of(const Position& position);
NodeId node_id_of(const NodeKey& key);

}  // namespace starling::crypto
