#include "crypto/chunk_set.h"

#include <algorithm>
#include <bit>

#include "base/check.h"

namespace starling::crypto {

ChunkSet::ChunkSet(uint64_t chunks, bool all)
    : chunks_(chunks), bits_(static_cast<size_t>((chunks + 7) / 8)) {
  if (!all) return;
  std::ranges::fill(bits_, uint8_t{0xff});
  if (chunks % 8 != 0) bits_.back() = static_cast<uint8_t>(0xff00 >> (chunks % 8));
  count_ = chunks;
}

std::optional<ChunkSet> ChunkSet::from(uint64_t chunks, ByteView bits) {
  ChunkSet set(chunks);
  if (bits.size() != set.bits_.size()) return std::nullopt;
  if (chunks % 8 != 0 && (bits.back() & (0xff >> (chunks % 8))) != 0) return std::nullopt;
  set.bits_ = copy_of(bits);
  for (const uint8_t byte : bits) set.count_ += static_cast<uint64_t>(std::popcount(byte));
  return set;
}

void ChunkSet::add(uint64_t chunk) {
  STARLING_CHECK(chunk < chunks_);
  if (contains(chunk)) return;
  bits_[chunk / 8] |= static_cast<uint8_t>(0x80 >> (chunk % 8));
  ++count_;
}

}  // namespace starling::crypto
