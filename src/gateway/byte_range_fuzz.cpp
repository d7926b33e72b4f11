// A range always lies within the file.
#include "base/bytes.h"
#include "base/check.h"
#include "gateway/byte_range.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace starling::gateway;
  for (const uint64_t file : {uint64_t{0}, uint64_t{1}, uint64_t{10'000}, UINT64_MAX}) {
    const auto range = parse_byte_range(starling::text_of({data, size}), file);
    const auto* bytes = std::get_if<ByteRange>(&range);
    if (!bytes) continue;
    STARLING_CHECK(bytes->size > 0 && bytes->offset < file && bytes->size <= file - bytes->offset);
  }
  return 0;
}
