#include "crypto/aead.h"

#include <gtest/gtest.h>
#include <utility>

#include "base/rng.h"

namespace starling::crypto {
namespace aead_test {

Bytes hex(std::string_view text) { return from_hex(text).value(); }

SymmetricKey key_of(std::string_view text) {
  return SymmetricKey(std::span<const uint8_t, 32>(hex(text)));
}

AeadNonce nonce_of(std::string_view text) {
  AeadNonce nonce{};
  const Bytes bytes = hex(text);
  EXPECT_EQ(bytes.size(), nonce.size());
  std::copy_n(bytes.begin(), std::min(bytes.size(), nonce.size()), nonce.begin());
  return nonce;
}

Bytes seal(const AeadKey& key, const AeadNonce& nonce, ByteView associated, ByteView plaintext) {
  Bytes sealed(plaintext.size() + kAeadTagSize);
  key.seal(nonce, associated, plaintext, sealed);
  return sealed;
}

std::optional<Bytes> open(const AeadKey& key, const AeadNonce& nonce, ByteView associated,
                          ByteView sealed) {
  Bytes plaintext(sealed.size() - kAeadTagSize);
  if (!key.open(nonce, associated, sealed, plaintext)) return std::nullopt;
  return plaintext;
}

struct AeadVector {
  Cipher cipher;
  std::string_view key;
  std::string_view nonce;
  std::string_view associated;
  std::string_view plaintext;
  std::string_view sealed;  // ciphertext, then tag
};

// "Ladies and Gentlemen of the class of '99: If I could offer you only one tip for the future,
// sunscreen would be it."
constexpr std::string_view kSunscreen =
    "4c616469657320616e642047656e746c656d656e206f662074686520636c617373206f66202739393a204966204920"
    "63"
    "6f756c64206f6666657220796f75206f6e6c79206f6e652074697020666f7220746865206675747572652c2073756e"
    "73"
    "637265656e20776f756c642062652069742e";

constexpr AeadVector kVectors[] = {
    // RFC 8439 section 2.8.2.
    {Cipher::chacha20_poly1305, "808182838485868788898a8b8c8d8e8f909192939495969798999a9b9c9d9e9f",
     "070000004041424344454647", "50515253c0c1c2c3c4c5c6c7", kSunscreen,
     "d31a8d34648e60db7b86afbc53ef7ec2a4aded51296e08fea9e2b5a736ee62d63dbea45e8ca9671282fafb69da927"
     "28b"
     "1a71de0a9e060b2905d6a5b67ecd3b3692ddbd7f2d778b8c9803aee328091b58fab324e4fad675945585808b4831d"
     "7bc"
     "3ff4def08e4b7a9de576d26586cec64b61161ae10b594f09e26a7e902ecbd0600691"},
    // McGrew and Viega, "The Galois/Counter Mode of Operation", test cases 13 to 16.
    {Cipher::aes_256_gcm, "0000000000000000000000000000000000000000000000000000000000000000",
     "000000000000000000000000", "", "", "530f8afbc74536b9a963b4f1c4cb738b"},
    {Cipher::aes_256_gcm, "0000000000000000000000000000000000000000000000000000000000000000",
     "000000000000000000000000", "", "00000000000000000000000000000000",
     "cea7403d4d606b6e074ec5d3baf39d18d0d1c8a799996bf0265b98b5d48ab919"},
    {Cipher::aes_256_gcm, "feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308",
     "cafebabefacedbaddecaf888", "",
     "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a721c3c0c95956809532fcf0e2449a6b"
     "525"
     "b16aedf5aa0de657ba637b391aafd255",
     "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa8cb08e48590dbb3da7b08b1056828"
     "838"
     "c5f61e6393ba7a0abcc9f662898015adb094dac5d93471bdec1a502270e3cc6c"},
    {Cipher::aes_256_gcm, "feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308",
     "cafebabefacedbaddecaf888", "feedfacedeadbeeffeedfacedeadbeefabaddad2",
     "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a721c3c0c95956809532fcf0e2449a6b"
     "525"
     "b16aedf5aa0de657ba637b39",
     "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa8cb08e48590dbb3da7b08b1056828"
     "838"
     "c5f61e6393ba7a0abcc9f66276fc6ece0f4e1768cddf8853bb2d551b"},
};

TEST(AeadTest, SealsThePublishedVectors) {
  for (const AeadVector& vector : kVectors) {
    const AeadKey key(vector.cipher, key_of(vector.key));
    EXPECT_EQ(key.cipher(), vector.cipher);
    EXPECT_EQ(
        to_hex(seal(key, nonce_of(vector.nonce), hex(vector.associated), hex(vector.plaintext))),
        vector.sealed);
  }
}

TEST(AeadTest, OpensThePublishedVectors) {
  for (const AeadVector& vector : kVectors) {
    const AeadKey key(vector.cipher, key_of(vector.key));
    EXPECT_EQ(open(key, nonce_of(vector.nonce), hex(vector.associated), hex(vector.sealed)),
              hex(vector.plaintext));
  }
}

class AeadOfEachCipherTest : public testing::TestWithParam<Cipher> {
 protected:
  const SymmetricKey secret_ =
      key_of("000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f");
  const AeadKey key_{GetParam(), secret_};
  const AeadNonce nonce_ = counter_nonce(GetParam(), 7);
  const Bytes associated_ = copy_of(view_of("associated"));
};

INSTANTIATE_TEST_SUITE_P(Ciphers, AeadOfEachCipherTest,
                         testing::Values(Cipher::chacha20_poly1305, Cipher::aes_256_gcm),
                         [](const auto& test) -> std::string {
                           return test.param == Cipher::aes_256_gcm ? "Gcm" : "ChaCha";
                         });

TEST_P(AeadOfEachCipherTest, RoundTripsEveryLengthAcrossItsBlocks) {
  Rng rng(1);
  for (size_t size = 0; size <= 200; ++size) {
    Bytes plaintext(size);
    for (uint8_t& byte : plaintext) byte = static_cast<uint8_t>(rng());
    const Bytes sealed = seal(key_, nonce_, associated_, plaintext);
    EXPECT_EQ(open(key_, nonce_, associated_, sealed), plaintext) << size;
  }
}

TEST_P(AeadOfEachCipherTest, SealsAndOpensEmptyMessagesWithAndWithoutAssociatedData) {
  const Bytes with = seal(key_, nonce_, associated_, {});
  const Bytes without = seal(key_, nonce_, {}, {});
  EXPECT_EQ(with.size(), kAeadTagSize);
  EXPECT_NE(with, without);
  EXPECT_EQ(open(key_, nonce_, associated_, with), Bytes{});
  EXPECT_EQ(open(key_, nonce_, {}, without), Bytes{});
  EXPECT_FALSE(open(key_, nonce_, {}, with));
  EXPECT_FALSE(open(key_, nonce_, associated_, without));
}

TEST_P(AeadOfEachCipherTest, RefusesAnEmptyMessageWithAnAlteredTag) {
  const Bytes sealed = seal(key_, nonce_, associated_, {});
  for (size_t bit = 0; bit < sealed.size() * 8; ++bit) {
    Bytes altered = sealed;
    altered[bit / 8] ^= static_cast<uint8_t>(1 << bit % 8);
    EXPECT_FALSE(open(key_, nonce_, associated_, altered)) << bit;
  }
}

TEST_P(AeadOfEachCipherTest, RefusesEveryAlteredBitOfCiphertextAndTag) {
  const Bytes sealed = seal(key_, nonce_, associated_, view_of("attack at dawn"));
  for (size_t bit = 0; bit < sealed.size() * 8; ++bit) {
    Bytes altered = sealed;
    altered[bit / 8] ^= static_cast<uint8_t>(1 << bit % 8);
    EXPECT_FALSE(open(key_, nonce_, associated_, altered)) << bit;
  }
}

TEST_P(AeadOfEachCipherTest, RefusesOtherAssociatedData) {
  const Bytes sealed = seal(key_, nonce_, associated_, view_of("attack at dawn"));
  for (size_t i = 0; i < associated_.size(); ++i) {
    Bytes altered = associated_;
    altered[i] ^= 1;
    EXPECT_FALSE(open(key_, nonce_, altered, sealed)) << i;
  }
  Bytes longer = associated_;
  longer.push_back(0);
  EXPECT_FALSE(open(key_, nonce_, longer, sealed));
  EXPECT_FALSE(open(key_, nonce_, ByteView(associated_).first(9), sealed));
  EXPECT_FALSE(open(key_, nonce_, {}, sealed));
}

TEST_P(AeadOfEachCipherTest, RefusesAnotherNonce) {
  const Bytes sealed = seal(key_, nonce_, associated_, view_of("attack at dawn"));
  for (size_t i = 0; i < nonce_.size(); ++i) {
    AeadNonce altered = nonce_;
    altered[i] ^= 1;
    EXPECT_FALSE(open(key_, altered, associated_, sealed)) << i;
  }
}

TEST_P(AeadOfEachCipherTest, RefusesAnotherKey) {
  const Bytes sealed = seal(key_, nonce_, associated_, view_of("attack at dawn"));
  for (size_t i = 0; i < SymmetricKey::kSize; ++i) {
    SymmetricKey altered = secret_;
    altered.reveal()[i] ^= 1;
    EXPECT_FALSE(open(AeadKey(GetParam(), altered), nonce_, associated_, sealed)) << i;
  }
}

TEST_P(AeadOfEachCipherTest, RefusesEveryTruncation) {
  const Bytes sealed = seal(key_, nonce_, associated_, view_of("attack at dawn"));
  for (size_t size = kAeadTagSize; size < sealed.size(); ++size) {
    EXPECT_FALSE(open(key_, nonce_, associated_, ByteView(sealed).first(size))) << size;
  }
}

TEST_P(AeadOfEachCipherTest, IsNotOpenedByTheOtherCipher) {
  const Cipher other =
      GetParam() == Cipher::aes_256_gcm ? Cipher::chacha20_poly1305 : Cipher::aes_256_gcm;
  const Bytes sealed = seal(key_, nonce_, associated_, view_of("attack at dawn"));
  EXPECT_FALSE(open(AeadKey(other, secret_), nonce_, associated_, sealed));
}

TEST_P(AeadOfEachCipherTest, AMovedKeySealsAsBefore) {
  const Bytes expected = seal(key_, nonce_, associated_, view_of("attack at dawn"));
  AeadKey first(GetParam(), secret_);
  AeadKey second = std::move(first);
  EXPECT_EQ(seal(second, nonce_, associated_, view_of("attack at dawn")), expected);
  AeadKey third(Cipher::aes_256_gcm, SymmetricKey{});
  third = std::move(second);
  EXPECT_EQ(third.cipher(), GetParam());
  EXPECT_EQ(seal(third, nonce_, associated_, view_of("attack at dawn")), expected);
}

TEST_P(AeadOfEachCipherTest, OutputOfTheWrongSizeIsAProgrammingError) {
  Bytes out(20);
  EXPECT_DEATH(key_.seal(nonce_, {}, Bytes(5), out), "size");
  EXPECT_DEATH((void)key_.open(nonce_, {}, Bytes(37), out), "size");
  EXPECT_DEATH((void)key_.open(nonce_, {}, Bytes(kAeadTagSize - 1), {}), "size");
}

// Noise specification section 12: four zero bytes, then the counter, little-endian for ChaCha20 and
// big-endian for GCM.
TEST(CounterNonceTest, FollowsTheNoiseSpecification) {
  EXPECT_EQ(to_hex(counter_nonce(Cipher::chacha20_poly1305, 0x0102030405060708)),
            "000000000807060504030201");
  EXPECT_EQ(to_hex(counter_nonce(Cipher::aes_256_gcm, 0x0102030405060708)),
            "000000000102030405060708");
  EXPECT_EQ(counter_nonce(Cipher::aes_256_gcm, 0), AeadNonce{});
}

// draft-irtf-cfrg-xchacha-03 section A.3.1.
constexpr std::string_view kXchachaKey =
    "808182838485868788898a8b8c8d8e8f909192939495969798999a9b9c9d9e9f";
constexpr std::string_view kXchachaNonce = "404142434445464748494a4b4c4d4e4f5051525354555657";
constexpr std::string_view kXchachaAssociated = "50515253c0c1c2c3c4c5c6c7";
constexpr std::string_view kXchachaSealed =
    "bd6d179d3e83d43b9576579493c0e939572a1700252bfaccbed2902c21396cbb731c7f1b0b4aa6440bf3a82f4eda7e"
    "39"
    "ae64c6708c54c216cb96b72e1213b4522f8c9ba40db5d945b11b69b982c1bb9e3f3fac2bc369488f76b2383565d3ff"
    "f9"
    "21f9664c97637da9768812f615c68b13b52ec0875924c1c7987947deafd8780acf49";

TEST(XchachaTest, SealsAndOpensThePublishedVector) {
  const SymmetricKey key = key_of(kXchachaKey);
  const Bytes nonce = hex(kXchachaNonce);
  const Bytes associated = hex(kXchachaAssociated);
  EXPECT_EQ(to_hex(xchacha_seal(key, nonce, associated, hex(kSunscreen))), kXchachaSealed);
  EXPECT_EQ(xchacha_open(key, nonce, associated, hex(kXchachaSealed)), hex(kSunscreen));
}

TEST(XchachaTest, RefusesWhatWasAltered) {
  const SymmetricKey key = key_of(kXchachaKey);
  const Bytes nonce = hex(kXchachaNonce);
  const Bytes associated = hex(kXchachaAssociated);
  const Bytes sealed = hex(kXchachaSealed);
  const auto altered = [](Bytes bytes, size_t at) {
    bytes[at] ^= 1;
    return bytes;
  };
  for (size_t i = 0; i < sealed.size(); ++i) {
    EXPECT_FALSE(xchacha_open(key, nonce, associated, altered(sealed, i))) << i;
    EXPECT_FALSE(xchacha_open(key, nonce, associated, ByteView(sealed).first(i))) << i;
  }
  for (size_t i = 0; i < nonce.size(); ++i) {
    EXPECT_FALSE(xchacha_open(key, altered(nonce, i), associated, sealed)) << i;
  }
  for (size_t i = 0; i < associated.size(); ++i) {
    EXPECT_FALSE(xchacha_open(key, nonce, altered(associated, i), sealed)) << i;
  }
  EXPECT_FALSE(xchacha_open(SymmetricKey{}, nonce, associated, sealed));
}

TEST(XchachaTest, SealsAndOpensAnEmptyMessage) {
  const SymmetricKey key = key_of(kXchachaKey);
  const Bytes nonce = hex(kXchachaNonce);
  const Bytes sealed = xchacha_seal(key, nonce, {}, {});
  EXPECT_EQ(sealed.size(), kAeadTagSize);
  EXPECT_EQ(xchacha_open(key, nonce, {}, sealed), Bytes{});
  EXPECT_FALSE(xchacha_open(key, nonce, {}, {}));
  for (size_t i = 0; i < sealed.size(); ++i) {
    Bytes altered = sealed;
    altered[i] ^= 1;
    EXPECT_FALSE(xchacha_open(key, nonce, {}, altered)) << i;
  }
}

}  // namespace aead_test
}  // namespace starling::crypto
