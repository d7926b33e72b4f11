#include "wire/writer.h"

#include "base/check.h"

namespace starling::wire {

size_t varint_size(uint64_t value) {
  if (value < (uint64_t{1} << 6)) return 1;
  if (value < (uint64_t{1} << 14)) return 2;
  if (value < (uint64_t{1} << 30)) return 4;
  STARLING_CHECK(value <= kVarintMax);
  return 8;
}

Writer& Writer::number(uint64_t value, size_t size) {
  STARLING_CHECK(size == 8 || value >> (size * 8) == 0);
  for (size_t shift = size * 8; shift > 0; shift -= 8) {
    bytes_.push_back(static_cast<uint8_t>(value >> (shift - 8)));
  }
  return *this;
}

Writer& Writer::varint(uint64_t value) {
  const size_t size = varint_size(value);
  const uint64_t size_code = size == 1 ? 0 : size == 2 ? 1 : size == 4 ? 2 : 3;
  return number(value | (size_code << (size * 8 - 2)), size);
}

Writer& Writer::bytes(ByteView value) {
  append(bytes_, value);
  return *this;
}

Writer& Writer::zeros(size_t count) {
  bytes_.resize(bytes_.size() + count);
  return *this;
}

}  // namespace starling::wire
