#include "node/content/site_book.h"

#include <gtest/gtest.h>

#include "sim/world.h"

namespace starling::node {
namespace site_book_test {

content::SiteHead example_head() {
  content::SiteHead head;
  head.folder.manifest.root.value.fill(7);
  head.folder.manifest.size = 100;
  head.published_unix_s = 1'767'225'600;
  head.title = "Ada";
  return head;
}

TEST(SiteBookTest, ASiteIsWrittenAndReadUnchanged) {
  Site site;
  site.seed.reveal()[0] = 5;
  site.sequence = 9;
  const Bytes empty = encode(site);
  EXPECT_EQ(empty.size(), 41u);
  ASSERT_TRUE(decode_site(empty));
  EXPECT_FALSE(decode_site(empty)->head);
  site.head = example_head();
  const Bytes bytes = encode(site);
  const auto read = decode_site(bytes);
  ASSERT_TRUE(read);
  EXPECT_EQ(read->head, site.head);
  EXPECT_EQ(read->sequence, 9u);
  EXPECT_EQ(read->key(), site.key());
  for (size_t size = 0; size < bytes.size(); ++size) {
    EXPECT_EQ(decode_site(ByteView(bytes).first(size)).has_value(), size == empty.size()) << size;
  }
  Bytes other = bytes;
  other[0] = 2;
  EXPECT_FALSE(decode_site(other));
}

TEST(SiteBookTest, NamesAreShortAndPlain) {
  for (const char* name : {"a", "my-site_2.0"}) EXPECT_TRUE(SiteBook::is_name(name)) << name;
  for (const std::string& name : {std::string(), std::string("A"), std::string("a b"),
                                  std::string("a/b"), std::string(65, 'a')})
    EXPECT_FALSE(SiteBook::is_name(name)) << name;
}

TEST(SiteBookTest, AVersionCountsOnceItIsOnTheDiskAndIsAboveTheOneBefore) {
  sim::World world({.seed = 1});
  const sim::HostId host = world.add_host();
  std::optional<Site> first;
  {
    SiteBook book(world.runtime(host));
    bool loaded = false;
    book.load([&](const auto& result) { loaded = result.has_value(); });
    bool published = false;
    book.publish("ada", example_head(),
                 [&](const auto& result) { published = result.has_value(); });
    EXPECT_EQ(book.find("ada"), nullptr);
    ASSERT_TRUE(world.run_until([&] { return published; }, 1s));
    EXPECT_TRUE(loaded);
    first = *book.find("ada");
    EXPECT_TRUE(directory::is_authentic(first->record()));
  }
  world.crash(host);
  SiteBook book(world.runtime(host));
  book.load([](const auto&) {});
  world.run_for(1s);
  ASSERT_NE(book.find(first->key()), nullptr);
  book.publish("ada", example_head(), [](const auto&) {});
  world.run_for(1s);
  EXPECT_EQ(book.find("ada")->key(), first->key());
  EXPECT_GT(book.find("ada")->sequence, first->sequence);
}

}  // namespace site_book_test
}  // namespace starling::node
