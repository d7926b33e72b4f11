// What the decoder of routing's control messages accepts is canonical: it encodes to the same bytes.
#include "base/check.h"
#include "routing/control_message.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const starling::ByteView input(data, size);
  if (const auto message = starling::routing::decode_routing_message(input)) {
    STARLING_CHECK(starling::same_bytes(encode(*message), input));
  }
  return 0;
}
