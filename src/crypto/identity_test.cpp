#include "crypto/identity.h"

#include <gtest/gtest.h>

namespace starling::crypto {
namespace identity_test {

template <typename Fixed>
Fixed fixed_of(std::string_view text) {
  return Fixed::from(from_hex(text).value()).value();
}

template <typename SecretType>
SecretType secret_of(std::string_view text) {
  return SecretType(std::span<const uint8_t, 32>(from_hex(text).value()));
}

constexpr std::string_view kSeed1 =
    "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60";
constexpr std::string_view kKey1 =
    "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a";

// The points of small order on curve25519 and its twist, which make every secret agree on zero (RFC
// 7748 section 6.1), and second spellings of the first two (p, p + 1).
constexpr std::string_view kLowOrderDhPoints[] = {
    "0000000000000000000000000000000000000000000000000000000000000000",
    "0100000000000000000000000000000000000000000000000000000000000000",
    "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800",
    "5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157",
    "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
};

TEST(IdentityTest, DerivesTheKeysOfRfc8032FromTheirSeeds) {
  struct KeyVector {
    std::string_view seed;
    std::string_view key;
  };
  // Section 7.1: TEST 1, TEST 2, TEST 3, TEST SHA(abc).
  const KeyVector vectors[] = {
      {kSeed1, kKey1},
      {"4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
       "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c"},
      {"c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
       "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025"},
      {"833fe62409237b9d62ec77587520911e9a759cec1d19755b7da901b96dca3d42",
       "ec172b93ad5e563bf4932c70e1245034c35467ef2efd4d64ebf819683467e2bf"}};
  for (const auto& [seed, key] : vectors) {
    const Identity identity(secret_of<SigningSeed>(seed));
    EXPECT_EQ(to_hex(identity.key().view()), key);
    EXPECT_EQ(to_hex(identity.seed().reveal()), seed);
  }
}

TEST(IdentityTest, GeneratesFromTheRandomSourceAndNothingElse) {
  SeededRandom first(1);
  SeededRandom second(1);
  const Identity one = Identity::generate(first);
  EXPECT_EQ(one.key(), Identity::generate(second).key());
  EXPECT_NE(one.key(), Identity::generate(first).key());
  EXPECT_EQ(Identity(one.seed()).key(), one.key());
}

// `openssl pkeyutl -sign -rawin` with the same key over "starling/test", a zero byte and "message".
TEST(SignatureTest, IsPlainEd25519OverContextZeroByteMessage) {
  const Identity identity(secret_of<SigningSeed>(kSeed1));
  const Signature signature = identity.sign("starling/test", view_of("message"));
  EXPECT_EQ(to_hex(signature.view()),
            "da9881e5408dacbf3c11c9c89752e0d90ec6342d32916b5d5c824ba407faa276"
            "d7c2fbe24be2e8a3970da0e7cb563e8e0187cc23b5a21b4397e037b52729c70e");
  EXPECT_TRUE(verify(identity.key(), "starling/test", view_of("message"), signature));
}

TEST(SignatureTest, VerifiesEmptyMessagesAndEmptyContexts) {
  const Identity identity(secret_of<SigningSeed>(kSeed1));
  EXPECT_TRUE(verify(identity.key(), "a", {}, identity.sign("a", {})));
  EXPECT_TRUE(verify(identity.key(), "", view_of("m"), identity.sign("", view_of("m"))));
}

TEST(SignatureTest, IsWorthNothingInAnotherContext) {
  const Identity identity(secret_of<SigningSeed>(kSeed1));
  const Signature signature = identity.sign("record", view_of("message"));
  EXPECT_FALSE(verify(identity.key(), "beacon", view_of("message"), signature));
  EXPECT_FALSE(verify(identity.key(), "", view_of("message"), signature));
  EXPECT_FALSE(verify(identity.key(), "recor", view_of("dmessage"), signature));
  EXPECT_FALSE(verify(identity.key(), "recordm", view_of("essage"), signature));
}

TEST(SignatureTest, AMessageThatHoldsAZeroByteCannotPoseAsALongerContext) {
  const Identity identity(secret_of<SigningSeed>(kSeed1));
  const std::string_view message("b\0c", 3);
  const Signature signature = identity.sign("a", view_of(message));
  EXPECT_TRUE(verify(identity.key(), "a", view_of(message), signature));
  EXPECT_FALSE(verify(identity.key(), "ab", view_of("c"), signature));
}

TEST(SignatureTest, AContextWithAZeroByteIsAProgrammingError) {
  const Identity identity(secret_of<SigningSeed>(kSeed1));
  const std::string_view context("a\0b", 3);
  EXPECT_DEATH((void)identity.sign(context, {}), "context");
  EXPECT_DEATH((void)verify(identity.key(), context, {}, Signature{}), "context");
}

TEST(SignatureTest, IsRefusedWhenAnyByteOfItOrOfTheMessageOrTheKeyIsAltered) {
  const Identity identity(secret_of<SigningSeed>(kSeed1));
  const Bytes message = copy_of(view_of("message"));
  const Signature signature = identity.sign("context", message);
  for (size_t i = 0; i < Signature::kSize; ++i) {
    Signature altered = signature;
    altered.value[i] ^= 1;
    EXPECT_FALSE(verify(identity.key(), "context", message, altered)) << i;
  }
  for (size_t i = 0; i < message.size(); ++i) {
    Bytes altered = message;
    altered[i] ^= 1;
    EXPECT_FALSE(verify(identity.key(), "context", altered, signature)) << i;
  }
  for (size_t i = 0; i < NodeKey::kSize; ++i) {
    NodeKey altered = identity.key();
    altered.value[i] ^= 1;
    EXPECT_FALSE(verify(altered, "context", message, signature)) << i;
  }
}

// The neutral point as a key would verify (R = neutral, S = 0) for every message.
TEST(SignatureTest, IsRefusedUnderALowOrderKey) {
  NodeKey neutral;
  neutral.value[0] = 1;
  Signature signature;
  signature.value[0] = 1;
  EXPECT_FALSE(verify(neutral, "context", view_of("message"), signature));
}

TEST(DhTest, MatchesTheVectorsOfRfc7748) {
  // Section 5.2, both vectors.
  const auto first =
      dh(secret_of<DhSecretKey>("a546e36bf0527c9d3b16154b82465edd62144c0ac1fc5a18506a2244ba449ac4"),
         fixed_of<DhPublicKey>("e6db6867583030db3594c1a424b15f7c726624ec26b3353b10a903a6d0ab1c4c"));
  ASSERT_TRUE(first);
  EXPECT_EQ(to_hex(first->reveal()),
            "c3da55379de9c6908e94ea4df28d084f32eccf03491c71f754b4075577a28552");
  // The second point has its highest bit set, which X25519 ignores.
  const auto second =
      dh(secret_of<DhSecretKey>("4b66e9d4d1b4673c5ad22691957d6af5c11b6421e0ea01d42ca4169e7918ba0d"),
         fixed_of<DhPublicKey>("e5210f12786811d3f4b7959d0538ae2c31dbe7106fc03c3efc4cd549c715a493"));
  ASSERT_TRUE(second);
  EXPECT_EQ(to_hex(second->reveal()),
            "95cbde9476e8907d7aade45cb4b873f88b595a68799fa152e6f8f7647aac7957");
}

TEST(DhTest, AgreesOnTheSecretOfRfc7748) {
  // Section 6.1.
  const auto alice =
      secret_of<DhSecretKey>("77076d0a7318a57d3c16c17251b26645df4c2f87ebc0992ab177fba51db92c2a");
  const auto bob =
      secret_of<DhSecretKey>("5dab087e624a8a4b79e17f8b83800ee66f3bb1292618b6fd1c2f8b27ff88e0eb");
  EXPECT_EQ(to_hex(dh_public_of(alice).view()),
            "8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a");
  EXPECT_EQ(to_hex(dh_public_of(bob).view()),
            "de9edb7d7b7dc1b4d35b61c2ece435373f8343c85b78674dadfc7e146f882b4f");
  for (const auto& shared : {dh(alice, dh_public_of(bob)), dh(bob, dh_public_of(alice))}) {
    ASSERT_TRUE(shared);
    EXPECT_EQ(to_hex(shared->reveal()),
              "4a5d9d5ba4ce2de1728e3bf480350f25e07e21c947d19e3376f09b3c1e161742");
  }
}

TEST(DhTest, RefusesEveryLowOrderPoint) {
  SeededRandom random(1);
  const auto secret = random.secret<DhSecretKey>();
  for (const std::string_view point : kLowOrderDhPoints) {
    auto peer = fixed_of<DhPublicKey>(point);
    EXPECT_FALSE(dh(secret, peer)) << point;
    // X25519 ignores the highest bit, so a point has two spellings.
    peer.value[31] ^= 0x80;
    EXPECT_FALSE(dh(secret, peer)) << point;
  }
}

// The secret is the clamped first half of SHA-512 of the seed (RFC 8032 section 5.1.5), its public
// key computed with Python's cryptography package.
TEST(ConversionTest, MatchesASeparateImplementation) {
  const Identity identity(secret_of<SigningSeed>(kSeed1));
  EXPECT_EQ(to_hex(identity.dh_secret().reveal()),
            "307c83864f2833cb427a2ef1c00a013cfdff2768d980c0a3a520f006904de94f");
  EXPECT_EQ(to_hex(identity.dh_public().view()),
            "d85e07ec22b0ad881537c2f44d662d1a143cf830c57aca4305d85c7a90f6b62e");
}

TEST(ConversionTest, BothIdentitiesAgreeOnTheSameSecret) {
  SeededRandom random(2);
  for (int i = 0; i < 20; ++i) {
    const Identity a = Identity::generate(random);
    const Identity b = Identity::generate(random);
    const auto b_key = to_dh_public(b.key());
    ASSERT_EQ(b_key, b.dh_public());
    ASSERT_EQ(dh_public_of(b.dh_secret()), b.dh_public());
    const auto at_a = dh(a.dh_secret(), *b_key);
    const auto at_b = dh(b.dh_secret(), a.dh_public());
    ASSERT_TRUE(at_a && at_b);
    EXPECT_TRUE(same_bytes(at_a->reveal(), at_b->reveal()));
  }
}

TEST(ConversionTest, RefusesKeysOfLowOrder) {
  for (const char* text : {"0000000000000000000000000000000000000000000000000000000000000000",
                           "0100000000000000000000000000000000000000000000000000000000000000",
                           "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
                           "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
                           "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
                           "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
                           "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f"}) {
    EXPECT_FALSE(to_dh_public(fixed_of<NodeKey>(text))) << text;
  }
}

TEST(ConversionTest, RefusesWhatIsNoPointOfTheCurve) {
  NodeKey key;
  key.value[0] = 2;  // no x belongs to this y
  EXPECT_FALSE(to_dh_public(key));
}

// The key of RFC 8032's TEST 1 plus the point of order 2: (-x, -y).
TEST(ConversionTest, RefusesAKeyOutsideThePrimeOrderGroup) {
  EXPECT_FALSE(to_dh_public(
      fixed_of<NodeKey>("16a567fe7d4ef5482ab4012c369bf8c5f11e8d0c2559dcda50fde59708f8aee5")));
}

// X25519 knows no sign: whoever holds a key also completes a handshake as its negation. A key that
// a handshake is to prove must therefore be carried, and bound, in full.
TEST(ConversionTest, AKeyAndItsNegationHaveTheSameDhKey) {
  const Identity identity(secret_of<SigningSeed>(kSeed1));
  NodeKey negation = identity.key();
  negation.value[31] ^= 0x80;
  EXPECT_EQ(to_dh_public(negation), identity.dh_public());
}

TEST(PositionTest, IsTheSha256OfTheKeyAndTheNodeIdItsFirstHalf) {
  const auto key = fixed_of<NodeKey>(kKey1);
  EXPECT_EQ(to_hex(position_of(key).view()),
            "21fe31dfa154a261626bf854046fd2271b7bed4b6abe45aa58877ef47f9721b9");
  EXPECT_EQ(to_hex(node_id_of(key).view()), "21fe31dfa154a261626bf854046fd227");
  EXPECT_EQ(node_id_of(position_of(key)), node_id_of(key));
}

}  // namespace identity_test
}  // namespace starling::crypto
