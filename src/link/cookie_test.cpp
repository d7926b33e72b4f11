#include "link/cookie.h"

#include <gtest/gtest.h>

#include "link/documented_handshake.h"

namespace starling::link {
namespace cookie_test {

constexpr Instant kStart = Instant{} + 1h;

const Endpoint kAddress = Endpoint::ipv4(192, 0, 2, 1, 7117);

HandshakeInit init_of(const Bytes& packet) {
  return std::get<HandshakeInit>(decode_packet(packet).value());
}

// The documented init sent to a node under load.
class CookieTest : public testing::Test {
 protected:
  // The packet again, with mac2 made from `cookie`.
  Bytes with_cookie(const std::optional<Cookie>& cookie) {
    Bytes packet = handshake.initiation->packet();
    finish_macs(keys, cookie, packet);
    return packet;
  }
  bool accepts(Instant now, const Endpoint& from, const Bytes& packet) {
    const HandshakeInit init = init_of(packet);
    return jar.mac2_matches(now, from, init.covered_by_mac2, init.mac2);
  }
  std::optional<Cookie> ask(Instant now, const Endpoint& from) {
    const HandshakeInit init = init_of(handshake.init_packet);
    return open_cookie(keys, jar.make_reply(now, from, init.sender_index, init.mac1), init.mac1);
  }

