#include "crypto/noise.h"

#include "base/check.h"
#include "crypto/aead.h"
#include "crypto/hash.h"
#include "crypto/identity.h"

namespace starling::crypto {
namespace {

constexpr std::string_view kProtocolName = "Noise_IK_25519_ChaChaPoly_SHA256";

// Section 5.2: a name of at most HASHLEN bytes is padded with zeros, a longer one hashed.
Digest initial_hash(std::string_view protocol_name) {
  if (protocol_name.size() > Digest::kSize) return sha256(view_of(protocol_name));
  Digest hash;
  std::copy(protocol_name.begin(), protocol_name.end(), hash.value.begin());
  return hash;
}

}  // namespace

SymmetricState::SymmetricState(std::string_view protocol_name)
    : hash_(initial_hash(protocol_name)),
      chaining_key_(std::span<const uint8_t, 32>(hash_.value)) {}

void SymmetricState::mix_hash(ByteView data) { hash_ = sha256({hash_.view(), data}); }

void SymmetricState::mix_key(ByteView input) {
  TwoKeys keys = hkdf2(chaining_key_, input);
  chaining_key_ = keys.first;
  key_ = keys.second;
  nonce_ = 0;
}

void SymmetricState::encrypt_and_hash(ByteView plaintext, Bytes& out) {
  const size_t start = out.size();
  if (key_) {
    out.resize(start + plaintext.size() + kAeadTagSize);
    AeadKey(Cipher::chacha20_poly1305, *key_)
        .seal(counter_nonce(Cipher::chacha20_poly1305, nonce_++), hash_.view(), plaintext,
              MutableByteView(out).subspan(start));
  } else {
    append(out, plaintext);
  }
  mix_hash(ByteView(out).subspan(start));
}

std::optional<Bytes> SymmetricState::decrypt_and_hash(ByteView ciphertext) {
  Bytes plaintext;
  if (key_) {
    if (ciphertext.size() < kAeadTagSize) return std::nullopt;
    plaintext.resize(ciphertext.size() - kAeadTagSize);
    if (!AeadKey(Cipher::chacha20_poly1305, *key_)
             .open(counter_nonce(Cipher::chacha20_poly1305, nonce_++), hash_.view(), ciphertext,
                   plaintext)) {
      return std::nullopt;
    }
  } else {
    plaintext = copy_of(ciphertext);
  }
  mix_hash(ciphertext);
  return plaintext;
}

NoiseIk::NoiseIk(Role role, ByteView prologue, const DhKeyPair& local_static)
    : role_(role), symmetric_(kProtocolName), local_static_(local_static) {
  symmetric_.mix_hash(prologue);
}

NoiseIk NoiseIk::initiator(ByteView prologue, const DhKeyPair& local_static,
                           const DhPublicKey& remote_static) {
  NoiseIk noise(Role::initiator, prologue, local_static);
  noise.remote_static_ = remote_static;
  noise.symmetric_.mix_hash(remote_static.view());
  return noise;
}

NoiseIk NoiseIk::responder(ByteView prologue, const DhKeyPair& local_static) {
  NoiseIk noise(Role::responder, prologue, local_static);
  noise.symmetric_.mix_hash(local_static.public_key.view());
  return noise;
}

bool NoiseIk::mix_dh(const DhSecretKey& secret, const DhPublicKey& peer) {
  const auto shared = dh(secret, peer);
  if (!shared) {
    step_ = Step::failed;
    return false;
  }
  symmetric_.mix_key(shared->reveal());
  return true;
}

bool NoiseIk::write_message_1(const DhKeyPair& ephemeral, ByteView payload, Bytes& out) {
  STARLING_CHECK(role_ == Role::initiator && step_ == Step::message_1);
  local_ephemeral_ = ephemeral;
  append(out, ephemeral.public_key.view());
  symmetric_.mix_hash(ephemeral.public_key.view());
  if (!mix_dh(ephemeral.secret, remote_static_)) return false;
  symmetric_.encrypt_and_hash(local_static_.public_key.view(), out);
  if (!mix_dh(local_static_.secret, remote_static_)) return false;
  symmetric_.encrypt_and_hash(payload, out);
  step_ = Step::message_2;
  return true;
}

std::optional<Bytes> NoiseIk::read_message_1(ByteView message) {
  STARLING_CHECK(role_ == Role::responder && step_ == Step::message_1);
  step_ = Step::failed;
  if (message.size() < kNoiseMessage1Overhead) return std::nullopt;
  remote_ephemeral_ = *DhPublicKey::from(message.first(32));
  symmetric_.mix_hash(remote_ephemeral_.view());
  if (!mix_dh(local_static_.secret, remote_ephemeral_)) return std::nullopt;
  const auto remote_static = symmetric_.decrypt_and_hash(message.subspan(32, 48));
  if (!remote_static) return std::nullopt;
  remote_static_ = *DhPublicKey::from(*remote_static);
  if (!mix_dh(local_static_.secret, remote_static_)) return std::nullopt;
  auto payload = symmetric_.decrypt_and_hash(message.subspan(80));
  if (payload) step_ = Step::message_2;
  return payload;
}

bool NoiseIk::write_message_2(const DhKeyPair& ephemeral, ByteView payload, Bytes& out) {
  STARLING_CHECK(role_ == Role::responder && step_ == Step::message_2);
  append(out, ephemeral.public_key.view());
  symmetric_.mix_hash(ephemeral.public_key.view());
  if (!mix_dh(ephemeral.secret, remote_ephemeral_)) return false;
  if (!mix_dh(ephemeral.secret, remote_static_)) return false;
  symmetric_.encrypt_and_hash(payload, out);
  step_ = Step::done;
  return true;
}

std::optional<Bytes> NoiseIk::read_message_2(ByteView message) {
  STARLING_CHECK(role_ == Role::initiator && step_ == Step::message_2);
  step_ = Step::failed;
  if (message.size() < kNoiseMessage2Overhead) return std::nullopt;
  remote_ephemeral_ = *DhPublicKey::from(message.first(32));
  symmetric_.mix_hash(remote_ephemeral_.view());
  if (!mix_dh(local_ephemeral_.secret, remote_ephemeral_)) return std::nullopt;
  if (!mix_dh(local_static_.secret, remote_ephemeral_)) return std::nullopt;
  auto payload = symmetric_.decrypt_and_hash(message.subspan(32));
  if (payload) step_ = Step::done;
  return payload;
}

TransportKeys NoiseIk::split() const {
  STARLING_CHECK(step_ == Step::done);
  const TwoKeys keys = hkdf2(symmetric_.chaining_key(), {});
  const bool first_is_mine = role_ == Role::initiator;
  return {first_is_mine ? keys.first : keys.second, first_is_mine ? keys.second : keys.first,
          symmetric_.hash()};
}

}  // namespace starling::crypto
