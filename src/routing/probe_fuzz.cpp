// What the decoders of probes and their answers accept is canonical: it encodes to the same bytes. Each answer gives
// a path that fits into an address.
#include "base/check.h"
#include "routing/probe.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  namespace routing = starling::routing;
  const starling::ByteView input(data, size);
  if (const auto probe = routing::decode_probe(input)) {
    STARLING_CHECK(starling::same_bytes(encode(*probe), input));
  }
  if (const auto answer = routing::decode_probe_answer(input)) {
    STARLING_CHECK(starling::same_bytes(encode(*answer), input));
    starling::Bytes bytes;
    encode(routing::Address{{path_of(*answer)}}, bytes);
    STARLING_CHECK(routing::decode_address(bytes).has_value());
  }
  return 0;
}
