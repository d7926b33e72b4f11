// What the packet decoder accepts is canonical: it encodes to the same bytes.
#include "base/check.h"
#include "link/packet.h"

namespace starling::link {
namespace {

// Handshakes are encoded without their macs, which come from the packet.
template <typename Handshake>
Bytes with_macs(Bytes encoded, const Handshake& handshake) {
  const auto macs = encoded.end() - static_cast<std::ptrdiff_t>(kMacsSize);
  const auto after_mac1 = std::copy(handshake.mac1.value.begin(), handshake.mac1.value.end(), macs);
  std::copy(handshake.mac2.value.begin(), handshake.mac2.value.end(), after_mac1);
  return encoded;
}

struct Encoder {
  Bytes operator()(const HandshakeInit& init) const {
    STARLING_CHECK(init.covered_by_mac1.size() + crypto::Mac::kSize == init.covered_by_mac2.size());
    return with_macs(encode_init(init.sender_index, init.noise), init);
  }
  Bytes operator()(const HandshakeResponse& response) const {
    return with_macs(
        encode_response(response.sender_index, response.receiver_index, response.noise), response);
  }
  Bytes operator()(const DataPacket& data) const {
    const auto type = data.sealed ? PacketType::data_sealed : PacketType::data_plain;
    const auto header = encode_data_header(type, data.receiver_index, data.counter);
    STARLING_CHECK(same_bytes(header, data.header));
    Bytes bytes = copy_of(header);
    append(bytes, data.body);
    return bytes;
  }
  Bytes operator()(const auto& packet) const { return encode(packet); }
};

}  // namespace
}  // namespace starling::link

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const starling::ByteView input(data, size);
  if (const auto packet = starling::link::decode_packet(input)) {
    STARLING_CHECK(starling::same_bytes(std::visit(starling::link::Encoder{}, *packet), input));
  }
  return 0;
}
