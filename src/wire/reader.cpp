#include "wire/reader.h"

namespace starling::wire {

uint64_t Reader::number(size_t size) {
  uint64_t value = 0;
  for (const uint8_t byte : view(size)) value = (value << 8) | byte;
  return value;
}

uint64_t Reader::varint() {
  if (!ok_ || rest_.empty()) {
    ok_ = false;
    return 0;
  }
  const size_t size = size_t{1} << (rest_[0] >> 6);
  uint64_t value = number(size);
  if (size > 1) value &= (uint64_t{1} << (size * 8 - 2)) - 1;
  // Each size has a smallest value; below it a shorter spelling exists.
  const bool canonical = size == 1 || value >= (uint64_t{1} << (size * 4 - 2));
  if (!canonical) ok_ = false;
  return ok_ ? value : 0;
}

ByteView Reader::view(size_t size) {
  if (!ok_ || size > rest_.size()) {
    ok_ = false;
    return {};
  }
  const ByteView result = rest_.first(size);
  rest_ = rest_.subspan(size);
  return result;
}

ByteView Reader::remaining() { return view(rest_.size()); }

}  // namespace starling::wire
