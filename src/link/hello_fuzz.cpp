// What the hello decoder accepts is canonical: it encodes to the same bytes. Agreement has no
// sides.
#include "base/check.h"
#include "link/hello.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const starling::ByteView input(data, size);
  if (const auto hello = starling::link::decode_hello(input)) {
    starling::Bytes bytes;
    encode(*hello, bytes);
    STARLING_CHECK(starling::same_bytes(bytes, input));
    const starling::link::Hello own;
    STARLING_CHECK(agree(own, *hello) == agree(*hello, own));
  }
  return 0;
}
