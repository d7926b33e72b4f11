#include "link/packet.h"

#include "crypto/noise.h"
#include "wire/reader.h"
#include "wire/writer.h"

namespace starling::link {
namespace {

using wire::Reader;
using wire::Writer;

constexpr size_t kInitSizeMin = 1 + 4 + crypto::kNoiseMessage1Overhead + kMacsSize;
constexpr size_t kInitSizeMax = kInitSizeMin + kInitPayloadMax;
constexpr size_t kResponseSizeMin = 1 + 4 + 4 + crypto::kNoiseMessage2Overhead + kMacsSize;
constexpr size_t kResponseSizeMax = kResponseSizeMin + kResponsePayloadMax;
// Whatever comes before the keys is never fragmented.
static_assert(kInitSizeMax <= kCarrierMtuMin && kResponseSizeMax <= kCarrierMtuMin);
static_assert(KeyQuestion::kSize <= kCarrierMtuMin);

template <typename Handshake>
void read_macs(Handshake& packet, ByteView bytes) {
  packet.covered_by_mac1 = bytes.first(bytes.size() - kMacsSize);
  packet.covered_by_mac2 = bytes.first(bytes.size() - crypto::Mac::kSize);
  packet.mac1 = *crypto::Mac::from(bytes.subspan(bytes.size() - kMacsSize, crypto::Mac::kSize));
  packet.mac2 = *crypto::Mac::from(bytes.last(crypto::Mac::kSize));
}

std::optional<Packet> decode_init(ByteView bytes) {
  if (bytes.size() < kInitSizeMin || bytes.size() > kInitSizeMax) return std::nullopt;
  HandshakeInit packet;
  Reader reader(bytes.subspan(1));
  packet.sender_index = reader.u32();
  packet.noise = reader.view(reader.left() - kMacsSize);
  read_macs(packet, bytes);
  return packet;
}

std::optional<Packet> decode_response(ByteView bytes) {
  if (bytes.size() < kResponseSizeMin || bytes.size() > kResponseSizeMax) return std::nullopt;
  HandshakeResponse packet;
  Reader reader(bytes.subspan(1));
  packet.sender_index = reader.u32();
  packet.receiver_index = reader.u32();
  packet.noise = reader.view(reader.left() - kMacsSize);
  read_macs(packet, bytes);
  return packet;
}

std::optional<Packet> decode_cookie(ByteView bytes) {
  Reader reader(bytes.subspan(1));
  CookieReply packet;
  packet.receiver_index = reader.u32();
  packet.nonce = reader.array<24>();
  packet.sealed_cookie = reader.array<32>();
  if (!reader.finish()) return std::nullopt;
  return packet;
}

std::optional<Packet> decode_question(ByteView bytes) {
  if (bytes.size() != KeyQuestion::kSize) return std::nullopt;
  Reader reader(bytes.subspan(1));
  KeyQuestion packet;
  packet.nonce = reader.u64();
  packet.network = reader.fixed<crypto::NetworkTag>();
  for (const uint8_t padding : reader.remaining()) {
    if (padding != 0) return std::nullopt;
  }
  return packet;
}

std::optional<Packet> decode_answer(ByteView bytes) {
  Reader reader(bytes.subspan(1));
  KeyAnswer packet;
  packet.nonce = reader.u64();
  packet.key = reader.fixed<crypto::NodeKey>();
  packet.signature = reader.fixed<crypto::Signature>();
  if (!reader.finish()) return std::nullopt;
  return packet;
}

std::optional<Packet> decode_data(ByteView bytes, bool sealed) {
  if (bytes.size() < kDataHeaderSize) return std::nullopt;
  Reader reader(bytes.subspan(1));
  DataPacket packet;
  packet.sealed = sealed;
  packet.receiver_index = reader.u32();
  packet.counter = reader.u64();
  packet.header = bytes.first(kDataHeaderSize);
  packet.body = reader.remaining();
  return packet;
}

}  // namespace

std::optional<Packet> decode_packet(ByteView bytes) {
  if (bytes.empty()) return std::nullopt;
  switch (static_cast<PacketType>(bytes[0])) {
    case PacketType::handshake_init:
      return decode_init(bytes);
    case PacketType::handshake_response:
      return decode_response(bytes);
    case PacketType::cookie_reply:
      return decode_cookie(bytes);
    case PacketType::key_question:
      return decode_question(bytes);
    case PacketType::key_answer:
      return decode_answer(bytes);
    case PacketType::data_plain:
      return decode_data(bytes, false);
    case PacketType::data_sealed:
      return decode_data(bytes, true);
  }
  return std::nullopt;
}

Bytes encode_init(uint32_t sender_index, ByteView noise) {
  Writer writer;
  writer.u8(static_cast<uint8_t>(PacketType::handshake_init)).u32(sender_index).bytes(noise);
  return writer.zeros(kMacsSize).take();
}

Bytes encode_response(uint32_t sender_index, uint32_t receiver_index, ByteView noise) {
  Writer writer;
  writer.u8(static_cast<uint8_t>(PacketType::handshake_response)).u32(sender_index);
  return writer.u32(receiver_index).bytes(noise).zeros(kMacsSize).take();
}

Bytes encode(const CookieReply& reply) {
  Writer writer;
  writer.u8(static_cast<uint8_t>(PacketType::cookie_reply)).u32(reply.receiver_index);
  return writer.bytes(reply.nonce).bytes(reply.sealed_cookie).take();
}

Bytes encode(const KeyQuestion& question) {
  Writer writer;
  writer.u8(static_cast<uint8_t>(PacketType::key_question)).u64(question.nonce);
  writer.fixed(question.network);
  return writer.zeros(KeyQuestion::kSize - writer.size()).take();
}

Bytes encode(const KeyAnswer& answer) {
  Writer writer;
  writer.u8(static_cast<uint8_t>(PacketType::key_answer)).u64(answer.nonce);
  return writer.fixed(answer.key).fixed(answer.signature).take();
}

std::array<uint8_t, kDataHeaderSize> encode_data_header(PacketType type, uint32_t receiver_index,
                                                        uint64_t counter) {
  std::array<uint8_t, kDataHeaderSize> header{static_cast<uint8_t>(type)};
  for (size_t i = 0; i < 4; ++i) {
    header[1 + i] = static_cast<uint8_t>(receiver_index >> ((3 - i) * 8));
  }
  for (size_t i = 0; i < 8; ++i) header[5 + i] = static_cast<uint8_t>(counter >> ((7 - i) * 8));
  return header;
}

}  // namespace starling::link
