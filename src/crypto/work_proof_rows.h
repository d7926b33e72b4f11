// crypto/work_proof_rows.h - millions of small rows in many lists that grow and are given up one by one, in one piece of memory.
//
// A list takes chunks of the memory as it grows. Lists and memory belong together: who uses one with another's is lost.
// Bounds: where memory ends, append() refuses.
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "crypto/work_proof_strings.h"

namespace starling::crypto {

// What is left of a sum of strings, and a note of what was summed.
struct WorkRow {
  WorkString rest;
  uint64_t note = 0;
  friend bool operator==(const WorkRow&, const WorkRow&) = default;
};

// How rows lie in memory: only the bytes of rest and note that are in use.
struct WorkRowLayout {
  WorkRowLayout(size_t rest_bits, size_t note_bits);  // at most 128 and 64

  size_t rest_size;  // bytes
  size_t row_size;
  size_t rows_per_chunk;
  WorkString rest_mask;
  uint64_t note_mask;
};

class WorkMemory {
 public:
  static constexpr size_t kChunkSize = 1024;
  explicit WorkMemory(size_t chunks);

  // A chunk's number; empty when all are in use.
  std::optional<uint32_t> take();
  void give_back(uint32_t chunk) { free_.push_back(chunk); }
  [[nodiscard]] uint8_t* at(uint32_t chunk) const { return bytes_.get() + chunk * kChunkSize; }

 private:
  size_t chunks_;
  // Chunks from here on were never taken, so that the system has not spent memory on them.
  uint32_t untouched_ = 0;
  std::vector<uint32_t> free_;
  std::unique_ptr<uint8_t[]> bytes_;
};

// Rows of one layout, which every call names again because a solver has thousands of lists with the same.
class WorkRowList {
 public:
  // False when there is no memory left for it.
  bool append(WorkMemory& memory, const WorkRowLayout& layout, const WorkRow& row) {
    if (room_ == 0 && !add_chunk(memory, layout)) return false;
    // Whole words: what is too much is overwritten by the next row, or lies in the chunk's spare bytes.
    std::memcpy(next_, &row.rest.low, 8);
    std::memcpy(next_ + 8, &row.rest.high, 8);
    std::memcpy(next_ + layout.rest_size, &row.note, 8);
    next_ += layout.row_size;
    --room_;
    return true;
  }
  [[nodiscard]] WorkRow at(const WorkMemory& memory, const WorkRowLayout& layout,
                           size_t position) const {
    return read(layout, memory.at(chunks_[position / layout.rows_per_chunk]) +
                            position % layout.rows_per_chunk * layout.row_size);
  }
  // Calls visit(row) for all, in their order.
  template <typename Visit>
  void each(const WorkMemory& memory, const WorkRowLayout& layout, Visit visit) const {
    for (size_t i = 0; i < chunks_.size(); ++i) {
      const uint8_t* at = memory.at(chunks_[i]);
      size_t rows = layout.rows_per_chunk - (i + 1 == chunks_.size() ? room_ : 0);
      for (; rows > 0; --rows, at += layout.row_size) visit(read(layout, at));
    }
  }
  [[nodiscard]] size_t size(const WorkRowLayout& layout) const {
    return chunks_.size() * layout.rows_per_chunk - room_;
  }
  void clear(WorkMemory& memory);

 private:
  bool add_chunk(WorkMemory& memory, const WorkRowLayout& layout);
  static WorkRow read(const WorkRowLayout& layout, const uint8_t* at) {
    WorkRow row;
    std::memcpy(&row.rest.low, at, 8);
    std::memcpy(&row.rest.high, at + 8, 8);
    std::memcpy(&row.note, at + layout.rest_size, 8);
    row.rest.low &= layout.rest_mask.low;
    row.rest.high &= layout.rest_mask.high;
    row.note &= layout.note_mask;
    return row;
  }

  uint8_t* next_ = nullptr;
  size_t room_ = 0;  // rows that the last chunk still takes
  std::vector<uint32_t> chunks_;
};

}  // namespace starling::crypto
