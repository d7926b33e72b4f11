#include "link/handshake.h"

#include <gtest/gtest.h>

#include "link/documented_handshake.h"

namespace starling::link {
namespace handshake_test {

constexpr uint8_t kBothCiphers = kOffersChaCha | kOffersAesGcm;

// A node with everything that a handshake needs.
struct Node {
  explicit Node(uint8_t seed_byte, std::string_view network = "world")
      : identity(DocumentedHandshake::identity(seed_byte)),
        context(identity, network),
        random(seed_byte) {
    hello.ciphers = kBothCiphers;
    hello.instance = seed_byte;
  }

  std::optional<Initiation> dial(const crypto::NodeKey& peer) {
    return Initiation::begin(context, peer, hello, 0x100, random);
  }
  std::optional<ReceivedInit> read(ByteView packet) const {
    const auto decoded = decode_packet(packet);
    return read_init(context, std::get<HandshakeInit>(decoded.value()));
  }
  std::optional<Answer> answer(ByteView packet, uint32_t local_index = 0x200) {
    auto init = read(packet);
    return init ? answer_init(std::move(*init), hello, local_index, random) : std::nullopt;
  }

  crypto::Identity identity;
  HandshakeContext context;
  crypto::SeededRandom random;
  Hello hello;
};

std::optional<Established> complete(const Initiation& initiation, ByteView packet) {
  const auto decoded = decode_packet(packet);
  return initiation.read_response(std::get<HandshakeResponse>(decoded.value()));
}

bool delivers(DataPlane& from, DataPlane& to) {
  Bytes packet;
  from.seal_plain(view_of("hello"), packet);
  const auto decoded = decode_packet(packet);
  const auto opened = to.open(std::get<DataPacket>(decoded.value()));
  return opened && text_of(opened->plaintext) == "hello";
}

// Both ends of a handshake from `a` to `b`.
struct Linked {
  Established a;
  Established b;
};
std::optional<Linked> handshake_between(Node& a, Node& b) {
  const auto initiation = a.dial(b.identity.key());
  auto answer = b.answer(initiation.value().packet());
  if (!answer) return std::nullopt;
  auto at_a = complete(*initiation, answer->packet);
  if (!at_a) return std::nullopt;
  return Linked{std::move(*at_a), std::move(answer->established)};
}

// A Noise message 1 from `from` to `to` with any payload, as only a node that breaks the rules
// would send it.
Bytes init_with_payload(const crypto::DhKeyPair& from, Node& to, ByteView payload) {
  Bytes prologue = to.context.prologue;
  append(prologue, to.identity.key().view());
  auto noise = crypto::NoiseIk::initiator(prologue, from, to.identity.dh_public());
  crypto::DhKeyPair ephemeral;
  ephemeral.secret = to.random.secret<crypto::DhSecretKey>();
  ephemeral.public_key = crypto::dh_public_of(ephemeral.secret);
  Bytes message;
  EXPECT_TRUE(noise.write_message_1(ephemeral, payload, message));
  return encode_init(1, message);
}

Bytes payload_of(const crypto::NodeKey& key, const Hello& hello) {
  Bytes payload = copy_of(key.view());
  encode(hello, payload);
  return payload;
}

TEST(HandshakeTest, BothEndsOfTheDocumentedHandshakeAgreeAndUnderstandEachOther) {
  DocumentedHandshake example;
  const Agreement expected{1, 0, crypto::Cipher::aes_256_gcm};
  EXPECT_EQ(example.at_initiator.agreement, expected);
  EXPECT_EQ(example.at_responder.agreement, expected);
  EXPECT_EQ(example.at_initiator.peer_hello.instance, 0x2222222222222222u);
  EXPECT_EQ(example.at_responder.peer_hello.instance, 0x1111111111111111u);
  EXPECT_TRUE(delivers(*example.at_initiator.plane, *example.at_responder.plane));
  EXPECT_TRUE(delivers(*example.at_responder.plane, *example.at_initiator.plane));
}

// docs/wire/link.md#example shows the same bytes; packet_test.cpp holds the packets.
TEST(HandshakeTest, DerivesTheDocumentedPrologueAndKeys) {
  const DocumentedHandshake example;
  EXPECT_EQ(to_hex(example.initiator_context.prologue), "737461726c696e672f3100776f726c6400");
  EXPECT_EQ(to_hex(example.initiator.key().view()),
            "8a88e3dd7409f195fd52db2d3cba5d72ca6709bf1d94121bf3748801b40f6f5c");
  EXPECT_EQ(to_hex(example.responder.key().view()),
            "8139770ea87d175f56a35466c34c7ecccb8d8a91b4ee37a25df60f5b8fc9b394");
}

TEST(HandshakeTest, TheResponderLearnsWhoIsThereAndWhatItOffers) {
  Node a(1);
  Node b(2);
  a.hello.features = 0xdeadbeef;
  const auto init = b.read(a.dial(b.identity.key())->packet());
  ASSERT_TRUE(init);
  EXPECT_EQ(init->peer, a.identity.key());
  EXPECT_EQ(init->hello, a.hello);
  EXPECT_EQ(init->remote_index, 0x100u);
}

TEST(HandshakeTest, AgreesOnTheCommonFeaturesAndCipherInBothDirections) {
  for (const bool b_has_aes : {false, true}) {
    Node a(1);
    Node b(2);
    a.hello.features = 0b0111;
    b.hello.features = 0b1110;
    b.hello.ciphers = b_has_aes ? kBothCiphers : kOffersChaCha;
    const Agreement expected{
        1, 0b0110, b_has_aes ? crypto::Cipher::aes_256_gcm : crypto::Cipher::chacha20_poly1305};
    for (const bool a_begins : {false, true}) {
      auto linked = a_begins ? handshake_between(a, b) : handshake_between(b, a);
      ASSERT_TRUE(linked);
      EXPECT_EQ(linked->a.agreement, expected);
      EXPECT_EQ(linked->b.agreement, expected);
      EXPECT_EQ(linked->a.plane->cipher(), expected.cipher);
      EXPECT_TRUE(delivers(*linked->a.plane, *linked->b.plane));
      EXPECT_TRUE(delivers(*linked->b.plane, *linked->a.plane));
    }
  }
}

TEST(HandshakeTest, AVersionOneNodeLinksWithALaterOneWhicheverBegins) {
  Node now(1);
  now.hello.features = 0b1;
  Node later(2);
  later.hello.version_max = 2;
  later.hello.features = 0xffff0001;
  later.hello.ciphers = 0xff;
  later.hello.extension = Bytes(Hello::kExtensionSizeMax, 0xee);
  const Agreement expected{1, 0b1, crypto::Cipher::aes_256_gcm};
  const auto begun_now = handshake_between(now, later);
  ASSERT_TRUE(begun_now);
  EXPECT_EQ(begun_now->a.agreement, expected);
  EXPECT_EQ(begun_now->b.agreement, expected);
  EXPECT_EQ(begun_now->a.peer_hello, later.hello);
  const auto begun_later = handshake_between(later, now);
  ASSERT_TRUE(begun_later);
  EXPECT_EQ(begun_later->a.agreement, expected);
  EXPECT_EQ(begun_later->b.agreement, expected);
  EXPECT_EQ(begun_later->b.peer_hello, later.hello);
}

TEST(HandshakeTest, EveryHandshakePacketFitsTheSmallestCarrier) {
  Node a(1);
  Node b(2);
  for (Node* node : {&a, &b}) {
    node->hello.version_max = 2;
    node->hello.extension = Bytes(Hello::kExtensionSizeMax, 0xee);
  }
  const auto initiation = a.dial(b.identity.key());
  EXPECT_EQ(initiation->packet().size(), 228u);
  EXPECT_LE(initiation->packet().size(), kCarrierMtuMin);
  const auto answer = b.answer(initiation->packet());
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->packet.size(), 152u);
  EXPECT_TRUE(complete(*initiation, answer->packet));
}

TEST(HandshakeTest, TheResponderDoesNotAnswerWithoutACommonVersionOrCipher) {
  Node a(1);
  Node b(2);
  b.hello.version_min = 2;
  b.hello.version_max = 3;
  EXPECT_TRUE(b.read(a.dial(b.identity.key())->packet()));
  EXPECT_FALSE(b.answer(a.dial(b.identity.key())->packet()));
  Node c(3);
  a.hello.ciphers = kOffersAesGcm;
  c.hello.ciphers = kOffersChaCha;
  EXPECT_FALSE(c.answer(a.dial(c.identity.key())->packet()));
}

TEST(HandshakeTest, TheInitiatorRefusesAResponseWithoutACommonVersion) {
  Node a(1);
  Node b(2);
  const auto initiation = a.dial(b.identity.key());
  // A responder that answers although it should not.
  auto init = b.read(initiation->packet());
  Hello incompatible = b.hello;
  incompatible.version_min = incompatible.version_max = 2;
  Bytes payload;
  encode(incompatible, payload);
  crypto::DhKeyPair ephemeral{b.random.secret<crypto::DhSecretKey>(), {}};
  ephemeral.public_key = crypto::dh_public_of(ephemeral.secret);
  Bytes message;
  ASSERT_TRUE(init->noise.write_message_2(ephemeral, payload, message));
  EXPECT_FALSE(complete(*initiation, encode_response(0x200, 0x100, message)));
}

TEST(HandshakeTest, NodesOfDifferentNetworksCannotReadEachOther) {
  Node a(1, "world");
  for (const std::string_view other : {"World", "world2", "worl", ""}) {
    Node b(2, other);
    EXPECT_FALSE(b.read(a.dial(b.identity.key())->packet())) << other;
  }
}

TEST(HandshakeTest, OnlyTheNodeThatWasDialledCanReadAnInit) {
  Node a(1);
  Node b(2);
  Node c(3);
  EXPECT_FALSE(c.read(a.dial(b.identity.key())->packet()));
}

// Both spellings of the key have one X25519 form, and so one mac1 and one Diffie-Hellman result: only
// the prologue tells them apart.
TEST(HandshakeTest, ANodeKeyWithFlippedSignDoesNotReachTheNode) {
  Node a(1);
  Node b(2);
  crypto::NodeKey flipped = b.identity.key();
  flipped.value[31] ^= 0x80;
  ASSERT_EQ(crypto::to_dh_public(flipped), b.identity.dh_public());
  const auto initiation = a.dial(flipped);
  ASSERT_TRUE(initiation);
  EXPECT_FALSE(b.read(initiation->packet()));
  EXPECT_TRUE(b.read(a.dial(b.identity.key())->packet()));
}

TEST(HandshakeTest, AReplayedInitMakesAPlaneThatTheFirstOnesDoNotUnderstand) {
  Node a(1);
  Node b(2);
  const auto initiation = a.dial(b.identity.key());
  auto first = b.answer(initiation->packet(), 0x200);
  auto replayed = b.answer(initiation->packet(), 0x201);
  ASSERT_TRUE(first && replayed);
  EXPECT_NE(first->packet, replayed->packet);
  auto at_a = complete(*initiation, first->packet);
  ASSERT_TRUE(at_a);
  EXPECT_FALSE(delivers(*at_a->plane, *replayed->established.plane));
  EXPECT_FALSE(delivers(*replayed->established.plane, *at_a->plane));
  EXPECT_TRUE(delivers(*at_a->plane, *first->established.plane));
}

TEST(HandshakeTest, AnInitAlteredAnywhereIsUnreadable) {
  Node a(1);
  Node b(2);
  const Bytes packet = a.dial(b.identity.key())->packet();
  for (size_t at = 5; at < packet.size() - kMacsSize; ++at) {
    Bytes altered = packet;
    altered[at] ^= 1;
    EXPECT_FALSE(b.read(altered)) << at;
  }
  EXPECT_TRUE(b.read(packet));
}

TEST(HandshakeTest, AForgedResponseDoesNotSpoilTheGenuineOne) {
  Node a(1);
  Node b(2);
  const auto initiation = a.dial(b.identity.key());
  auto answer = b.answer(initiation->packet());
  for (size_t at = 9; at < answer->packet.size() - kMacsSize; ++at) {
    Bytes forged = answer->packet;
    forged[at] ^= 1;
    EXPECT_FALSE(complete(*initiation, forged)) << at;
  }
  auto at_a = complete(*initiation, answer->packet);
  ASSERT_TRUE(at_a);
  EXPECT_TRUE(delivers(*at_a->plane, *answer->established.plane));
}

TEST(HandshakeTest, AResponseToAnotherInitiationIsRefused) {
  Node a(1);
  Node b(2);
  const auto first = a.dial(b.identity.key());
  const auto second = a.dial(b.identity.key());
  EXPECT_NE(first->packet(), second->packet());
  const auto answer = b.answer(first->packet());
  EXPECT_FALSE(complete(*second, answer->packet));
  EXPECT_TRUE(complete(*first, answer->packet));
}

TEST(HandshakeTest, DialsNoKeyThatIsNotOnTheCurveOrOfLowOrder) {
  Node a(1);
  crypto::NodeKey key;
  EXPECT_FALSE(a.dial(key));  // y = 0, of order 4
  key.value[0] = 1;
  EXPECT_FALSE(a.dial(key));  // the neutral element
  key.value[0] = 2;
  EXPECT_FALSE(a.dial(key));  // no x exists for y = 2
}

TEST(HandshakeTest, RefusesLowOrderKeysInsideTheMessages) {
  Node a(1);
  Node b(2);
  const auto initiation = a.dial(b.identity.key());
  Bytes init = initiation->packet();
  std::fill(init.begin() + 5, init.begin() + 5 + 32, uint8_t{0});
  EXPECT_FALSE(b.read(init));

  crypto::DhKeyPair low_order = a.context.dh_keys;
  low_order.public_key = {};
  EXPECT_FALSE(b.read(init_with_payload(low_order, b, payload_of(a.identity.key(), a.hello))));

  Bytes response = b.answer(initiation->packet())->packet;
  std::fill(response.begin() + 9, response.begin() + 9 + 32, uint8_t{0});
  EXPECT_FALSE(complete(*initiation, response));
}

TEST(HandshakeTest, NobodyCanClaimANodeKeyThatIsNotItsOwn) {
  Node attacker(1);
  Node b(2);
  Node victim(3);
  const Bytes payload = payload_of(victim.identity.key(), attacker.hello);
  EXPECT_FALSE(b.read(init_with_payload(attacker.context.dh_keys, b, payload)));
  crypto::NodeKey not_a_point;
  not_a_point.value[0] = 2;
  EXPECT_FALSE(b.read(init_with_payload(attacker.context.dh_keys, b, payload_of(not_a_point, {}))));
}

TEST(HandshakeTest, RefusesAuthenticInitsWithAWrongPayload) {
  Node a(1);
  Node b(2);
  Bytes payload = payload_of(a.identity.key(), a.hello);
  EXPECT_TRUE(b.read(init_with_payload(a.context.dh_keys, b, payload)));
  for (size_t size = 0; size < payload.size(); ++size) {
    EXPECT_FALSE(b.read(init_with_payload(a.context.dh_keys, b, ByteView(payload).first(size))))
        << size;
  }
  payload.push_back(0);
  EXPECT_FALSE(b.read(init_with_payload(a.context.dh_keys, b, payload)));
}

TEST(HandshakeTest, RefusesGarbageOfEverySize) {
  Node a(1);
  Node b(2);
  const auto initiation = a.dial(b.identity.key());
  for (size_t size = 0; size <= kInitPayloadMax; ++size) {
    Bytes noise(crypto::kNoiseMessage1Overhead + size);
    b.random.fill(noise);
    EXPECT_FALSE(b.read(encode_init(1, noise)));
  }
  for (size_t size = 0; size <= kResponsePayloadMax; ++size) {
    Bytes noise(crypto::kNoiseMessage2Overhead + size);
    b.random.fill(noise);
    EXPECT_FALSE(complete(*initiation, encode_response(1, 0x100, noise)));
  }
}

}  // namespace handshake_test
}  // namespace starling::link
