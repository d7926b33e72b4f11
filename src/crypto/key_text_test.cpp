#include "crypto/key_text.h"

#include <cctype>
#include <gtest/gtest.h>

#include "crypto/secure_random.h"

namespace starling::crypto {
namespace key_text_test {

template <typename Key>
Key counting_key() {
  Key key;
  for (size_t i = 0; i < Key::kSize; ++i) key.value[i] = static_cast<uint8_t>(i);
  return key;
}

std::string upper_case(std::string text) {
  for (char& character : text) {
    character = static_cast<char>(std::toupper(static_cast<unsigned char>(character)));
  }
  return text;
}

// Python: base64.b32encode(bytes(range(32))).
constexpr std::string_view kCountingBase32 = "aaaqeayeaudaocajbifqydiob4ibceqtcqkrmfyydenbwha5dypq";

TEST(KeyTextTest, WritesTheLetterOfTheKindAndLowerCaseBase32) {
  EXPECT_EQ(to_text(counting_key<NodeKey>()), "k" + std::string(kCountingBase32));
  EXPECT_EQ(to_text(counting_key<AccountKey>()), "a" + std::string(kCountingBase32));
  EXPECT_EQ(to_text(counting_key<SiteKey>()), "s" + std::string(kCountingBase32));
  EXPECT_EQ(kKeyTextSize, 53U);
}

TEST(KeyTextTest, ReadsWhatItWrites) {
  SeededRandom random(1);
  for (int i = 0; i < 100; ++i) {
    const auto node = random.fixed<NodeKey>();
    const auto account = random.fixed<AccountKey>();
    const auto site = random.fixed<SiteKey>();
    EXPECT_EQ(to_text(node).size(), kKeyTextSize);
    EXPECT_EQ(parse_node_key(to_text(node)), node);
    EXPECT_EQ(parse_account_key(to_text(account)), account);
    EXPECT_EQ(parse_site_key(to_text(site)), site);
  }
}

TEST(KeyTextTest, ReadsUpperCaseAndMixedCase) {
  const auto key = counting_key<NodeKey>();
  EXPECT_EQ(parse_node_key(upper_case(to_text(key))), key);
  EXPECT_EQ(parse_node_key("K" + to_text(key).substr(1)), key);
  EXPECT_EQ(parse_account_key(upper_case(to_text(counting_key<AccountKey>()))),
            counting_key<AccountKey>());
  EXPECT_EQ(parse_site_key(upper_case(to_text(counting_key<SiteKey>()))), counting_key<SiteKey>());
}

TEST(KeyTextTest, RefusesTheLetterOfAnotherKind) {
  const std::string node = to_text(counting_key<NodeKey>());
  const std::string account = to_text(counting_key<AccountKey>());
  const std::string site = to_text(counting_key<SiteKey>());
  EXPECT_FALSE(parse_node_key(account));
  EXPECT_FALSE(parse_node_key(site));
  EXPECT_FALSE(parse_account_key(node));
  EXPECT_FALSE(parse_account_key(site));
  EXPECT_FALSE(parse_site_key(node));
  EXPECT_FALSE(parse_site_key(account));
  for (int letter = 0; letter < 256; ++letter) {
    if (letter == 'k' || letter == 'K') continue;
    EXPECT_FALSE(parse_node_key(static_cast<char>(letter) + node.substr(1))) << letter;
  }
}

TEST(KeyTextTest, RefusesEveryOtherLength) {
  const std::string text = to_text(counting_key<NodeKey>());
  for (size_t size = 0; size < text.size(); ++size) {
    EXPECT_FALSE(parse_node_key(text.substr(0, size))) << size;
  }
  EXPECT_FALSE(parse_node_key(text + "a"));
  EXPECT_FALSE(parse_node_key(text + text));
  EXPECT_FALSE(parse_node_key(" " + text));
  EXPECT_FALSE(parse_node_key(text + "="));
}

TEST(KeyTextTest, RefusesUnusedBitsThatAreNotZero) {
  // 52 characters hold 260 bits for 256: the last character has four bits that mean nothing.
  std::string text = to_text(NodeKey{});
  ASSERT_TRUE(parse_node_key(text));
  for (const char last : std::string_view("bcdefghijklmnop")) {
    text.back() = last;
    EXPECT_FALSE(parse_node_key(text)) << last;
  }
  text.back() = 'q';  // 10000: the used bit alone
  EXPECT_TRUE(parse_node_key(text));
}

TEST(KeyTextTest, RefusesCharactersOutsideTheAlphabet) {
  for (const char foreign : std::string_view("0189 -_./=\n\0", 12)) {
    std::string text = to_text(counting_key<NodeKey>());
    text[20] = foreign;
    EXPECT_FALSE(parse_node_key(text)) << static_cast<int>(foreign);
  }
}

}  // namespace key_text_test
}  // namespace starling::crypto
