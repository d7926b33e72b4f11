// What the address decoder accepts is canonical: it encodes to the same bytes.
#include "base/check.h"
#include "routing/address.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const starling::ByteView input(data, size);
  if (const auto address = starling::routing::decode_address(input)) {
    starling::Bytes bytes;
    encode(*address, bytes);
    STARLING_CHECK(starling::same_bytes(bytes, input));
  }
  return 0;
}
