// What a row of pins is accepted as encodes to the same bytes.
#include "base/check.h"
#include "node/content/pin_book.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace starling;
  const auto pin = node::decode_pin({data, size});
  if (pin) STARLING_CHECK(same_bytes(encode(*pin), ByteView(data, size)));
  return 0;
}
