// What the decoders of probes and their answers accept is canonical: it encodes to the same bytes. A packet and an answer
// that are both accepted give a path that fits into an address, or none. Input: the answer, then the packet.
#include "base/check.h"
#include "routing/probe.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  namespace routing = starling::routing;
  const starling::ByteView input(data, size);
  if (const auto probe = routing::decode_probe(input)) {
    STARLING_CHECK(starling::same_bytes(encode(*probe), input));
  }
  constexpr size_t kAnswerSize = 7;
  if (size < kAnswerSize) return 0;
  const auto answer = routing::decode_probe_answer(input.first(kAnswerSize));
  if (!answer) return 0;
  STARLING_CHECK(starling::same_bytes(encode(*answer), input.first(kAnswerSize)));
  const auto packet = routing::decode_mesh_packet(input.subspan(kAnswerSize));
  const auto path = packet ? path_of(*answer, *packet) : std::nullopt;
  if (!path) return 0;
  starling::Bytes bytes;
  encode(routing::Address{{*path}}, bytes);
  STARLING_CHECK(routing::decode_address(bytes).has_value());
  return 0;
}
