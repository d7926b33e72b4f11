// What the entry decoder accepts is canonical: it encodes to the same bytes.
#include "base/check.h"
#include "space/entry.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const starling::ByteView input(data, size);
  if (const auto entry = starling::space::decode_entry(input)) {
    STARLING_CHECK(starling::same_bytes(starling::space::encode(*entry), input));
  }
  return 0;
}
