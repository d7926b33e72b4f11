// Any fragments at any time: rows stay within their bounds, none outlives its lifetime, and what comes out was put in.
//
// Input: a row of {time step u8 in 8 ms, id u8, index and count u8, size u16}.
#include "base/check.h"
#include "link/reassembler.h"
#include "wire/reader.h"

namespace {

using starling::Bytes;
using starling::ByteView;
using starling::Instant;
using starling::link::FragmentFrame;
using starling::link::Reassembler;

// Each byte of a fragment tells where it belongs.
Bytes piece_of(uint32_t id, uint8_t index, size_t size) {
  return Bytes(size, static_cast<uint8_t>(id * 67 + index));
}

void check_row(const Bytes& row, const FragmentFrame& last) {
  STARLING_CHECK(row.size() >= last.count && row.size() <= Reassembler::kRowSizeMax);
  uint8_t expected = static_cast<uint8_t>(last.id * 67);
  STARLING_CHECK(row.front() == expected);
  for (const uint8_t byte : row) {
    if (byte == expected) continue;
    ++expected;
    STARLING_CHECK(byte == expected);
  }
  STARLING_CHECK(expected == static_cast<uint8_t>(last.id * 67 + last.count - 1));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  starling::wire::Reader input(ByteView(data, size));
  Reassembler reassembler;
  Instant now{};
  size_t rows_max = 0;  // rows under way, at most
  while (input.left() >= 7) {
    now += input.u8() * std::chrono::milliseconds(8);
    rows_max -= reassembler.handle_timeout(now);
    const uint32_t id = input.u8();
    const auto count = static_cast<uint8_t>(2 + input.u8() % (FragmentFrame::kCountMax - 1));
    const auto index = static_cast<uint8_t>(input.u8() % count);
    const Bytes bytes = piece_of(id, index, size_t{1} + input.u16());
    const FragmentFrame fragment{id, index, count, bytes};
    const auto outcome = reassembler.handle_fragment(now, fragment);
    if (outcome.row) check_row(*outcome.row, fragment);
    rows_max = std::min(rows_max + 1, Reassembler::kRowsMax);
    STARLING_CHECK(reassembler.next_timeout() > now);
    STARLING_CHECK(reassembler.next_timeout() == starling::kNever ||
                   reassembler.next_timeout() <= now + Reassembler::kLifetime);
  }
  STARLING_CHECK(reassembler.handle_timeout(now + Reassembler::kLifetime) <= rows_max);
  STARLING_CHECK(reassembler.next_timeout() == starling::kNever);
  return 0;
}
