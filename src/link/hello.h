// link/hello.h - what each side says of itself inside the encrypted handshake payloads, and what follows from both.
//
// Wire: docs/wire/link.md#hello.
#pragma once

#include <optional>

#include "base/bytes.h"
#include "crypto/aead.h"
#include "crypto/keys.h"

namespace starling::link {

inline constexpr uint8_t kVersion = 1;

// Bits of Hello::ciphers, as numbered in crypto::Cipher.
inline constexpr uint8_t kOffersChaCha = 1 << 1;
inline constexpr uint8_t kOffersAesGcm = 1 << 2;

struct Hello {
  // A version-1 reader skips this many bytes at most behind the fields it knows, and only if version_max > 1.
  static constexpr size_t kExtensionSizeMax = 48;
  static constexpr size_t kSizeMin = 1 + 1 + 4 + 1 + 8;  // encoded, without extension
  static constexpr size_t kSizeMax = kSizeMin + kExtensionSizeMax;

  uint8_t version_min = kVersion;
  uint8_t version_max = kVersion;
  uint32_t features = 0;  // bit set; bits that the other side does not know are ignored
  uint8_t ciphers = kOffersChaCha;
  // Random for each life of the link object: a change means that the peer forgot the link.
  uint64_t instance = 0;
  Bytes extension;
  friend bool operator==(const Hello&, const Hello&) = default;
};

void encode(const Hello& hello, Bytes& out);
// Refuses version_min of 0 or above version_max, and an extension that no later version explains.
std::optional<Hello> decode_hello(ByteView bytes);

struct Agreement {
  uint8_t version = 0;
  uint32_t features = 0;
  crypto::Cipher cipher = crypto::Cipher::chacha20_poly1305;
  friend bool operator==(const Agreement&, const Agreement&) = default;
};

// The same on both sides: the highest common version, the common features, AES-GCM if both offer it.
// Empty when there is no common version or cipher.
std::optional<Agreement> agree(const Hello& a, const Hello& b);

}  // namespace starling::link
