#include "base/base32.h"

#include <gtest/gtest.h>

#include "base/rng.h"

namespace starling {
namespace base32_test {

struct Vector {
  std::string_view plain;
  std::string_view encoded;
};

// RFC 4648 section 10, in lower case and without the padding.
constexpr Vector kVectors[] = {
    {"", ""},
    {"f", "my"},
    {"fo", "mzxq"},
    {"foo", "mzxw6"},
    {"foob", "mzxw6yq"},
    {"fooba", "mzxw6ytb"},
    {"foobar", "mzxw6ytboi"},
};

TEST(Base32Test, WritesTheVectorsOfRfc4648) {
  for (const auto& [plain, encoded] : kVectors) EXPECT_EQ(to_base32(view_of(plain)), encoded);
}

TEST(Base32Test, ReadsTheVectorsOfRfc4648) {
  for (const auto& [plain, encoded] : kVectors) {
    EXPECT_EQ(from_base32(encoded), copy_of(view_of(plain))) << encoded;
  }
}

TEST(Base32Test, ReadsUpperCaseAsLowerCase) {
  EXPECT_EQ(from_base32("MZXW6YTBOI"), copy_of(view_of("foobar")));
  EXPECT_EQ(from_base32("mZxW6"), copy_of(view_of("foo")));
}

TEST(Base32Test, RoundTripsRandomBytesOfEveryLengthUpTo64) {
  Rng rng(1);
  for (size_t size = 0; size <= 64; ++size) {
    Bytes bytes(size);
    for (uint8_t& byte : bytes) byte = static_cast<uint8_t>(rng());
    const std::string text = to_base32(bytes);
    EXPECT_EQ(text.size(), (size * 8 + 4) / 5);
    EXPECT_EQ(from_base32(text), bytes);
  }
}

TEST(Base32Test, RefusesEveryForeignCharacterAtEveryPlace) {
  const std::string_view alphabet = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
  for (int character = -128; character < 128; ++character) {
    const char foreign = static_cast<char>(character);
    if (alphabet.find(foreign) != std::string_view::npos) continue;
    for (size_t place = 0; place < 8; ++place) {
      std::string text = "mzxw6ytb";
      text[place] = foreign;
      EXPECT_FALSE(from_base32(text)) << character << " at " << place;
    }
  }
}

TEST(Base32Test, RefusesLengthsThatNoByteStringHas) {
  for (const size_t size : {1u, 3u, 6u, 9u, 11u, 14u}) {
    EXPECT_FALSE(from_base32(std::string(size, 'a'))) << size;
  }
}

TEST(Base32Test, RefusesUnusedBitsThatAreNotZero) {
  EXPECT_TRUE(from_base32("my"));
  EXPECT_FALSE(from_base32("mz"));       // 2 unused bits
  EXPECT_FALSE(from_base32("mzxr"));     // 4
  EXPECT_FALSE(from_base32("mzxw7"));    // 1
  EXPECT_FALSE(from_base32("mzxw6yr"));  // 3
}

// Whatever is accepted is, apart from case, what to_base32 writes.
TEST(Base32Test, GivesEveryByteStringOneSpelling) {
  const std::string_view alphabet = "abcdefghijklmnopqrstuvwxyz234567";
  size_t accepted = 0;
  for (const char first : alphabet) {
    for (const char second : alphabet) {
      const std::string text = {first, second};
      const auto bytes = from_base32(text);
      if (!bytes) continue;
      ++accepted;
      EXPECT_EQ(to_base32(*bytes), text);
    }
  }
  EXPECT_EQ(accepted, 256u);
}

}  // namespace base32_test
}  // namespace starling
