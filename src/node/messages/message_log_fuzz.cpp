// What a row of messages is accepted as encodes to the same bytes.
#include "base/check.h"
#include "node/messages/message_log.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace starling;
  const auto message = node::decode_message({data, size});
  if (message) STARLING_CHECK(same_bytes(encode(*message), ByteView(data, size)));
  return 0;
}
