#include "crypto/work_proof_rows.h"

#include <bit>

namespace starling::crypto {
namespace {

static_assert(std::endian::native == std::endian::little, "a row's low bytes come first");

// Reading or writing a row touches so many bytes behind its beginning at most: those of the rest, or 16, and a note of 8.
constexpr size_t kRowReach = 16 + 8;

uint64_t low_bytes_mask(size_t count) {
  return count >= 8 ? ~uint64_t{0} : (uint64_t{1} << 8 * count) - 1;
}

}  // namespace

WorkRowLayout::WorkRowLayout(size_t rest_bits, size_t note_bits)
    : rest_size((rest_bits + 7) / 8), row_size(rest_size + (note_bits + 7) / 8) {
  rows_per_chunk = (WorkMemory::kChunkSize - kRowReach) / row_size + 1;
  rest_mask.low = low_bytes_mask(rest_size);
  rest_mask.high = rest_size > 8 ? low_bytes_mask(rest_size - 8) : 0;
  note_mask = low_bytes_mask(row_size - rest_size);
}

WorkMemory::WorkMemory(size_t chunks)
    : chunks_(chunks), bytes_(std::make_unique_for_overwrite<uint8_t[]>(chunks * kChunkSize)) {}

std::optional<uint32_t> WorkMemory::take() {
  if (free_.empty()) return untouched_ < chunks_ ? std::optional(untouched_++) : std::nullopt;
  const uint32_t chunk = free_.back();
  free_.pop_back();
  return chunk;
}

bool WorkRowList::add_chunk(WorkMemory& memory, const WorkRowLayout& layout) {
  const auto chunk = memory.take();
  if (!chunk) return false;
  chunks_.push_back(*chunk);
  room_ = layout.rows_per_chunk;
  next_ = memory.at(*chunk);
  return true;
}

void WorkRowList::clear(WorkMemory& memory) {
  for (const uint32_t chunk : chunks_) memory.give_back(chunk);
  chunks_.clear();
  room_ = 0;
}

}  // namespace starling::crypto
