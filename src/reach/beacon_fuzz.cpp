// What the beacon decoder accepts is canonical: it encodes to the same bytes.
#include "base/check.h"
#include "reach/beacon.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const starling::ByteView input(data, size);
  if (const auto beacon = starling::reach::Beacon::decode(input)) {
    STARLING_CHECK(starling::same_bytes(beacon->encode(), input));
  }
  return 0;
}
