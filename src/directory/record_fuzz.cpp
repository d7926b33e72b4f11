// What the record decoder accepts is canonical: it encodes to the same bytes.
#include "base/check.h"
#include "directory/record.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const starling::ByteView input(data, size);
  if (const auto record = starling::directory::decode_record(input)) {
    STARLING_CHECK(input.size() <= starling::directory::kRecordSizeMax);
    STARLING_CHECK(starling::same_bytes(starling::directory::encode(*record), input));
  }
  return 0;
}
