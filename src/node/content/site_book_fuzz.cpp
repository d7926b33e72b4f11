// What a row of sites is accepted as encodes to the same bytes.
#include "base/check.h"
#include "node/content/site_book.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace starling;
  const auto site = node::decode_site({data, size});
  if (site) STARLING_CHECK(same_bytes(encode(*site), ByteView(data, size)));
  return 0;
}
