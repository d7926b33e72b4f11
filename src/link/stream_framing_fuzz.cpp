// Any cutting of a stream gives the same packets, each with its last byte, or breaks at the same byte.
#include <limits>

#include "base/check.h"
#include "base/rng.h"
#include "link/stream_framing.h"

namespace starling::link {
namespace {

// What is to come out of a stream, told from the whole of it.
struct Marks {
  std::vector<size_t> packet_ends;
  // How many bytes it takes to see that the stream is broken.
  size_t breaks_at = std::numeric_limits<size_t>::max();
};

Marks marks_of(ByteView stream) {
  Marks marks;
  size_t at = 0;
  while (stream.size() - at >= 2) {
    const size_t size = size_t{stream[at]} * 256 + stream[at + 1];
    if (size == 0 || size > kStreamPacketMax) {
      marks.breaks_at = at + 2;
      break;
    }
    if (stream.size() - at - 2 < size) break;
    at += 2 + size;
    marks.packet_ends.push_back(at);
  }
  return marks;
}

void run(ByteView stream, Rng& cutting) {
  const Marks marks = marks_of(stream);
  const uint64_t piece_max = 1 + cutting.below(300);
  StreamDeframer deframer;
  Bytes framed_again;
  auto end = marks.packet_ends.begin();
  for (size_t fed = 0; fed < stream.size();) {
    const size_t piece = std::min<size_t>(1 + cutting.below(piece_max), stream.size() - fed);
    const bool whole = deframer.handle_bytes(stream.subspan(fed, piece), [&](ByteView packet) {
      frame_for_stream(packet, framed_again);
      STARLING_CHECK(end != marks.packet_ends.end() && framed_again.size() == *end);
      ++end;
    });
    fed += piece;
    STARLING_CHECK(end == marks.packet_ends.end() || *end > fed);
    STARLING_CHECK(whole == (fed < marks.breaks_at));
  }
  STARLING_CHECK(end == marks.packet_ends.end());
  STARLING_CHECK(same_bytes(framed_again, stream.first(framed_again.size())));
}

}  // namespace
}  // namespace starling::link

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  starling::Rng cutting(data[0]);
  starling::link::run(starling::ByteView(data + 1, size - 1), cutting);
  return 0;
}
