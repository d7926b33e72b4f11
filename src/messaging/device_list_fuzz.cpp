// What the decoder of device lists accepts is canonical: it encodes to the same bytes.
#include "base/check.h"
#include "messaging/device_list.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const starling::ByteView input(data, size);
  if (const auto list = starling::messaging::decode_device_list(input)) {
    STARLING_CHECK(starling::same_bytes(starling::messaging::encode(*list), input));
  }
  return 0;
}
