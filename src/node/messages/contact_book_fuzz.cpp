// What a row of contacts is accepted as encodes to the same bytes.
#include "base/check.h"
#include "node/messages/contact_book.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace starling;
  const auto contact = node::decode_contact({data, size});
  if (contact) STARLING_CHECK(same_bytes(encode(*contact), ByteView(data, size)));
  return 0;
}
