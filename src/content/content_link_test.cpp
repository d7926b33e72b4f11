#include "content/content_link.h"

#include <gtest/gtest.h>

#include "crypto/key_text.h"

namespace starling::content {
namespace content_link_test {

const crypto::SiteKey kSite{{1, 2, 3}};
const std::string kSiteText = to_text(kSite);

crypto::BlobId blob() {
  crypto::BlobId id;
  id.root.value.fill(9);
  id.size = 77;
  return id;
}

TEST(ContentLinkTest, ReadsAndWritesTheThreeKinds) {
  const ContentLink links[] = {
      {kSite, {}, false},
      {kSite, {}, true},
      {kSite, {"a b", "ü%.html"}, false},
      {crypto::FolderId{blob()}, {"docs"}, true},
      {blob(), {}, false},
  };
  for (const ContentLink& link : links) {
    EXPECT_EQ(parse_content_link(to_text(link)), link) << to_text(link);
  }
  EXPECT_EQ(to_text(links[2]), "starling://" + kSiteText + "/a%20b/%C3%BC%25.html");
}

TEST(ContentLinkTest, TakesWhatPeopleType) {
  const auto link = parse_content_link(kSiteText + "//a/?q=1#top");
  ASSERT_TRUE(link);
  EXPECT_EQ(link->path, (std::vector<std::string>{"a"}));
  std::string upper = kSiteText;
  for (char& c : upper) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  EXPECT_EQ(parse_content_link("starling://" + upper)->what, parse_content_link(kSiteText)->what);
  // A combining diaeresis is brought to the normal form.
  EXPECT_EQ(parse_content_link(kSiteText + "/U%CC%88")->path.front(), "Ü");
}

TEST(ContentLinkTest, ABrowsersAddressIsALinkToo) {
  const ContentLink page{kSite, {"a b"}, false};
  const std::string url = to_browser_url(page, 7119);
  EXPECT_EQ(url, "http://" + kSiteText + ".localhost:7119/a%20b");
  EXPECT_EQ(parse_content_link(url), page);
  EXPECT_EQ(to_browser_url({blob(), {}, false}, 80),
            "http://" + to_text(blob()) + ".localhost:80/");
  EXPECT_EQ(parse_content_link("http://" + to_text(blob()) + ".localhost/film.webm"),
            (ContentLink{blob(), {}, false}));
  EXPECT_EQ(parse_content_link("http://" + kSiteText + ".localhost.example.org/").error(),
            LinkFault::not_a_link);
  EXPECT_EQ(parse_content_link("http://" + kSiteText + "/").error(), LinkFault::not_a_link);
}

TEST(ContentLinkTest, SaysWhatIsWrong) {
  const auto fault = [](const std::string& text) { return parse_content_link(text).error(); };
  EXPECT_EQ(fault("http://example.org"), LinkFault::not_a_link);
  EXPECT_EQ(fault(""), LinkFault::not_a_link);
  EXPECT_EQ(fault("starling://" + to_text(crypto::NodeKey{})), LinkFault::not_a_link);
  EXPECT_EQ(fault("something"), LinkFault::not_a_link);
  EXPECT_EQ(fault("starling://" + kSiteText.substr(1)), LinkFault::not_a_link);
  EXPECT_EQ(fault("starling://" + kSiteText + "x"), LinkFault::bad_name);
  EXPECT_EQ(fault(kSiteText + "/%zz"), LinkFault::bad_path);
  EXPECT_EQ(fault(kSiteText + "/a/../b"), LinkFault::bad_path);
  EXPECT_EQ(fault(kSiteText + "/a%2Fb"), LinkFault::bad_path);
  EXPECT_EQ(fault(kSiteText + "/%00"), LinkFault::bad_path);
  EXPECT_EQ(fault(kSiteText + "/%C0%AF"), LinkFault::bad_path);
  EXPECT_EQ(fault(to_text(blob()) + "/a"), LinkFault::path_of_blob);
  EXPECT_EQ(fault(kSiteText + "/" + std::string(9'000, 'a')), LinkFault::too_long);
}

}  // namespace content_link_test
}  // namespace starling::content
