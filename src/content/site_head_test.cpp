#include "content/site_head.h"

#include <gtest/gtest.h>

namespace starling::content {
namespace site_head_test {

SiteHead example() {
  SiteHead head;
  head.folder.manifest.root.value.fill(7);
  head.folder.manifest.size = 0x1234;
  head.published_unix_s = 1'767'225'600;
  head.title = "Vögel";
  return head;
}

// docs/wire/content.md#site-head shows the same bytes.
TEST(SiteHeadTest, WritesTheDocumentedBytes) {
  std::string root;
  for (int i = 0; i < 32; ++i) root += "07";
  EXPECT_EQ(to_hex(encode(example())),
            "01" + root + "000000001234" + "000000006955b900" + "0656c3b667656c");
}

TEST(SiteHeadTest, ReadsWhatItWritesAndNothingElse) {
  Bytes bytes = encode(example());
  EXPECT_EQ(decode_site_head(bytes), example());
  for (size_t size = 0; size < bytes.size(); ++size)
    EXPECT_FALSE(decode_site_head(ByteView(bytes).first(size))) << size;
  bytes.push_back(0);
  EXPECT_FALSE(decode_site_head(bytes));
}

TEST(SiteHeadTest, RefusesHeadsThatCannotBe) {
  const auto changed = [](size_t at, uint8_t value) {
    Bytes bytes = encode(example());
    bytes[at] = value;
    return decode_site_head(bytes).has_value();
  };
  EXPECT_FALSE(changed(0, 2)) << "another version";
  EXPECT_FALSE(changed(33, 1)) << "a manifest of a terabyte";
  EXPECT_FALSE(changed(48, '\n')) << "a control character";
  EXPECT_FALSE(changed(49, 0xff)) << "not UTF-8";
  SiteHead empty = example();
  empty.folder.manifest.root = {};
  EXPECT_FALSE(decode_site_head(encode(empty)));
}

TEST(SiteHeadTest, TitlesAreShortTexts) {
  EXPECT_TRUE(is_title(""));
  EXPECT_TRUE(is_title(std::string(200, 'a')));
  EXPECT_FALSE(is_title(std::string(201, 'a')));
  EXPECT_FALSE(is_title("a\tb"));
}

}  // namespace site_head_test
}  // namespace starling::content
