#include "cli/demo/demo_files.h"

#include <fstream>
#include <gtest/gtest.h>

#include "os/home/temporary_home.h"

namespace starling::cli {
namespace demo_files_test {

TEST(DemoFilesTest, TheSiteIsAPageThatShowsItsPicture) {
  const auto site = demo_site("demo-x");
  ASSERT_EQ(site.size(), 3u);
  EXPECT_NE(site[0].bytes.find("demo-x"), std::string::npos);
  EXPECT_NE(site[0].bytes.find(site[2].path), std::string::npos);
  EXPECT_NE(site[0].bytes.find(site[1].path), std::string::npos);
  // The size that a BMP says it has (bytes 2 to 5) is the size that it has.
  const std::string& picture = site[2].bytes;
  ASSERT_TRUE(picture.starts_with("BM"));
  size_t size = 0;
  for (size_t i = 6; i-- > 2;) size = size << 8 | static_cast<unsigned char>(picture[i]);
  EXPECT_EQ(size, picture.size());
}

TEST(DemoFilesTest, OneWrongOrMissingByteIsSeen) {
  const os::TemporaryHome home;
  const auto a = home.folder() / "a";
  const auto b = home.folder() / "b";
  ASSERT_TRUE(write_large_file(a, 3'000'001));
  ASSERT_TRUE(write_large_file(b, 3'000'001));
  EXPECT_EQ(std::filesystem::file_size(a), 3'000'001u);
  EXPECT_TRUE(is_same_file(a, b));
  std::fstream(b, std::ios::binary | std::ios::in | std::ios::out)
      .seekp(2'500'000)
      .put('x')
      .put('y');
  EXPECT_FALSE(is_same_file(a, b));
  ASSERT_TRUE(write_large_file(b, 3'000'001));
  std::filesystem::resize_file(b, 3'000'000);
  EXPECT_FALSE(is_same_file(a, b));
  EXPECT_FALSE(is_same_file(b, a));
  EXPECT_FALSE(write_large_file(home.folder() / "none" / "a", 10));
}

}  // namespace demo_files_test
}  // namespace starling::cli
