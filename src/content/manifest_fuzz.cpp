// What the manifest decoder accepts is canonical: it encodes to the same bytes.
#include "base/check.h"
#include "content/manifest.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const starling::ByteView input(data, size);
  if (const auto manifest = starling::content::decode_manifest(input)) {
    STARLING_CHECK(starling::same_bytes(starling::content::encode(*manifest), input));
  }
  return 0;
}
