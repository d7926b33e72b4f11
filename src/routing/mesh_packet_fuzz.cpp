// What the mesh packet decoder accepts is canonical: it encodes to the same bytes. The way back from it can be sent, also
// when its record was thinned.
#include "base/check.h"
#include "routing/mesh_packet.h"
#include "routing/recorded_way.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  namespace routing = starling::routing;
  const starling::ByteView input(data, size);
  auto packet = routing::decode_mesh_packet(input);
  if (!packet) return 0;
  STARLING_CHECK(starling::same_bytes(encode(*packet), input));
  while (true) {
    routing::MeshPacket answer;
    answer.waypoints = routing::way_back(packet->recorded);
    STARLING_CHECK(routing::decode_mesh_packet(encode(answer)).has_value());
    STARLING_CHECK(routing::decode_mesh_packet(encode(*packet)).has_value());
    if (packet->recorded.size() < 3) return 0;
    routing::thin(packet->recorded, [](const auto& node) { return node.value[0] % 2 == 0; });
  }
}
