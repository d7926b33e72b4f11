// wire/reader.h - reads big-endian fields from bytes that a stranger may have written.
//
// How:   read every field, then ask ok() once: after the first field that does not fit, all reads return zeros and
//        empty views. finish() also refuses leftovers.
// Views: what view() returns borrows from the bytes given to the constructor.
// Wire:  docs/wire/README.md#conventions.
#pragma once

#include <cstdint>

#include "base/bytes.h"

namespace starling::wire {

class Reader {
 public:
  explicit Reader(ByteView bytes) : rest_(bytes) {}

  uint8_t u8() { return static_cast<uint8_t>(number(1)); }
  uint16_t u16() { return static_cast<uint16_t>(number(2)); }
  uint32_t u24() { return static_cast<uint32_t>(number(3)); }
  uint32_t u32() { return static_cast<uint32_t>(number(4)); }
  uint64_t u48() { return number(6); }
  uint64_t u64() { return number(8); }
  // The varint of RFC 9000 section 16 (1, 2, 4 or 8 bytes, values below 2^62); a longer spelling of a value that
  // fits a shorter one is refused.
  uint64_t varint();
  ByteView view(size_t size);
  // Everything not yet read.
  ByteView remaining();
  template <typename Fixed>
  Fixed fixed() {
    const ByteView bytes = view(Fixed::kSize);
    return ok_ ? *Fixed::from(bytes) : Fixed{};
  }
  template <size_t N>
  std::array<uint8_t, N> array() {
    std::array<uint8_t, N> result{};
    const ByteView bytes = view(N);
    if (ok_) std::copy(bytes.begin(), bytes.end(), result.begin());
    return result;
  }

  // Marks the input as refused, for a value that fits but is not allowed.
  void refuse() { ok_ = false; }
  [[nodiscard]] size_t left() const { return rest_.size(); }
  [[nodiscard]] bool ok() const { return ok_; }
  // True when all fields fitted and nothing is left.
  [[nodiscard]] bool finish() const { return ok_ && rest_.empty(); }

 private:
  uint64_t number(size_t size);

  ByteView rest_;
  bool ok_ = true;
};

}  // namespace starling::wire
