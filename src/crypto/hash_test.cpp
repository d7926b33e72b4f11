#include "crypto/hash.h"

#include <gtest/gtest.h>
#include <numeric>
#include <utility>

namespace starling::crypto {
namespace hash_test {

Bytes hex(std::string_view text) { return from_hex(text).value(); }

// 0, 1, 2, ... 255, 0, 1, ...
Bytes counting(size_t size) {
  Bytes bytes(size);
  std::iota(bytes.begin(), bytes.end(), uint8_t{0});
  return bytes;
}

struct HashVector {
  std::string_view message;
  std::string_view digest;
};

// NIST's example values for FIPS 180-4: nothing, one block, two blocks.
constexpr HashVector kSha256Vectors[] = {
    {"", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
    {"abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
    {"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
     "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"},
};

TEST(Sha256Test, MatchesTheVectorsOfFips180) {
  for (const auto& [message, digest] : kSha256Vectors) {
    EXPECT_EQ(to_hex(sha256(view_of(message)).view()), digest) << message;
    EXPECT_EQ(to_hex(sha256({view_of(message)}).view()), digest) << message;
  }
}

TEST(Sha256Test, MatchesTheVectorOfAMillionLettersInEveryForm) {
  const Bytes message(1'000'000, 'a');
  const std::string_view expected =
      "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0";
  EXPECT_EQ(to_hex(sha256(message).view()), expected);
  Sha256 hash;
  for (size_t at = 0; at < message.size(); at += 997) {
    hash.update(ByteView(message).subspan(at, std::min<size_t>(997, message.size() - at)));
  }
  EXPECT_EQ(to_hex(hash.finish().view()), expected);
}

TEST(Sha256Test, PartsHashLikeTheirConcatenationWhereverTheyAreCut) {
  const Bytes message = counting(130);
  const Digest whole = sha256(message);
  for (size_t cut = 0; cut <= message.size(); ++cut) {
    const ByteView head = ByteView(message).first(cut);
    const ByteView tail = ByteView(message).subspan(cut);
    EXPECT_EQ(sha256({head, tail}), whole) << cut;
    EXPECT_EQ(sha256({head, {}, tail}), whole) << cut;
  }
  EXPECT_EQ(sha256(std::initializer_list<ByteView>{}), sha256(ByteView{}));
}

TEST(Sha256Test, AMovedHashGoesOnWhereItWas) {
  Sha256 first;
  first.update(view_of("ab"));
  Sha256 second = std::move(first);
  second.update(view_of("c"));
  EXPECT_EQ(second.finish(), sha256(view_of("abc")));
}

// The sanitizer's leak check sees whether the state that is overwritten is released.
TEST(Sha256Test, AssigningReplacesAHashThatHadBegun) {
  Sha256 hash;
  hash.update(view_of("forgotten"));
  hash = Sha256();
  hash.update(view_of("abc"));
  EXPECT_EQ(hash.finish(), sha256(view_of("abc")));
  hash = Sha256();
  EXPECT_EQ(hash.finish(), sha256(ByteView{}));
}

struct HmacVector {
  std::string_view key;
  std::string_view data;
  std::string_view mac;
};

std::string repeated(std::string_view hex_byte, size_t count) {
  std::string text;
  for (size_t i = 0; i < count; ++i) text += hex_byte;
  return text;
}

// RFC 4231 sections 4.2 to 4.8; test case 5, whose output is truncated, by its first 16 bytes.
TEST(HmacTest, MatchesTheVectorsOfRfc4231) {
  const std::string key3 = repeated("aa", 20);
  const std::string data3 = repeated("dd", 50);
  const std::string data4 = repeated("cd", 50);
  const std::string key5 = repeated("0c", 20);
  const std::string key6 = repeated("aa", 131);
  const std::string key1 = repeated("0b", 20);
  const HmacVector vectors[] = {
      {key1, "4869205468657265",
       "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"},
      {"4a656665", "7768617420646f2079612077616e7420666f72206e6f7468696e673f",
       "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"},
      {key3, data3, "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe"},
      {"0102030405060708090a0b0c0d0e0f10111213141516171819", data4,
       "82558a389a443c0ea4cc819899f2083a85f0faa3e578f8077a2e3ff46729665b"},
      {key5, "546573742057697468205472756e636174696f6e", "a3b6167473100ee06e0c796c2955552b"},
      {key6,
       "54657374205573696e67204c6172676572205468616e20426c6f636b2d53697a65204b6579202d2048617368204"
       "b65"
       "79204669727374",
       "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"},
      {key6,
       "5468697320697320612074657374207573696e672061206c6172676572207468616e20626c6f636b2d73697a652"
       "06b"
       "657920616e642061206c6172676572207468616e20626c6f636b2d73697a6520646174612e20546865206b65792"
       "06e"
       "6565647320746f20626520686173686564206265666f7265206265696e6720757365642062792074686520484d4"
       "143"
       "20616c676f726974686d2e",
       "9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2"}};
  for (const auto& [key, data, mac] : vectors) {
    const SymmetricKey result = hmac_sha256(hex(key), {hex(data)});
    EXPECT_EQ(to_hex(result.reveal()).substr(0, mac.size()), mac);
  }
}

TEST(HmacTest, PartsCountLikeTheirConcatenation) {
  const Bytes key = counting(32);
  const SymmetricKey whole = hmac_sha256(key, {view_of("onetwo")});
  EXPECT_TRUE(
      same_bytes(hmac_sha256(key, {view_of("one"), {}, view_of("two")}).reveal(), whole.reveal()));
}

TEST(HmacTest, TakesAnEmptyKeyAndAnEmptyMessage) {
  EXPECT_EQ(to_hex(hmac_sha256({}, {}).reveal()),
            "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad");
}

// Computed with Python's hmac module from the Noise specification's definition.
TEST(HkdfTest, MatchesASeparateImplementation) {
  const SymmetricKey chaining_key{std::span<const uint8_t, 32>(counting(32))};
  const TwoKeys keys = hkdf2(chaining_key, view_of("input"));
  EXPECT_EQ(to_hex(keys.first.reveal()),
            "6652e076ecbcbe76627293d67fcc22d29dee719f3c185066ea867eaf1e6f4c47");
  EXPECT_EQ(to_hex(keys.second.reveal()),
            "5c709f4c8626825d850cc12e878c9ea7a08159016a009bc36b8109676b9c074b");
  const TwoKeys of_nothing = hkdf2(chaining_key, {});
  EXPECT_EQ(to_hex(of_nothing.first.reveal()),
            "1d7e0d6f1d9da2d68dabed53b5f88345f3fd01cb75411fbe5aa4293bd8f430d6");
  EXPECT_EQ(to_hex(of_nothing.second.reveal()),
            "3ed9b8035bbf370b8cfef7ff15007de45488e18660c84e3d996e8e6c658fa7f8");
}

// RFC 5869 section A.3 has no salt and no info: its first 64 bytes of output are what two outputs
// of Noise are, under a chaining key of zeros.
TEST(HkdfTest, MatchesRfc5869WhereBothSayTheSame) {
  const TwoKeys keys = hkdf2(SymmetricKey{}, Bytes(22, 0x0b));
  EXPECT_EQ(to_hex(keys.first.reveal()),
            "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d");
  EXPECT_EQ(to_hex(keys.second.reveal()).substr(0, 20), "9d201395faa4b61a96c8");
}

// Computed with Python: hashlib.blake2b(message, digest_size=16, key=key).
TEST(Blake2bMacTest, MatchesPythonsHashlib) {
  EXPECT_EQ(to_hex(blake2b_mac({}, {}).view()), "cae66941d9efbd404e4d88758ea67670");
  EXPECT_EQ(to_hex(blake2b_mac(counting(32), {}).view()), "3daf97bce7888fd59773c66bf647459c");
  EXPECT_EQ(to_hex(blake2b_mac(counting(32), {view_of("abc")}).view()),
            "1a64be47e4729d951c302ee543f97cf3");
  EXPECT_EQ(to_hex(blake2b_mac(hex("2a"), {view_of("abc")}).view()),
            "988145f65d0e9f3c1be5033e4d8a4af1");
  EXPECT_EQ(to_hex(blake2b_mac(counting(64), {counting(300)}).view()),
            "a606b1aa296a871455c67fac66bcc63e");
}

TEST(Blake2bMacTest, PartsCountLikeTheirConcatenation) {
  const Bytes key = counting(32);
  EXPECT_EQ(blake2b_mac(key, {view_of("a"), {}, view_of("bc")}),
            blake2b_mac(key, {view_of("abc")}));
}

TEST(Blake2bMacTest, AKeyAbove64BytesIsAProgrammingError) {
  EXPECT_DEATH(blake2b_mac(Bytes(65), {}), "generichash_init");
}

}  // namespace hash_test
}  // namespace starling::crypto
