#include "crypto/aead.h"

#include <gnutls/crypto.h>
#include <sodium.h>

#include "base/check.h"

namespace starling::crypto {

struct AeadKey::GcmHandle {
  explicit GcmHandle(const SymmetricKey& key) {
    const auto bytes = key.reveal();
    // GnuTLS takes the key as non-const but copies it.
    gnutls_datum_t datum{const_cast<uint8_t*>(bytes.data()), static_cast<unsigned>(bytes.size())};
    STARLING_CHECK(gnutls_aead_cipher_init(&handle, GNUTLS_CIPHER_AES_256_GCM, &datum) == 0);
  }
  ~GcmHandle() { gnutls_aead_cipher_deinit(handle); }
  GcmHandle(const GcmHandle&) = delete;
  GcmHandle& operator=(const GcmHandle&) = delete;

  gnutls_aead_cipher_hd_t handle = nullptr;
};

AeadNonce counter_nonce(Cipher cipher, uint64_t counter) {
  AeadNonce nonce{};
  for (size_t i = 0; i < 8; ++i) {
    const size_t shift = cipher == Cipher::chacha20_poly1305 ? i * 8 : (7 - i) * 8;
    nonce[4 + i] = static_cast<uint8_t>(counter >> shift);
  }
  return nonce;
}

bool cpu_has_aes() { return sodium_init() >= 0 && crypto_aead_aes256gcm_is_available() != 0; }

AeadKey::AeadKey(Cipher cipher, const SymmetricKey& key) : cipher_(cipher), key_(key) {
  if (cipher == Cipher::aes_256_gcm) gcm_ = std::make_unique<GcmHandle>(key);
}
AeadKey::~AeadKey() = default;
AeadKey::AeadKey(AeadKey&&) noexcept = default;
AeadKey& AeadKey::operator=(AeadKey&&) noexcept = default;

void AeadKey::seal(const AeadNonce& nonce, ByteView associated, ByteView plaintext,
                   MutableByteView out) const {
  STARLING_CHECK(out.size() == plaintext.size() + kAeadTagSize);
  if (cipher_ == Cipher::aes_256_gcm) {
    size_t written = out.size();
    const int error = gnutls_aead_cipher_encrypt(
        gcm_->handle, nonce.data(), nonce.size(), associated.data(), associated.size(),
        kAeadTagSize, plaintext.data(), plaintext.size(), out.data(), &written);
    STARLING_CHECK(error == 0 && written == out.size());
    return;
  }
  crypto_aead_chacha20poly1305_ietf_encrypt(out.data(), nullptr, plaintext.data(), plaintext.size(),
                                            associated.data(), associated.size(), nullptr,
                                            nonce.data(), key_.reveal().data());
}

bool AeadKey::open(const AeadNonce& nonce, ByteView associated, ByteView sealed,
                   MutableByteView out) const {
  STARLING_CHECK(sealed.size() >= kAeadTagSize && out.size() == sealed.size() - kAeadTagSize);
  if (cipher_ == Cipher::aes_256_gcm) {
    size_t written = out.size();
    // GnuTLS wants somewhere to write even when the message is empty.
    uint8_t nothing = 0;
    return gnutls_aead_cipher_decrypt(gcm_->handle, nonce.data(), nonce.size(), associated.data(),
                                      associated.size(), kAeadTagSize, sealed.data(), sealed.size(),
                                      out.empty() ? &nothing : out.data(), &written) == 0 &&
           written == out.size();
  }
  return crypto_aead_chacha20poly1305_ietf_decrypt(
             out.data(), nullptr, nullptr, sealed.data(), sealed.size(), associated.data(),
             associated.size(), nonce.data(), key_.reveal().data()) == 0;
}

Bytes xchacha_seal(const SymmetricKey& key, ByteView nonce24, ByteView associated,
                   ByteView plaintext) {
  STARLING_CHECK(nonce24.size() == crypto_aead_xchacha20poly1305_ietf_NPUBBYTES);
  Bytes sealed(plaintext.size() + kAeadTagSize);
  crypto_aead_xchacha20poly1305_ietf_encrypt(sealed.data(), nullptr, plaintext.data(),
                                             plaintext.size(), associated.data(), associated.size(),
                                             nullptr, nonce24.data(), key.reveal().data());
  return sealed;
}

std::optional<Bytes> xchacha_open(const SymmetricKey& key, ByteView nonce24, ByteView associated,
                                  ByteView sealed) {
  STARLING_CHECK(nonce24.size() == crypto_aead_xchacha20poly1305_ietf_NPUBBYTES);
  if (sealed.size() < kAeadTagSize) return std::nullopt;
  Bytes plaintext(sealed.size() - kAeadTagSize);
  if (crypto_aead_xchacha20poly1305_ietf_decrypt(
          plaintext.data(), nullptr, nullptr, sealed.data(), sealed.size(), associated.data(),
          associated.size(), nonce24.data(), key.reveal().data()) != 0) {
    return std::nullopt;
  }
  return plaintext;
}

}  // namespace starling::crypto
