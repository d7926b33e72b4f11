// link/reassembler.h - cuts rows of frames into fragments for a carrier with a small MTU, and puts fragments together.
//
// Bounds:  kRowsMax rows and kBytesMax bytes under way per link (drop oldest), kLifetime each.
// Threads: single owner.   Wire: docs/wire/link.md#fragments.
#pragma once

#include <map>
#include <optional>
#include <vector>

#include "base/bytes.h"
#include "base/time.h"
#include "link/frame.h"

namespace starling::link {

// Fragment frames, each of at most `frame_size_max` bytes encoded. Empty when it would take more than
// FragmentFrame::kCountMax, or only one. Views into `row`.
std::vector<FragmentFrame> cut_into_fragments(uint32_t id, ByteView row, size_t frame_size_max);

class Reassembler {
 public:
  static constexpr size_t kRowsMax = 32;
  static constexpr size_t kBytesMax = 64 << 10;
  // A datagram of kDatagramMax bytes with everything around it.
  static constexpr size_t kRowSizeMax = 9'216;
  static constexpr Duration kLifetime = 2s;

  struct Outcome {
    std::optional<Bytes> row;  // complete with this fragment
    size_t rows_dropped = 0;   // no room, no time, or fragments that disagree
  };
  // Pre, as the decoder of FragmentFrame ensures: bytes not empty, 2 <= count <= kCountMax, index < count.
  Outcome handle_fragment(Instant now, const FragmentFrame& fragment);
  // Rows given up.
  size_t handle_timeout(Instant now);
  [[nodiscard]] Instant next_timeout() const;

 private:
  struct Row {
    Instant expires;
    std::vector<Bytes> pieces;
    size_t missing = 0;
    size_t bytes = 0;
  };
  void drop(std::map<uint32_t, Row>::iterator row);
  size_t make_room(size_t bytes, uint32_t keep);

  std::map<uint32_t, Row> rows_;  // ids grow, so the first is the oldest
  size_t bytes_ = 0;
};

}  // namespace starling::link
