// crypto/chunk_set.h - which chunks of a blob are there, one bit each.
// Wire: docs/wire/content.md#blob-service.
#pragma once

#include <optional>

#include "base/bytes.h"

namespace starling::crypto {

// Which chunks of a blob are there.
class ChunkSet {
 public:
  explicit ChunkSet(uint64_t chunks, bool all = false);
  // Empty unless `bits` has the right length and no bit behind the last chunk.
  static std::optional<ChunkSet> from(uint64_t chunks, ByteView bits);

  [[nodiscard]] bool contains(uint64_t chunk) const {
    return (bits_[chunk / 8] & (0x80 >> (chunk % 8))) != 0;
  }
  void add(uint64_t chunk);
  [[nodiscard]] uint64_t size() const { return chunks_; }
  [[nodiscard]] uint64_t count() const { return count_; }
  [[nodiscard]] bool is_full() const { return count_ == chunks_; }
  // One bit a chunk, the first one highest.
  [[nodiscard]] const Bytes& bits() const { return bits_; }

 private:
  uint64_t chunks_;
  uint64_t count_ = 0;
  Bytes bits_;
};

}  // namespace starling::crypto
