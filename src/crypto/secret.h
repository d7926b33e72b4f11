// crypto/secret.h - key material that wipes itself and cannot be printed or compared with ==.
#pragma once

#include <array>
#include <cstddef>

#include "base/bytes.h"

namespace starling::crypto {

// Overwrites memory in a way that the compiler keeps.
void wipe(MutableByteView bytes);

// Tag makes secrets of equal size different types.
template <size_t N, typename Tag>
class Secret {
 public:
  static constexpr size_t kSize = N;

  Secret() = default;
  explicit Secret(std::span<const uint8_t, N> bytes) {
    std::copy(bytes.begin(), bytes.end(), bytes_.begin());
  }
  Secret(const Secret&) = default;
  Secret& operator=(const Secret&) = default;
  ~Secret() { wipe(bytes_); }
  bool operator==(const Secret&) const = delete;

  // The secret itself, to be handed to a primitive and nowhere else.
  [[nodiscard]] std::span<const uint8_t, N> reveal() const { return bytes_; }
  [[nodiscard]] std::span<uint8_t, N> reveal() { return bytes_; }

 private:
  std::array<uint8_t, N> bytes_{};
};

using SymmetricKey = Secret<32, struct SymmetricKeyTag>;
using DhSecretKey = Secret<32, struct DhSecretKeyTag>;
using SigningSeed = Secret<32, struct SigningSeedTag>;

// Compares in time that does not depend on the contents.
bool equal_in_constant_time(ByteView a, ByteView b);

}  // namespace starling::crypto
