// crypto/aead.h - authenticated encryption with associated data under one key.
//
// AES-256-GCM by GnuTLS (fast where the CPU has AES instructions), ChaCha20-Poly1305 (RFC 8439) by libsodium.
// A (key, nonce) pair must seal at most one message: nonces come from counters that never repeat.
#pragma once

#include <memory>
#include <optional>

#include "base/bytes.h"
#include "crypto/secret.h"

namespace starling::crypto {

enum class Cipher : uint8_t { chacha20_poly1305 = 1, aes_256_gcm = 2 };

inline constexpr size_t kAeadTagSize = 16;
using AeadNonce = std::array<uint8_t, 12>;

// Noise's form of a counter nonce (section 12): ChaCha20 little-endian, GCM big-endian, after four zero bytes.
AeadNonce counter_nonce(Cipher cipher, uint64_t counter);

// True where AES-256-GCM is fast: the CPU has AES and carry-less multiplication instructions.
bool cpu_has_aes();

class AeadKey {
 public:
  AeadKey(Cipher cipher, const SymmetricKey& key);
  ~AeadKey();
  AeadKey(AeadKey&&) noexcept;
  AeadKey& operator=(AeadKey&&) noexcept;

  [[nodiscard]] Cipher cipher() const { return cipher_; }
  // Writes ciphertext ‖ tag to `out`; pre: out.size() == plaintext.size() + kAeadTagSize, no overlap.
  void seal(const AeadNonce& nonce, ByteView associated, ByteView plaintext,
            MutableByteView out) const;
  // Writes the plaintext to `out`; pre: sealed.size() >= kAeadTagSize, out.size() == sealed.size() - kAeadTagSize.
  // False when the tag does not match; `out` is then unspecified.
  [[nodiscard]] bool open(const AeadNonce& nonce, ByteView associated, ByteView sealed,
                          MutableByteView out) const;

 private:
  struct GcmHandle;
  Cipher cipher_;
  SymmetricKey key_;
  std::unique_ptr<GcmHandle> gcm_;  // only for AES-256-GCM
};

// XChaCha20-Poly1305 with a random 24-byte nonce: for the cookie reply, whose key seals many messages.
Bytes xchacha_seal(const SymmetricKey& key, ByteView nonce24, ByteView associated,
                   ByteView plaintext);
// Empty when the tag does not match or `sealed` is shorter than a tag.
std::optional<Bytes> xchacha_open(const SymmetricKey& key, ByteView nonce24, ByteView associated,
                                  ByteView sealed);

}  // namespace starling::crypto
