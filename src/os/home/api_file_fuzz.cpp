// Whatever decode_api_file accepts survives being written and read again.
#include "base/check.h"
#include "os/home/api_file.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using starling::os::decode_api_file;
  const auto access = decode_api_file({data, size});
  if (!access) return 0;
  const auto again = decode_api_file(starling::os::encode_api_file(*access).reveal());
  STARLING_CHECK(again && again->address == access->address && again->process == access->process);
  STARLING_CHECK(starling::same_bytes(again->token.reveal(), access->token.reveal()));
  return 0;
}
