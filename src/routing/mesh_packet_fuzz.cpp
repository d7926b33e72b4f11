// What the mesh packet decoder accepts is canonical: it encodes to the same bytes. The way back from it can be
// sent.
#include "base/check.h"
#include "routing/mesh_packet.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  namespace routing = starling::routing;
  const starling::ByteView input(data, size);
  const auto packet = routing::decode_mesh_packet(input);
  if (!packet) return 0;
  STARLING_CHECK(starling::same_bytes(encode(*packet), input));
  routing::MeshPacket answer;
  answer.waypoints = routing::way_back(packet->recorded);
  STARLING_CHECK(routing::decode_mesh_packet(encode(answer)).has_value());
  return 0;
}
