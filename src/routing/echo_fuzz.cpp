// What the decoders of echoes and their answers accept is canonical: it encodes to the same bytes.
#include "base/check.h"
#include "routing/echo.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  namespace routing = starling::routing;
  const starling::ByteView input(data, size);
  if (const auto echo = routing::decode_echo(input)) {
    STARLING_CHECK(starling::same_bytes(encode(*echo), input));
  }
  if (const auto answer = routing::decode_echo_answer(input)) {
    STARLING_CHECK(starling::same_bytes(encode(*answer), input));
  }
  return 0;
}
