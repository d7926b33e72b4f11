// crypto/secure_random.h - unpredictable bytes for keys, nonces and tokens.
//
// The operating system's generator in production (os/), a seeded stream in the simulator (sim/).
#pragma once

#include "base/bytes.h"
#include "crypto/secret.h"

namespace starling::crypto {

class SecureRandom {
 public:
  virtual ~SecureRandom() = default;
  virtual void fill(MutableByteView bytes) = 0;

  uint32_t u32();
  uint64_t u64();
  template <typename Fixed>
  Fixed fixed() {
    Fixed result;
    fill(result.value);
    return result;
  }
  template <typename SecretType>
  SecretType secret() {
    SecretType result;
    fill(result.reveal());
    return result;
  }
};

// A ChaCha20 stream: unpredictable to who does not know the seed, repeatable to who does. For the simulator and tests.
class SeededRandom final : public SecureRandom {
 public:
  explicit SeededRandom(uint64_t seed);
  void fill(MutableByteView bytes) override;

 private:
  SymmetricKey key_;
  uint64_t drawn_ = 0;
};

}  // namespace starling::crypto
