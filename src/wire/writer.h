// wire/writer.h - writes big-endian fields to a growing buffer. Cannot fail.
// Wire: docs/wire/README.md#conventions.
#pragma once

#include <cstdint>
#include <utility>

#include "base/bytes.h"

namespace starling::wire {

inline constexpr uint64_t kVarintMax = (uint64_t{1} << 62) - 1;

// Bytes that varint() writes for `value`: 1, 2, 4 or 8. Pre: value <= kVarintMax.
size_t varint_size(uint64_t value);

class Writer {
 public:
  Writer() = default;
  // Appends to `start`, which take() hands back.
  explicit Writer(Bytes start) : bytes_(std::move(start)) {}

  Writer& u8(uint8_t value) { return number(value, 1); }
  Writer& u16(uint16_t value) { return number(value, 2); }
  Writer& u24(uint32_t value) { return number(value, 3); }  // pre: value < 2^24
  Writer& u32(uint32_t value) { return number(value, 4); }
  Writer& u48(uint64_t value) { return number(value, 6); }  // pre: value < 2^48
  Writer& u64(uint64_t value) { return number(value, 8); }
  // Shortest spelling (RFC 9000 section 16); pre: value <= kVarintMax.
  Writer& varint(uint64_t value);
  Writer& bytes(ByteView value);
  template <size_t N, typename Tag>
  Writer& fixed(const FixedBytes<N, Tag>& value) {
    return bytes(value.view());
  }
  Writer& zeros(size_t count);

  [[nodiscard]] size_t size() const { return bytes_.size(); }
  [[nodiscard]] ByteView view() const { return bytes_; }
  [[nodiscard]] Bytes take() { return std::move(bytes_); }

 private:
  Writer& number(uint64_t value, size_t size);

  Bytes bytes_;
};

}  // namespace starling::wire
