#include "link/packet.h"

#include <gtest/gtest.h>

#include "base/rng.h"
#include "link/documented_handshake.h"
#include "wire/writer.h"

namespace starling::link {
namespace packet_test {

// docs/wire/link.md#example shows the same bytes.
constexpr std::string_view kInitHex =
    "01a1a2a3a4"
    "5dfedd3b6bd47f6fa28ee15d969d5bb0ea53774d488bdaf9df1c6e0124b3ef22"
    "b8375d92812ef9fdd35500b4b2ddf229cd7e2c6711ffc110bf6d5a374289ca6f"
    "993a6ccf623f1adcb4d7305387c2fd6e"
    "fc0917ab8dce84a6ebdfb1333f9cdb92c961b51deafb56d0ca9713a5e3f1b2fc"
    "78195a7b632483f7a392cb6db6dc7f09cd8ec36eff536b85074957311cd23a"
    "bb6248d04d2ba36d0a8d3f1f4253ad13"
    "00000000000000000000000000000000";
constexpr std::string_view kResponseHex =
    "02b1b2b3b4a1a2a3a4"
    "ac01b2209e86354fb853237b5de0f4fab13c7fcbf433a61c019369617fecf10b"
    "43e74f7307c9051be0f226f180e31f4b3bdee5779d529704bafe54ecc482d9"
    "d033d719b89ac1edd5380f78428c57df"
    "00000000000000000000000000000000";
constexpr std::string_view kCookieReplyHex =
    "03a1a2a3a4"
    "070707070707070707070707070707070707070707070707"
    "b14f537c013d0ef790ed60937e66219c34321b113911198f436c192c62f8816f";
constexpr std::string_view kQuestionStartHex = "0401020304050607085eda123e3b43ac1a";
constexpr std::string_view kAnswerHex =
    "050102030405060708"
    "8139770ea87d175f56a35466c34c7ecccb8d8a91b4ee37a25df60f5b8fc9b394"
    "839f0dbf86bcdbdfbf7237bff05ffe103329c56640036fb495538467baf8cda8"
    "a4e43e12d9c13607d1e62f7222577ef946bdcce04d9ca918b6c75c63aab68c05";
constexpr std::string_view kDataHex =
    "10b1b2b3b40000000000000000"
    "c50a597768477800b4c735a424599bc3d2fbc82ed65a";

constexpr uint64_t kNonce = 0x0102030405060708;

Bytes bytes_of(std::string_view hex) { return from_hex(hex).value(); }

Bytes question_bytes() {
  Bytes bytes = bytes_of(kQuestionStartHex);
  bytes.resize(KeyQuestion::kSize);
  return bytes;
}

template <typename Kind>
Kind decoded(ByteView bytes) {
  const auto packet = decode_packet(bytes);
  EXPECT_TRUE(packet && std::holds_alternative<Kind>(*packet));
  return std::get<Kind>(packet.value());
}

void expect_exact_size(const Bytes& packet) {
  for (size_t size = 0; size < packet.size(); ++size) {
    EXPECT_FALSE(decode_packet(ByteView(packet).first(size))) << size;
  }
  Bytes longer = packet;
  longer.push_back(0);
  EXPECT_FALSE(decode_packet(longer));
}

TEST(PacketTest, WritesTheDocumentedHandshake) {
  const DocumentedHandshake handshake;
  EXPECT_EQ(to_hex(handshake.init_packet), kInitHex);
  EXPECT_EQ(to_hex(handshake.response_packet), kResponseHex);
}

TEST(PacketTest, ReadsTheDocumentedInit) {
  const Bytes bytes = bytes_of(kInitHex);
  const auto init = decoded<HandshakeInit>(bytes);
  EXPECT_EQ(init.sender_index, 0xa1a2a3a4);
  EXPECT_TRUE(same_bytes(init.noise, ByteView(bytes).subspan(5, 143)));
  EXPECT_EQ(to_hex(init.mac1.view()), "bb6248d04d2ba36d0a8d3f1f4253ad13");
  EXPECT_EQ(init.mac2, crypto::Mac{});
  EXPECT_TRUE(same_bytes(init.covered_by_mac1, ByteView(bytes).first(148)));
  EXPECT_TRUE(same_bytes(init.covered_by_mac2, ByteView(bytes).first(164)));
}

TEST(PacketTest, ReadsTheDocumentedResponse) {
  const Bytes bytes = bytes_of(kResponseHex);
  const auto response = decoded<HandshakeResponse>(bytes);
  EXPECT_EQ(response.sender_index, 0xb1b2b3b4);
  EXPECT_EQ(response.receiver_index, 0xa1a2a3a4);
  EXPECT_TRUE(same_bytes(response.noise, ByteView(bytes).subspan(9, 63)));
  EXPECT_EQ(to_hex(response.mac1.view()), "d033d719b89ac1edd5380f78428c57df");
  EXPECT_EQ(response.mac2, crypto::Mac{});
  EXPECT_TRUE(same_bytes(response.covered_by_mac1, ByteView(bytes).first(72)));
  EXPECT_TRUE(same_bytes(response.covered_by_mac2, ByteView(bytes).first(88)));
}

TEST(PacketTest, ReadsTheDocumentedCookieReplyAndWritesItBack) {
  const Bytes bytes = bytes_of(kCookieReplyHex);
  const auto reply = decoded<CookieReply>(bytes);
  EXPECT_EQ(reply.receiver_index, 0xa1a2a3a4);
  EXPECT_TRUE(same_bytes(reply.nonce, Bytes(24, 7)));
  EXPECT_TRUE(same_bytes(reply.sealed_cookie, ByteView(bytes).last(32)));
  EXPECT_EQ(to_hex(encode(reply)), kCookieReplyHex);
}

TEST(PacketTest, ReadsTheDocumentedKeyQuestionAndWritesItBack) {
  const auto question = decoded<KeyQuestion>(question_bytes());
  EXPECT_EQ(question.nonce, kNonce);
  EXPECT_EQ(question.network, crypto::network_tag_of("world"));
  EXPECT_EQ(encode(question), question_bytes());
}

TEST(PacketTest, ReadsTheDocumentedKeyAnswerWritesItBackAndItsSignatureHolds) {
  const auto answer = decoded<KeyAnswer>(bytes_of(kAnswerHex));
  EXPECT_EQ(answer.nonce, kNonce);
  EXPECT_EQ(answer.key, DocumentedHandshake::identity(2).key());
  EXPECT_EQ(to_hex(encode(answer)), kAnswerHex);
  wire::Writer statement;
  statement.u64(answer.nonce).fixed(crypto::network_tag_of("world"));
  EXPECT_TRUE(
      crypto::verify(answer.key, "starling key answer", statement.view(), answer.signature));
}

TEST(PacketTest, ReadsTheDocumentedDataPacket) {
  const Bytes bytes = bytes_of(kDataHex);
  const auto data = decoded<DataPacket>(bytes);
  EXPECT_FALSE(data.sealed);
  EXPECT_EQ(data.receiver_index, 0xb1b2b3b4);
  EXPECT_EQ(data.counter, 0u);
  EXPECT_TRUE(same_bytes(data.header, ByteView(bytes).first(13)));
  EXPECT_TRUE(same_bytes(data.body, ByteView(bytes).subspan(13)));
}

TEST(PacketTest, RoundTripsADataHeaderOfEitherType) {
  for (const auto type : {PacketType::data_plain, PacketType::data_sealed}) {
    const auto header = encode_data_header(type, 0x01020304, 0x1112131415161718);
    const auto data = decoded<DataPacket>(header);
    EXPECT_EQ(data.sealed, type == PacketType::data_sealed);
    EXPECT_EQ(data.receiver_index, 0x01020304u);
    EXPECT_EQ(data.counter, 0x1112131415161718u);
    EXPECT_TRUE(data.body.empty());
  }
}

Bytes random_bytes(Rng& rng, size_t size) {
  Bytes bytes(size);
  for (uint8_t& byte : bytes) byte = static_cast<uint8_t>(rng());
  return bytes;
}

TEST(PacketTest, RoundTripsInitsOfEverySizeAndRefusesLargerOnes) {
  EXPECT_EQ(kInitPayloadMax, 95u);
  Rng rng(1);
  for (size_t payload = 0; payload <= kInitPayloadMax; ++payload) {
    const Bytes noise = random_bytes(rng, crypto::kNoiseMessage1Overhead + payload);
    const Bytes init = encode_init(7, noise);
    EXPECT_TRUE(same_bytes(decoded<HandshakeInit>(init).noise, noise));
  }
  const Bytes noise = random_bytes(rng, crypto::kNoiseMessage1Overhead + kInitPayloadMax + 1);
  EXPECT_FALSE(decode_packet(encode_init(7, noise)));
}

TEST(PacketTest, RoundTripsResponsesOfEverySizeAndRefusesLargerOnes) {
  EXPECT_EQ(kResponsePayloadMax, 63u);
  Rng rng(1);
  for (size_t payload = 0; payload <= kResponsePayloadMax; ++payload) {
    const Bytes noise = random_bytes(rng, crypto::kNoiseMessage2Overhead + payload);
    const Bytes response = encode_response(7, 8, noise);
    EXPECT_TRUE(same_bytes(decoded<HandshakeResponse>(response).noise, noise));
  }
  const Bytes noise = random_bytes(rng, crypto::kNoiseMessage2Overhead + kResponsePayloadMax + 1);
  EXPECT_FALSE(decode_packet(encode_response(7, 8, noise)));
}

// The length of a handshake packet is not in it, so a cut one may still look like one: then mac1
// does not hold.
TEST(PacketTest, EveryPrefixOfAHandshakeAndOneByteTooManyIsRefusedOrFailsMac1) {
  const auto holds = [](ByteView bytes, const MacKeys& keys) {
    const auto packet = decode_packet(bytes);
    if (!packet) return false;
    if (const auto* init = std::get_if<HandshakeInit>(&*packet)) {
      return mac1_matches(keys, init->covered_by_mac1, init->mac1);
    }
    const auto& response = std::get<HandshakeResponse>(*packet);
    return mac1_matches(keys, response.covered_by_mac1, response.mac1);
  };
  const DocumentedHandshake handshake;
  const MacKeys initiator_keys(handshake.initiator.dh_public());
  const MacKeys responder_keys(handshake.responder.dh_public());
  for (const auto& [hex, keys] :
       {std::pair(kInitHex, &responder_keys), {kResponseHex, &initiator_keys}}) {
    Bytes bytes = bytes_of(hex);
    EXPECT_TRUE(holds(bytes, *keys));
    for (size_t size = 0; size < bytes.size(); ++size) {
      EXPECT_FALSE(holds(ByteView(bytes).first(size), *keys)) << size;
    }
    bytes.push_back(0);
    EXPECT_FALSE(holds(bytes, *keys));
  }
}

TEST(PacketTest, RefusesHandshakesTooShortForTheirNoiseMessage) {
  const Bytes init = bytes_of(kInitHex);
  for (size_t size = 0; size < 133; ++size) EXPECT_FALSE(decode_packet(ByteView(init).first(size)));
  EXPECT_TRUE(decode_packet(ByteView(init).first(133)));
  const Bytes response = bytes_of(kResponseHex);
  for (size_t size = 0; size < 89; ++size)
    EXPECT_FALSE(decode_packet(ByteView(response).first(size)));
  EXPECT_TRUE(decode_packet(ByteView(response).first(89)));
}

TEST(PacketTest, RefusesEveryPrefixOfThePacketsOfFixedSizeAndOneByteTooMany) {
  expect_exact_size(bytes_of(kCookieReplyHex));
  expect_exact_size(question_bytes());
  expect_exact_size(bytes_of(kAnswerHex));
}

TEST(PacketTest, RefusesADataPacketCutInsideItsHeader) {
  const Bytes bytes = bytes_of(kDataHex);
  for (size_t size = 0; size < kDataHeaderSize; ++size) {
    EXPECT_FALSE(decode_packet(ByteView(bytes).first(size))) << size;
  }
}

TEST(PacketTest, RefusesEveryTypeThatIsNotAssigned) {
  for (unsigned type = 0; type < 256; ++type) {
    const bool assigned = (type >= 1 && type <= 5) || type == 0x10 || type == 0x11;
    bool accepted = false;
    for (const size_t size : {61u, 105u, 150u, 200u}) {
      Bytes bytes(size);
      bytes[0] = static_cast<uint8_t>(type);
      accepted = accepted || decode_packet(bytes).has_value();
    }
    EXPECT_EQ(accepted, assigned) << type;
  }
}

TEST(PacketTest, RefusesAKeyQuestionWhosePaddingIsNotZero) {
  for (size_t at = 17; at < KeyQuestion::kSize; ++at) {
    Bytes bytes = question_bytes();
    bytes[at] = 1;
    EXPECT_FALSE(decode_packet(bytes)) << at;
  }
}

TEST(PacketTest, EveryAnswerIsSmallerThanWhatAsksForIt) {
  EXPECT_LT(bytes_of(kAnswerHex).size(), KeyQuestion::kSize);
  EXPECT_LT(bytes_of(kResponseHex).size(), bytes_of(kInitHex).size());
  EXPECT_LT(bytes_of(kCookieReplyHex).size(), bytes_of(kResponseHex).size());
}

}  // namespace packet_test
}  // namespace starling::link
