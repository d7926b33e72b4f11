// What the greeting decoder accepts is canonical: it encodes to the same bytes.
#include "base/check.h"
#include "reach/greeting.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const starling::ByteView input(data, size);
  if (const auto greeting = starling::reach::decode_greeting(input)) {
    STARLING_CHECK(starling::same_bytes(encode(*greeting), input));
  }
  return 0;
}
