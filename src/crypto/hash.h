// crypto/hash.h - SHA-256 (FIPS 180-4), HMAC (RFC 2104), HKDF as Noise uses it, and keyed BLAKE2b (RFC 7693).
//
// SHA-256 runs on GnuTLS, which uses the CPU's SHA instructions; BLAKE2b on libsodium.
#pragma once

#include <initializer_list>
#include <memory>

#include "base/bytes.h"
#include "crypto/keys.h"
#include "crypto/secret.h"

namespace starling::crypto {

Digest sha256(ByteView data);
// Hash of the parts one after the other.
Digest sha256(std::initializer_list<ByteView> parts);

// Incremental form, for data that does not fit in memory. finish() may be called once.
class Sha256 {
 public:
  Sha256();
  ~Sha256();
  Sha256(Sha256&&) noexcept;
  Sha256& operator=(Sha256&&) noexcept;
  void update(ByteView data);
  Digest finish();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

SymmetricKey hmac_sha256(ByteView key, std::initializer_list<ByteView> parts);

// HKDF of the Noise specification, section 4.3, with two outputs.
struct TwoKeys {
  SymmetricKey first;
  SymmetricKey second;
};
TwoKeys hkdf2(const SymmetricKey& chaining_key, ByteView input);

// BLAKE2b with 16 bytes of output. `key` has 0 to 64 bytes.
using Mac = FixedBytes<16, struct MacTag>;
Mac blake2b_mac(ByteView key, std::initializer_list<ByteView> parts);

}  // namespace starling::crypto
