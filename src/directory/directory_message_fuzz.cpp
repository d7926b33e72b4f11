// What the message decoder accepts is canonical: it encodes to the same bytes.
#include "base/check.h"
#include "directory/directory_message.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const starling::ByteView input(data, size);
  if (const auto message = starling::directory::decode_directory_message(input)) {
    STARLING_CHECK(input.size() <= starling::directory::kMessageSizeMax);
    STARLING_CHECK(starling::same_bytes(starling::directory::encode(*message), input));
  }
  return 0;
}
