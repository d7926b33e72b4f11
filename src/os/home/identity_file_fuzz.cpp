// Whatever decode_identity accepts encodes to the same bytes. The checksum keeps random input out,
// so each input is tried a second time with the checksum made right.
#include <algorithm>

#include "base/check.h"
#include "crypto/hash.h"
#include "os/home/identity_file.h"

namespace {

using starling::Bytes;
using starling::ByteView;

void check_canonical(ByteView bytes) {
  const auto identity = starling::os::decode_identity(bytes);
  if (!identity) return;
  STARLING_CHECK(starling::same_bytes(starling::os::encode_identity(*identity).reveal(), bytes));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const ByteView input(data, size);
  check_canonical(input);

  constexpr size_t kChecksumSize = starling::crypto::Digest::kSize;
  if (size < kChecksumSize) return 0;
  Bytes mended = starling::copy_of(input);
  const auto checksum = starling::crypto::sha256(input.first(size - kChecksumSize));
  std::copy(checksum.value.begin(), checksum.value.end(), mended.end() - kChecksumSize);
  check_canonical(mended);
  return 0;
}
