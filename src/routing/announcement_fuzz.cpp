// What the announcement decoder accepts is canonical: it encodes to the same bytes.
#include "base/check.h"
#include "routing/announcement.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const starling::ByteView input(data, size);
  if (const auto announcement = starling::routing::decode_announcement(input)) {
    starling::Bytes bytes;
    encode(*announcement, bytes);
    STARLING_CHECK(starling::same_bytes(bytes, input));
  }
  return 0;
}