  DocumentedHandshake handshake;
  MacKeys keys{handshake.responder.dh_public()};
  crypto::SeededRandom random{1};
  CookieJar jar{keys, random};
};

TEST_F(CookieTest, DerivesTheDocumentedKeys) {
  EXPECT_EQ(to_hex(keys.mac1_key),
            "f824478642a31074b77e435931b5f27335a92e0df93a2c3648ac6fa75193c190");
  EXPECT_EQ(to_hex(keys.cookie_key.reveal()),
            "0551e6124fb0a4af9ec7a34db30b94cad70a9d6a969f02939722c0ae32d42fb6");
}

// docs/wire/link.md#example shows the same bytes.
TEST_F(CookieTest, WritesTheDocumentedReplyAndMac2) {
  ScriptedRandom scripted({Bytes(32, 5), Bytes(32, 6), Bytes(24, 7)});
  CookieJar documented(keys, scripted);
  const HandshakeInit init = init_of(handshake.init_packet);
  const CookieReply reply = documented.make_reply(kStart, kAddress, init.sender_index, init.mac1);
  EXPECT_EQ(to_hex(encode(reply)),
            "03a1a2a3a4070707070707070707070707070707070707070707070707"
            "b14f537c013d0ef790ed60937e66219c34321b113911198f436c192c62f8816f");
  const auto cookie = open_cookie(keys, reply, init.mac1);
  ASSERT_TRUE(cookie);
  EXPECT_EQ(to_hex(cookie->view()), "3ed4ac891063f0b574867241843ea8fd");
  const Bytes again = with_cookie(cookie);
  EXPECT_EQ(to_hex(ByteView(again).last(32)),
            "bb6248d04d2ba36d0a8d3f1f4253ad1344eefbf2e589b2ed338ca8785af375ae");
}

TEST_F(CookieTest, Mac1HoldsOnlyForTheReceiverAndTheUnalteredPacket) {
  const Bytes packet = with_cookie(std::nullopt);
  const HandshakeInit init = init_of(packet);
  EXPECT_TRUE(mac1_matches(keys, init.covered_by_mac1, init.mac1));
  const MacKeys other(handshake.initiator.dh_public());
  EXPECT_FALSE(mac1_matches(other, init.covered_by_mac1, init.mac1));
  for (size_t at = 1; at < packet.size() - crypto::Mac::kSize; ++at) {
    Bytes altered = packet;
    altered[at] ^= 1;
    const HandshakeInit init_altered = init_of(altered);
    EXPECT_FALSE(mac1_matches(keys, init_altered.covered_by_mac1, init_altered.mac1)) << at;
  }
}

TEST_F(CookieTest, WithoutACookieMac2IsZeroAndDoesNotPass) {
  const Bytes packet = with_cookie(std::nullopt);
  EXPECT_EQ(init_of(packet).mac2, crypto::Mac{});
  EXPECT_FALSE(accepts(kStart, kAddress, packet));
}

TEST_F(CookieTest, TheCookieFromAReplyPasses) {
  const auto cookie = ask(kStart, kAddress);
  ASSERT_TRUE(cookie);
  const Bytes packet = with_cookie(cookie);
  EXPECT_TRUE(accepts(kStart + 100ms, kAddress, packet));
  const HandshakeInit init = init_of(packet);
  EXPECT_TRUE(mac1_matches(keys, init.covered_by_mac1, init.mac1));
}

TEST_F(CookieTest, ACookieIsWorthNothingAtAnotherAddressOrPort) {
  const Bytes packet = with_cookie(ask(kStart, kAddress));
  EXPECT_FALSE(accepts(kStart, Endpoint::ipv4(192, 0, 2, 2, 7117), packet));
  EXPECT_FALSE(accepts(kStart, Endpoint::ipv4(192, 0, 2, 1, 7118), packet));
  EXPECT_FALSE(accepts(kStart, Endpoint::ipv4(192, 0, 2, 1, 7117 + 256), packet));
}

TEST_F(CookieTest, Mac2HoldsOnlyForTheUnalteredPacket) {
  const Bytes packet = with_cookie(ask(kStart, kAddress));
  for (size_t at = 1; at < packet.size(); ++at) {
    Bytes altered = packet;
    altered[at] ^= 1;
    EXPECT_FALSE(accepts(kStart, kAddress, altered)) << at;
  }
}

TEST_F(CookieTest, ACookieLivesForOneSecretLifetimeAtLeastAndTwoAtMost) {
  const Duration lifetime = CookieJar::kSecretLifetime;
  const Bytes first = with_cookie(ask(kStart, kAddress));
  const Bytes late = with_cookie(ask(kStart + lifetime - 1ns, kAddress));
  EXPECT_EQ(first, late);
  EXPECT_TRUE(accepts(kStart + lifetime, kAddress, late));
  EXPECT_TRUE(accepts(kStart + 2 * lifetime - 1ns, kAddress, late));
  EXPECT_FALSE(accepts(kStart + 2 * lifetime, kAddress, late));
}

TEST_F(CookieTest, NoCookieOutlivesALongSilence) {
  const Bytes packet = with_cookie(ask(kStart, kAddress));
  EXPECT_FALSE(accepts(kStart + 2 * CookieJar::kSecretLifetime, kAddress, packet));
  EXPECT_FALSE(accepts(kStart + 24h, kAddress, packet));
}

TEST_F(CookieTest, AReplyOpensOnlyUnalteredAndForTheMac1ThatItAnswers) {
  const HandshakeInit init = init_of(handshake.init_packet);
  const CookieReply reply = jar.make_reply(kStart, kAddress, init.sender_index, init.mac1);
  EXPECT_EQ(reply.receiver_index, init.sender_index);
  EXPECT_TRUE(open_cookie(keys, reply, init.mac1));
  crypto::Mac other_mac1 = init.mac1;
  other_mac1.value[0] ^= 1;
  EXPECT_FALSE(open_cookie(keys, reply, other_mac1));
  EXPECT_FALSE(open_cookie(MacKeys(handshake.initiator.dh_public()), reply, init.mac1));
  for (size_t at = 0; at < reply.nonce.size(); ++at) {
    CookieReply altered = reply;
    altered.nonce[at] ^= 1;
    EXPECT_FALSE(open_cookie(keys, altered, init.mac1)) << at;
  }
  for (size_t at = 0; at < reply.sealed_cookie.size(); ++at) {
    CookieReply altered = reply;
    altered.sealed_cookie[at] ^= 1;
    EXPECT_FALSE(open_cookie(keys, altered, init.mac1)) << at;
  }
}

TEST_F(CookieTest, AnInitMadeForACookieStillOpens) {
  const Bytes packet = with_cookie(ask(kStart, kAddress));
  EXPECT_TRUE(read_init(handshake.responder_context, init_of(packet)));
}

}  // namespace cookie_test
}  // namespace starling::link
