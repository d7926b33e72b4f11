// What the site head decoder accepts is canonical: it encodes to the same bytes.
#include "base/check.h"
#include "content/site_head.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const starling::ByteView input(data, size);
  if (const auto head = starling::content::decode_site_head(input)) {
    STARLING_CHECK(starling::same_bytes(starling::content::encode(*head), input));
  }
  return 0;
}
