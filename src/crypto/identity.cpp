#include "crypto/identity.h"

#include <sodium.h>

#include "base/check.h"
#include "crypto/hash.h"

namespace starling::crypto {
namespace {

Bytes signed_bytes(std::string_view context, ByteView message) {
  STARLING_CHECK(context.find('\0') == std::string_view::npos);
  Bytes bytes = copy_of(view_of(context));
  bytes.push_back(0);
  append(bytes, message);
  return bytes;
}

}  // namespace

Identity::Identity(const SigningSeed& seed) : seed_(seed) {
  crypto_sign_seed_keypair(key_.value.data(), signing_key_.reveal().data(), seed_.reveal().data());
  const int error =
      crypto_sign_ed25519_pk_to_curve25519(dh_public_.value.data(), key_.value.data());
  STARLING_CHECK(error == 0);
  crypto_sign_ed25519_sk_to_curve25519(dh_secret_.reveal().data(), signing_key_.reveal().data());
}

Identity Identity::generate(SecureRandom& random) { return Identity(random.secret<SigningSeed>()); }

Signature Identity::sign(std::string_view context, ByteView message) const {
  const Bytes bytes = signed_bytes(context, message);
  Signature signature;
  crypto_sign_detached(signature.value.data(), nullptr, bytes.data(), bytes.size(),
                       signing_key_.reveal().data());
  return signature;
}

bool verify(const NodeKey& key, std::string_view context, ByteView message,
            const Signature& signature) {
  const Bytes bytes = signed_bytes(context, message);
  return crypto_sign_verify_detached(signature.value.data(), bytes.data(), bytes.size(),
                                     key.value.data()) == 0;
}

std::optional<DhPublicKey> to_dh_public(const NodeKey& key) {
  DhPublicKey result;
  if (crypto_sign_ed25519_pk_to_curve25519(result.value.data(), key.value.data()) != 0) {
    return std::nullopt;
  }
  return result;
}

std::optional<SymmetricKey> dh(const DhSecretKey& secret, const DhPublicKey& peer) {
  SymmetricKey shared;
  if (crypto_scalarmult(shared.reveal().data(), secret.reveal().data(), peer.value.data()) != 0) {
    return std::nullopt;
  }
  return shared;
}

DhPublicKey dh_public_of(const DhSecretKey& secret) {
  DhPublicKey result;
  crypto_scalarmult_base(result.value.data(), secret.reveal().data());
  return result;
}

Position position_of(const NodeKey& key) { return Position{sha256(key.view()).value}; }

NodeId node_id_of(const Position& position) {
  return *NodeId::from(position.view().first(NodeId::kSize));
}

NodeId node_id_of(const NodeKey& key) { return node_id_of(position_of(key)); }

}  // namespace starling::crypto
