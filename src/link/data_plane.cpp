#include "link/data_plane.h"

#include "base/check.h"
#include "wire/reader.h"

namespace starling::link {

DataPlane::DataPlane(uint32_t local_index, uint32_t remote_index, crypto::Cipher cipher,
                     const crypto::TransportKeys& keys)
    : local_index_(local_index),
      remote_index_(remote_index),
      send_key_(cipher, keys.send),
      receive_key_(cipher, keys.receive) {}

void DataPlane::seal_plain(ByteView plaintext, Bytes& out) {
  STARLING_CHECK(!is_spent());
  const auto header = encode_data_header(PacketType::data_plain, remote_index_, send_counter_);
  const size_t start = out.size();
  out.resize(start + kPlainOverhead + plaintext.size());
  std::copy(header.begin(), header.end(), out.begin() + static_cast<std::ptrdiff_t>(start));
  send_key_.seal(crypto::counter_nonce(cipher(), send_counter_), header, plaintext,
                 MutableByteView(out).subspan(start + kDataHeaderSize));
  ++send_counter_;
}

void DataPlane::seal_sealed(ByteView mesh_header, ByteView body, Bytes& out) {
  STARLING_CHECK(!is_spent() && mesh_header.size() <= 0xffff);
  const auto header = encode_data_header(PacketType::data_sealed, remote_index_, send_counter_);
  const size_t start = out.size();
  append(out, header);
  out.push_back(static_cast<uint8_t>(mesh_header.size() >> 8));
  out.push_back(static_cast<uint8_t>(mesh_header.size()));
  out.resize(out.size() + mesh_header.size() + crypto::kAeadTagSize);
  const MutableByteView written = MutableByteView(out).subspan(start);
  send_key_.seal(crypto::counter_nonce(cipher(), send_counter_), written.first(kDataHeaderSize + 2),
                 mesh_header, written.subspan(kDataHeaderSize + 2));
  append(out, body);
  ++send_counter_;
}

std::expected<DataPlane::Opened, OpenError> DataPlane::open(const DataPacket& packet) {
  if (!replay_.is_fresh(packet.counter)) return std::unexpected(OpenError::replayed);
  ByteView sealed = packet.body;
  ByteView associated = packet.header;
  Opened opened;
  if (packet.sealed) {
    if (packet.body.size() < 2) return std::unexpected(OpenError::forged);
    // The length field follows the header in the same packet and is authenticated with it.
    associated = ByteView(packet.header.data(), packet.header.size() + 2);
    wire::Reader reader(packet.body);
    sealed = reader.view(reader.u16() + crypto::kAeadTagSize);
    opened.body = reader.remaining();
    if (!reader.ok()) return std::unexpected(OpenError::forged);
  }
  if (sealed.size() < crypto::kAeadTagSize) return std::unexpected(OpenError::forged);
  opened.plaintext.resize(sealed.size() - crypto::kAeadTagSize);
  if (!receive_key_.open(crypto::counter_nonce(cipher(), packet.counter), associated, sealed,
                         opened.plaintext)) {
    return std::unexpected(OpenError::forged);
  }
  opened.newest = packet.counter >= replay_.highest();
  replay_.accept(packet.counter);
  return opened;
}

}  // namespace starling::link
