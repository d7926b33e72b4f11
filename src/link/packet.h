// link/packet.h - the packets that carriers carry: handshake, cookie, key question and data, before any key opens them.
//
// Views: a decoded packet borrows from the bytes it was decoded from.
// Wire:  docs/wire/link.md#packets.
#pragma once

#include <optional>
#include <variant>

#include "base/bytes.h"
#include "crypto/hash.h"
#include "crypto/keys.h"
#include "crypto/network_tag.h"
#include "link/hello.h"

namespace starling::link {

enum class PacketType : uint8_t {
  handshake_init = 1,
  handshake_response = 2,
  cookie_reply = 3,
  key_question = 4,
  key_answer = 5,
  data_plain = 0x10,
  data_sealed = 0x11,
};

// The smallest MTU that a carrier may have: every handshake packet fits, data is fragmented.
inline constexpr size_t kCarrierMtuMin = 256;
inline constexpr size_t kDataHeaderSize = 1 + 4 + 8;
inline constexpr size_t kMacsSize = 2 * crypto::Mac::kSize;
// The longest Noise payloads. Larger handshake packets are refused before anything is computed.
inline constexpr size_t kInitPayloadMax = crypto::NodeKey::kSize + Hello::kSizeMax;
inline constexpr size_t kResponsePayloadMax = Hello::kSizeMax;

struct HandshakeInit {
  uint32_t sender_index = 0;
  ByteView noise;  // message 1, kNoiseMessage1Overhead to that + kInitPayloadMax bytes
  crypto::Mac mac1, mac2;
  ByteView covered_by_mac1, covered_by_mac2;
};

struct HandshakeResponse {
  uint32_t sender_index = 0;
  uint32_t receiver_index = 0;
  ByteView noise;  // message 2, kNoiseMessage2Overhead to that + kResponsePayloadMax bytes
  crypto::Mac mac1, mac2;
  ByteView covered_by_mac1, covered_by_mac2;
};

struct CookieReply {
  uint32_t receiver_index = 0;
  std::array<uint8_t, 24> nonce{};
  std::array<uint8_t, 16 + 16> sealed_cookie{};
};

// Asks the node at an address for its key. Padded, so that the answer is always smaller.
struct KeyQuestion {
  static constexpr size_t kSize = 200;
  uint64_t nonce = 0;
  crypto::NetworkTag network;  // of the asker
};

struct KeyAnswer {
  uint64_t nonce = 0;
  crypto::NodeKey key;
  crypto::Signature signature;  // over nonce and network tag, context "starling key answer"
};

struct DataPacket {
  bool sealed = false;
  uint32_t receiver_index = 0;
  uint64_t counter = 0;
  ByteView header;  // the 13 bytes before the body: associated data
  ByteView body;
};

using Packet =
    std::variant<HandshakeInit, HandshakeResponse, CookieReply, KeyQuestion, KeyAnswer, DataPacket>;

// Empty for anything that is not exactly one packet of a known type.
std::optional<Packet> decode_packet(ByteView bytes);

// Both leave the macs zero; finish_macs() fills them in.
Bytes encode_init(uint32_t sender_index, ByteView noise);
Bytes encode_response(uint32_t sender_index, uint32_t receiver_index, ByteView noise);
Bytes encode(const CookieReply& reply);
Bytes encode(const KeyQuestion& question);
Bytes encode(const KeyAnswer& answer);
std::array<uint8_t, kDataHeaderSize> encode_data_header(PacketType type, uint32_t receiver_index,
                                                        uint64_t counter);

}  // namespace starling::link
