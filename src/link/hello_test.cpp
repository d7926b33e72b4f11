#include "link/hello.h"

#include <gtest/gtest.h>

namespace starling::link {
namespace hello_test {

// docs/wire/link.md#hello shows the same bytes.
constexpr std::string_view kExampleHex =
    "0101"
    "00000000"
    "06"
    "1111111111111111";

Hello example() {
  Hello hello;
  hello.ciphers = kOffersChaCha | kOffersAesGcm;
  hello.instance = 0x1111111111111111;
  return hello;
}

// What a later node might say: versions 1 and 2, features nobody knows yet, and fields behind ours.
Hello later(size_t extension_size) {
  Hello hello = example();
  hello.version_max = 2;
  hello.features = 0x80000001;
  hello.ciphers = 0xfe;
  hello.extension = Bytes(extension_size, 0xee);
  return hello;
}

Bytes encoded(const Hello& hello) {
  Bytes bytes;
  encode(hello, bytes);
  return bytes;
}

TEST(HelloTest, WritesTheDocumentedBytes) { EXPECT_EQ(to_hex(encoded(example())), kExampleHex); }

TEST(HelloTest, AppendsToWhatIsThere) {
  Bytes bytes = {0xaa};
  encode(example(), bytes);
  EXPECT_EQ(to_hex(bytes), "aa" + std::string(kExampleHex));
}

TEST(HelloTest, ReadsWhatItWrites) {
  EXPECT_EQ(decode_hello(encoded(example())), example());
  for (size_t size = 0; size <= Hello::kExtensionSizeMax; ++size) {
    EXPECT_EQ(decode_hello(encoded(later(size))), later(size));
  }
}

TEST(HelloTest, RefusesEveryProperPrefixAndOneByteTooMany) {
  Bytes bytes = encoded(example());
  for (size_t size = 0; size < bytes.size(); ++size) {
    EXPECT_FALSE(decode_hello(ByteView(bytes).first(size))) << size;
  }
  bytes.push_back(0);
  EXPECT_FALSE(decode_hello(bytes));
}

TEST(HelloTest, RefusesALaterHelloCutInsideTheFieldsOfVersionOneOrWithTooLongAnExtension) {
  Bytes bytes = encoded(later(Hello::kExtensionSizeMax));
  for (size_t size = 0; size < 15; ++size) {
    EXPECT_FALSE(decode_hello(ByteView(bytes).first(size))) << size;
  }
  bytes.push_back(0xee);
  EXPECT_FALSE(decode_hello(bytes));
}

TEST(HelloTest, RefusesVersionZeroAndAnEmptyRangeOfVersions) {
  for (const auto& [low, high] : {std::pair(0, 0), {0, 1}, {2, 1}, {255, 254}}) {
    Bytes bytes = encoded(example());
    bytes[0] = static_cast<uint8_t>(low);
    bytes[1] = static_cast<uint8_t>(high);
    EXPECT_FALSE(decode_hello(bytes)) << low << " to " << high;
  }
}

TEST(HelloTest, AnExtensionTooLongToSendIsAProgrammingError) {
  EXPECT_DEATH(encoded(later(Hello::kExtensionSizeMax + 1)), "kExtensionSizeMax");
}

TEST(AgreeTest, TakesTheHighestCommonVersion) {
  const auto version = [](uint8_t a_min, uint8_t a_max, uint8_t b_min, uint8_t b_max) {
    Hello a = example();
    a.version_min = a_min;
    a.version_max = a_max;
    Hello b = example();
    b.version_min = b_min;
    b.version_max = b_max;
    EXPECT_EQ(agree(a, b), agree(b, a));
    const auto agreement = agree(a, b);
    return agreement ? int{agreement->version} : 0;
  };
  EXPECT_EQ(version(1, 1, 1, 1), 1);
  EXPECT_EQ(version(1, 1, 1, 2), 1);
  EXPECT_EQ(version(1, 3, 2, 9), 3);
  EXPECT_EQ(version(1, 3, 3, 3), 3);
  EXPECT_EQ(version(1, 1, 2, 3), 0);
  EXPECT_EQ(version(1, 254, 255, 255), 0);
}

TEST(AgreeTest, KeepsOnlyTheFeaturesOfBoth) {
  Hello a = example();
  a.features = 0b0110;
  Hello b = example();
  b.features = 0x80000000 | 0b1100;
  EXPECT_EQ(agree(a, b)->features, 0b0100u);
  EXPECT_EQ(agree(b, a)->features, 0b0100u);
}

TEST(AgreeTest, PrefersAesGcmWhereBothOfferItAndElseTakesChaCha) {
  const auto cipher = [](uint8_t a_ciphers, uint8_t b_ciphers) {
    Hello a = example();
    a.ciphers = a_ciphers;
    Hello b = example();
    b.ciphers = b_ciphers;
    EXPECT_EQ(agree(a, b), agree(b, a));
    return agree(a, b).value().cipher;
  };
  const uint8_t both = kOffersChaCha | kOffersAesGcm;
  EXPECT_EQ(cipher(both, both), crypto::Cipher::aes_256_gcm);
  EXPECT_EQ(cipher(kOffersAesGcm, both), crypto::Cipher::aes_256_gcm);
  EXPECT_EQ(cipher(kOffersChaCha, both), crypto::Cipher::chacha20_poly1305);
  EXPECT_EQ(cipher(both, 0xff & ~kOffersAesGcm), crypto::Cipher::chacha20_poly1305);
}

TEST(AgreeTest, FindsNothingWithoutACommonCipherThatIsKnown) {
  Hello chacha = example();
  chacha.ciphers = kOffersChaCha | 0xf9;
  Hello aes = example();
  aes.ciphers = kOffersAesGcm;
  EXPECT_TRUE(agree(chacha, chacha));
  EXPECT_FALSE(agree(chacha, aes));
  Hello unknown = example();
  unknown.ciphers = 0xf9;
  EXPECT_FALSE(agree(unknown, unknown));
  unknown.ciphers = 0;
  EXPECT_FALSE(agree(unknown, example()));
}

}  // namespace hello_test
}  // namespace starling::link
