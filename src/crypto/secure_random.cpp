#include "crypto/secure_random.h"

#include <sodium.h>

namespace starling::crypto {
namespace {

template <typename Number>
Number draw(SecureRandom& random) {
  std::array<uint8_t, sizeof(Number)> bytes{};
  random.fill(bytes);
  Number number{};
  std::memcpy(&number, bytes.data(), sizeof number);
  return number;
}

}  // namespace

uint32_t SecureRandom::u32() { return draw<uint32_t>(*this); }
uint64_t SecureRandom::u64() { return draw<uint64_t>(*this); }

SeededRandom::SeededRandom(uint64_t seed) { std::memcpy(key_.reveal().data(), &seed, sizeof seed); }

void SeededRandom::fill(MutableByteView bytes) {
  // Each call is a stream of its own, named by its number.
  std::array<uint8_t, crypto_stream_chacha20_NONCEBYTES> nonce{};
  static_assert(nonce.size() == sizeof drawn_);
  std::memcpy(nonce.data(), &drawn_, sizeof drawn_);
  ++drawn_;
  if (bytes.empty()) return;  // an empty view may be null, which libsodium forbids
  crypto_stream_chacha20(bytes.data(), bytes.size(), nonce.data(), key_.reveal().data());
}

}  // namespace starling::crypto
