#include "gateway/page.h"

#include <gtest/gtest.h>

namespace starling::gateway {
namespace page_test {

TEST(PageTest, NamesOfStrangersAreEscaped) {
  content::Manifest folder;
  folder.entries.push_back(
      {"<script>alert(1)</script>&\"'", content::ManifestEntry::Kind::file, {}});
  folder.entries.push_back({"javascript:alert(1)", content::ManifestEntry::Kind::folder, {}});
  const std::string page = folder_page("/<b>/", folder);
  EXPECT_EQ(page.find("<script>"), std::string::npos);
  EXPECT_EQ(page.find("<b>"), std::string::npos);
  EXPECT_EQ(page.find("href=\"javascript"), std::string::npos);
  EXPECT_NE(page.find("&lt;script&gt;alert(1)&lt;/script&gt;&amp;&quot;&#39;"), std::string::npos);
  EXPECT_NE(page.find("href=\"./javascript%3Aalert%281%29/\""), std::string::npos);
}

TEST(PageTest, ListsFoldersAndSizes) {
  content::Manifest folder;
  folder.entries.push_back({"docs", content::ManifestEntry::Kind::folder, {}});
  folder.entries.push_back({"film.webm", content::ManifestEntry::Kind::file, {{}, 1'234'567}});
  const std::string top = folder_page("/", folder);
  EXPECT_NE(top.find(">docs/</a>"), std::string::npos);
  EXPECT_NE(top.find("1.23 MB"), std::string::npos);
  EXPECT_EQ(top.find("../"), std::string::npos);
  EXPECT_NE(folder_page("/docs/", folder).find("href=\"../\""), std::string::npos);
}

}  // namespace page_test
}  // namespace starling::gateway
