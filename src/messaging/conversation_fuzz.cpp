// What a row of conversations is accepted as encodes to the same bytes.
#include "base/check.h"
#include "messaging/conversation.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const starling::ByteView input(data, size);
  if (const auto state = starling::messaging::decode_conversation(input)) {
    STARLING_CHECK(starling::same_bytes(starling::messaging::encode(*state), input));
  }
  return 0;
}
