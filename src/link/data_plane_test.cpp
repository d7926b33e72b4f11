#include "link/data_plane.h"

#include <gtest/gtest.h>

#include "link/documented_handshake.h"
#include "link/frame.h"

namespace starling::link {
namespace data_plane_test {

constexpr std::string_view kMeshHeader = "mesh header";
constexpr std::string_view kBody = "end-to-end ciphertext";
constexpr size_t kSealedHeaderSize = kDataHeaderSize + 2 + 11 + crypto::kAeadTagSize;

struct Ends {
  DataPlane a;
  DataPlane b;
};

Ends make_ends(crypto::Cipher cipher) {
  const auto key_of = [](uint8_t byte) {
    crypto::SymmetricKey key;
    std::fill(key.reveal().begin(), key.reveal().end(), byte);
    return key;
  };
  return {DataPlane(1, 2, cipher, {key_of(1), key_of(2), {}}),
          DataPlane(2, 1, cipher, {key_of(2), key_of(1), {}})};
}

Bytes plain_from(DataPlane& plane, std::string_view text) {
  Bytes packet;
  plane.seal_plain(view_of(text), packet);
  return packet;
}

Bytes sealed_from(DataPlane& plane) {
  Bytes packet;
  plane.seal_sealed(view_of(kMeshHeader), view_of(kBody), packet);
  return packet;
}

std::expected<DataPlane::Opened, OpenError> open(DataPlane& plane, ByteView packet) {
  const auto decoded = decode_packet(packet);
  const auto* data = decoded ? std::get_if<DataPacket>(&*decoded) : nullptr;
  return data ? plane.open(*data) : std::unexpected(OpenError::forged);
}

OpenError error_of(DataPlane& plane, ByteView packet) {
  const auto opened = open(plane, packet);
  EXPECT_FALSE(opened);
  return opened ? OpenError{} : opened.error();
}

class DataPlaneTest : public testing::TestWithParam<crypto::Cipher> {
 protected:
  Ends ends = make_ends(GetParam());
};

std::string cipher_name(const testing::TestParamInfo<crypto::Cipher>& info) {
  return info.param == crypto::Cipher::aes_256_gcm ? "AesGcm" : "ChaCha";
}
INSTANTIATE_TEST_SUITE_P(BothCiphers, DataPlaneTest,
                         testing::Values(crypto::Cipher::chacha20_poly1305,
                                         crypto::Cipher::aes_256_gcm),
                         cipher_name);

TEST_P(DataPlaneTest, OpensPlainPacketsOfEverySize) {
  for (size_t size = 0; size < 300; ++size) {
    const std::string text(size, 'x');
    const Bytes packet = plain_from(ends.a, text);
    EXPECT_EQ(packet.size(), size + DataPlane::kPlainOverhead);
    const auto opened = open(ends.b, packet);
    ASSERT_TRUE(opened);
    EXPECT_EQ(text_of(opened->plaintext), text);
    EXPECT_TRUE(opened->body.empty());
  }
  EXPECT_EQ(ends.a.sent(), 300u);
}

TEST_P(DataPlaneTest, OpensSealedPacketsAndLeavesTheBodyWhereItIs) {
  const Bytes packet = sealed_from(ends.a);
  EXPECT_EQ(packet.size(), kMeshHeader.size() + kBody.size() + DataPlane::kSealedOverhead);
  const auto opened = open(ends.b, packet);
  ASSERT_TRUE(opened);
  EXPECT_EQ(text_of(opened->plaintext), kMeshHeader);
  EXPECT_EQ(text_of(opened->body), kBody);
  EXPECT_EQ(opened->body.data(), packet.data() + kSealedHeaderSize);
}

TEST_P(DataPlaneTest, OpensSealedPacketsWithoutHeaderOrBody) {
  Bytes packet;
  ends.a.seal_sealed({}, {}, packet);
  EXPECT_EQ(packet.size(), DataPlane::kSealedOverhead);
  const auto opened = open(ends.b, packet);
  ASSERT_TRUE(opened);
  EXPECT_TRUE(opened->plaintext.empty());
  EXPECT_TRUE(opened->body.empty());
}

TEST_P(DataPlaneTest, AppendsPacketsToWhatIsThere) {
  Bytes train;
  ends.a.seal_plain(view_of("one"), train);
  const size_t first = train.size();
  ends.a.seal_sealed(view_of(kMeshHeader), view_of(kBody), train);
  const size_t second = train.size();
  ends.a.seal_plain(view_of("three"), train);
  EXPECT_EQ(text_of(open(ends.b, ByteView(train).first(first))->plaintext), "one");
  EXPECT_EQ(text_of(open(ends.b, ByteView(train).subspan(first, second - first))->body), kBody);
  EXPECT_EQ(text_of(open(ends.b, ByteView(train).subspan(second))->plaintext), "three");
}

TEST_P(DataPlaneTest, AcceptsEachPacketOnceInAnyOrderAndKnowsTheNewest) {
  const Bytes packets[] = {plain_from(ends.a, "zero"), sealed_from(ends.a),
                           plain_from(ends.a, "two")};
  EXPECT_TRUE(open(ends.b, packets[1])->newest);
  EXPECT_FALSE(open(ends.b, packets[0])->newest);
  EXPECT_TRUE(open(ends.b, packets[2])->newest);
  for (const Bytes& packet : packets) EXPECT_EQ(error_of(ends.b, packet), OpenError::replayed);
}

TEST_P(DataPlaneTest, RefusesAPacketOlderThanTheReplayWindow) {
  const Bytes old = plain_from(ends.a, "old");
  Bytes last;
  for (uint64_t i = 0; i < ReplayWindow::kSize; ++i) last = plain_from(ends.a, "x");
  EXPECT_TRUE(open(ends.b, last));
  EXPECT_EQ(error_of(ends.b, old), OpenError::replayed);
}

TEST_P(DataPlaneTest, RefusesAPlainPacketAlteredAnywhereAndStillTakesTheGenuineOne) {
  const Bytes packet = plain_from(ends.a, "some frames");
  for (size_t bit = 0; bit < packet.size() * 8; ++bit) {
    Bytes altered = packet;
    altered[bit / 8] ^= static_cast<uint8_t>(1 << bit % 8);
    EXPECT_EQ(error_of(ends.b, altered), OpenError::forged) << "bit " << bit;
  }
  EXPECT_TRUE(open(ends.b, packet));
}

TEST_P(DataPlaneTest, RefusesASealedPacketAlteredInItsHeader) {
  const Bytes packet = sealed_from(ends.a);
  for (size_t bit = 0; bit < kSealedHeaderSize * 8; ++bit) {
    Bytes altered = packet;
    altered[bit / 8] ^= static_cast<uint8_t>(1 << bit % 8);
    EXPECT_EQ(error_of(ends.b, altered), OpenError::forged) << "bit " << bit;
  }
  EXPECT_TRUE(open(ends.b, packet));
}

// The body is end-to-end ciphertext: its far end finds the damage, the forwarder does not look.
TEST_P(DataPlaneTest, PassesAnAlteredOrCutBodyOfASealedPacketOnAsItIs) {
  for (size_t at = 0; at < kBody.size(); ++at) {
    Bytes packet = sealed_from(ends.a);
    packet[kSealedHeaderSize + at] ^= 0x40;
    const auto opened = open(ends.b, packet);
    ASSERT_TRUE(opened) << at;
    EXPECT_EQ(text_of(opened->plaintext), kMeshHeader);
    EXPECT_TRUE(same_bytes(opened->body, ByteView(packet).subspan(kSealedHeaderSize)));
  }
  const Bytes packet = sealed_from(ends.a);
  const auto opened = open(ends.b, ByteView(packet).first(kSealedHeaderSize + 3));
  ASSERT_TRUE(opened);
  EXPECT_EQ(text_of(opened->body), "end");
}

TEST_P(DataPlaneTest, RefusesEveryCutThatReachesWhatIsAuthenticated) {
  const Bytes plain = plain_from(ends.a, "some frames");
  for (size_t size = 0; size < plain.size(); ++size) {
    EXPECT_EQ(error_of(ends.b, ByteView(plain).first(size)), OpenError::forged) << size;
  }
  const Bytes sealed = sealed_from(ends.a);
  for (size_t size = 0; size < kSealedHeaderSize; ++size) {
    EXPECT_EQ(error_of(ends.b, ByteView(sealed).first(size)), OpenError::forged) << size;
  }
}

TEST_P(DataPlaneTest, RefusesAPlainPacketWithAByteTooMany) {
  Bytes packet = plain_from(ends.a, "some frames");
  packet.push_back(0);
  EXPECT_EQ(error_of(ends.b, packet), OpenError::forged);
}

TEST_P(DataPlaneTest, RefusesItsOwnPacketsSentBackToIt) {
  EXPECT_EQ(error_of(ends.a, plain_from(ends.a, "echo")), OpenError::forged);
  EXPECT_EQ(error_of(ends.a, sealed_from(ends.a)), OpenError::forged);
}

TEST_P(DataPlaneTest, AForgedHighCounterDoesNotMoveTheWindow) {
  const Bytes genuine = plain_from(ends.a, "genuine");
  Bytes forged = genuine;
  forged[5] = 0xff;
  EXPECT_EQ(error_of(ends.b, forged), OpenError::forged);
  EXPECT_TRUE(open(ends.b, genuine));
}

// docs/wire/link.md#example shows the same bytes.
TEST(DataPlaneExampleTest, WritesTheDocumentedPackets) {
  Bytes row;
  encode(PingFrame{0x01020304}, row);
  const auto check = [&](uint8_t initiator_ciphers, std::string_view plain_hex,
                         std::string_view sealed_hex) {
    const DocumentedHandshake handshake(initiator_ciphers);
    Bytes plain;
    handshake.at_initiator.plane->seal_plain(row, plain);
    EXPECT_EQ(to_hex(plain), plain_hex);
    EXPECT_EQ(open(*handshake.at_responder.plane, plain)->plaintext, row);
    const Bytes sealed = sealed_from(*handshake.at_initiator.plane);
    EXPECT_EQ(to_hex(sealed), sealed_hex);
    EXPECT_EQ(text_of(open(*handshake.at_responder.plane, sealed)->body), kBody);
  };
  check(kOffersChaCha | kOffersAesGcm,
        "10b1b2b3b40000000000000000c50a597768477800b4c735a424599bc3d2fbc82ed65a",
        "11b1b2b3b40000000000000001000b4243832de37a75437316d0fa858545d8dc3f67f4bfdf6b079dae4d"
        "656e642d746f2d656e642063697068657274657874");
  check(kOffersChaCha, "10b1b2b3b400000000000000007fe6f7b77c5e0ab218f9883572a6ca7357613f3dcad6",
        "11b1b2b3b40000000000000001000bd550f893b2871674eb80ee474fefb7229879c2dc1227ba5a6d352e"
        "656e642d746f2d656e642063697068657274657874");
}

}  // namespace data_plane_test
}  // namespace starling::link
