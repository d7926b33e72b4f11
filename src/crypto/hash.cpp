#include "crypto/hash.h"

#include <gnutls/crypto.h>
#include <sodium.h>

#include "base/check.h"

namespace starling::crypto {

struct Sha256::State {
  State() = default;
  ~State() {
    if (handle != nullptr) gnutls_hash_deinit(handle, nullptr);
  }
  State(const State&) = delete;
  State& operator=(const State&) = delete;

  gnutls_hash_hd_t handle = nullptr;  // null once finished
};

Digest sha256(ByteView data) {
  Digest digest;
  const int error =
      gnutls_hash_fast(GNUTLS_DIG_SHA256, data.data(), data.size(), digest.value.data());
  STARLING_CHECK(error == 0);
  return digest;
}

Digest sha256(std::initializer_list<ByteView> parts) {
  Sha256 hash;
  for (const ByteView part : parts) hash.update(part);
  return hash.finish();
}

Sha256::Sha256() : state_(std::make_unique<State>()) {
  STARLING_CHECK(gnutls_hash_init(&state_->handle, GNUTLS_DIG_SHA256) == 0);
}

Sha256::~Sha256() = default;
Sha256::Sha256(Sha256&&) noexcept = default;
Sha256& Sha256::operator=(Sha256&&) noexcept = default;

void Sha256::update(ByteView data) {
  STARLING_CHECK(gnutls_hash(state_->handle, data.data(), data.size()) == 0);
}

Digest Sha256::finish() {
  Digest digest;
  gnutls_hash_deinit(state_->handle, digest.value.data());
  state_->handle = nullptr;
  return digest;
}

SymmetricKey hmac_sha256(ByteView key, std::initializer_list<ByteView> parts) {
  gnutls_hmac_hd_t handle = nullptr;
  STARLING_CHECK(gnutls_hmac_init(&handle, GNUTLS_MAC_SHA256, key.data(), key.size()) == 0);
  for (const ByteView part : parts) {
    STARLING_CHECK(gnutls_hmac(handle, part.data(), part.size()) == 0);
  }
  SymmetricKey result;
  gnutls_hmac_deinit(handle, result.reveal().data());
  return result;
}

TwoKeys hkdf2(const SymmetricKey& chaining_key, ByteView input) {
  const SymmetricKey temporary = hmac_sha256(chaining_key.reveal(), {input});
  const uint8_t one = 1;
  const uint8_t two = 2;
  TwoKeys keys;
  keys.first = hmac_sha256(temporary.reveal(), {ByteView(&one, 1)});
  keys.second = hmac_sha256(temporary.reveal(), {keys.first.reveal(), ByteView(&two, 1)});
  return keys;
}

Mac blake2b_mac(ByteView key, std::initializer_list<ByteView> parts) {
  crypto_generichash_state state;
  Mac mac;
  STARLING_CHECK(crypto_generichash_init(&state, key.data(), key.size(), Mac::kSize) == 0);
  for (const ByteView part : parts) crypto_generichash_update(&state, part.data(), part.size());
  crypto_generichash_final(&state, mac.value.data(), Mac::kSize);
  return mac;
}

}  // namespace starling::crypto
