// What the frame decoder accepts is canonical: it encodes to the same bytes, skipped frames aside.
#include <algorithm>

#include "base/check.h"
#include "link/frame.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using starling::link::UnknownFrame;
  const starling::ByteView input(data, size);
  const auto frames = starling::link::decode_frames(input);
  if (!frames) return 0;
  starling::Bytes bytes;
  for (const auto& frame : *frames) encode(frame, bytes);
  const bool any_skipped = std::any_of(frames->begin(), frames->end(), [](const auto& frame) {
    return std::holds_alternative<UnknownFrame>(frame);
  });
  if (any_skipped) {
    // The bodies of skipped frames are not kept: the same frames come back without them.
    const auto again = starling::link::decode_frames(bytes);
    STARLING_CHECK(again && again->size() == frames->size());
    return 0;
  }
  starling::link::pad_to(input.size(), bytes);
  STARLING_CHECK(starling::same_bytes(bytes, input));
  return 0;
}
