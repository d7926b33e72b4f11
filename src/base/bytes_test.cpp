#include "base/bytes.h"

#include <gtest/gtest.h>
#include <type_traits>
#include <unordered_set>

namespace starling {
namespace bytes_test {

using Apple = FixedBytes<8, struct AppleTag>;
using Pear = FixedBytes<8, struct PearTag>;

TEST(HexTest, WritesTwoLowerCaseDigitsForEachByte) {
  EXPECT_EQ(to_hex(Bytes{0x00, 0x0f, 0xa5, 0xff}), "000fa5ff");
  EXPECT_EQ(to_hex({}), "");
}

TEST(HexTest, ReadsBothCases) {
  EXPECT_EQ(from_hex("00aAFf7B"), (Bytes{0x00, 0xaa, 0xff, 0x7b}));
  EXPECT_EQ(from_hex(""), Bytes{});
}

TEST(HexTest, RoundTripsEveryByteValue) {
  for (unsigned value = 0; value < 256; ++value) {
    const Bytes bytes = {static_cast<uint8_t>(value)};
    EXPECT_EQ(from_hex(to_hex(bytes)), bytes);
  }
}

TEST(HexTest, RefusesAnOddLength) {
  EXPECT_FALSE(from_hex("0"));
  EXPECT_FALSE(from_hex("abc"));
}

TEST(HexTest, RefusesEveryCharacterThatIsNoDigitInBothPlaces) {
  const std::string_view digits = "0123456789abcdefABCDEF";
  for (int character = -128; character < 128; ++character) {
    const char foreign = static_cast<char>(character);
    if (digits.find(foreign) != std::string_view::npos) continue;
    EXPECT_FALSE(from_hex(std::string{foreign, '0'})) << character;
    EXPECT_FALSE(from_hex(std::string{'0', foreign})) << character;
  }
}

TEST(BytesTest, TextAndBytesAreViewsOfEachOther) {
  const std::string_view text("a\0b", 3);
  EXPECT_EQ(text_of(view_of(text)), text);
  EXPECT_EQ(view_of("starling").size(), 8u);
}

TEST(BytesTest, AppendAndCopyKeepTheOrder) {
  Bytes bytes = copy_of(view_of("ab"));
  append(bytes, view_of("cd"));
  append(bytes, {});
  EXPECT_EQ(text_of(bytes), "abcd");
}

TEST(BytesTest, SameBytesComparesLengthAndContents) {
  EXPECT_TRUE(same_bytes({}, {}));
  EXPECT_TRUE(same_bytes(view_of("ab"), view_of("ab")));
  EXPECT_FALSE(same_bytes(view_of("ab"), view_of("ac")));
  EXPECT_FALSE(same_bytes(view_of("ab"), view_of("abc")));
  EXPECT_FALSE(same_bytes(view_of("abc"), view_of("ab")));
}

TEST(FixedBytesTest, IsMadeFromExactlyItsSize) {
  const Bytes nine = {1, 2, 3, 4, 5, 6, 7, 8, 9};
  EXPECT_FALSE(Apple::from(ByteView(nine).first(7)));
  EXPECT_FALSE(Apple::from(nine));
  EXPECT_FALSE(Apple::from({}));
  const auto apple = Apple::from(ByteView(nine).first(8));
  ASSERT_TRUE(apple);
  EXPECT_TRUE(same_bytes(apple->view(), ByteView(nine).first(8)));
}

TEST(FixedBytesTest, IsOrderedAsUnsignedBytesFromTheFirst) {
  EXPECT_LT((Apple{{0x7f, 0xff}}), (Apple{{0x80, 0x00}}));
  EXPECT_LT((Apple{{1, 0, 0, 0, 0, 0, 0, 0}}), (Apple{{1, 0, 0, 0, 0, 0, 0, 1}}));
  EXPECT_EQ(Apple{}, (Apple{{0, 0, 0, 0, 0, 0, 0, 0}}));
}

TEST(FixedBytesTest, OfEqualSizeAndDifferentTagsDoNotMix) {
  static_assert(!std::is_convertible_v<Apple, Pear>);
  static_assert(!std::is_constructible_v<Pear, Apple>);
  static_assert(!std::equality_comparable_with<Apple, Pear>);
}

TEST(FixedBytesTest, WorksAsTheKeyOfAnUnorderedContainer) {
  std::unordered_set<Apple, FixedBytesHash> seen;
  EXPECT_TRUE(seen.insert(Apple{{1}}).second);
  EXPECT_TRUE(seen.insert(Apple{{2}}).second);
  EXPECT_FALSE(seen.insert(Apple{{1}}).second);
}

}  // namespace bytes_test
}  // namespace starling
