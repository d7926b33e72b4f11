#include "node/messages/contact_book.h"

#include <gtest/gtest.h>

#include "crypto/key_text.h"
#include "sim/world.h"

namespace starling::node {
namespace contact_book_test {

const crypto::AccountKey kBob{{2}};

// docs/wire/tables.md#contacts shows the same bytes.
TEST(ContactBookTest, AContactIsWrittenAndReadUnchanged) {
  const Contact bob{.name = "bob"};
  EXPECT_EQ(to_hex(encode(bob)), "0100626f62");
  EXPECT_EQ(decode_contact(encode(bob)), bob);
  const Contact nameless{.name = "", .blocked = true};
  EXPECT_EQ(decode_contact(encode(nameless)), nameless);
  for (const Bytes& bad : {Bytes{}, Bytes{1}, Bytes{1, 0}, Bytes{1, 2, 'b'}, Bytes{2, 0, 'b'},
                           Bytes{1, 0, 0xff}, Bytes{1, 0, '\n'}})
    EXPECT_FALSE(decode_contact(bad)) << to_hex(bad);
}

TEST(ContactBookTest, ANameIsWhatPeopleWouldCallAName) {
  for (const char* name : {"b", "Bob Müller", "🐦"})
    EXPECT_TRUE(ContactBook::is_name(name)) << name;
  EXPECT_FALSE(ContactBook::is_name(""));
  EXPECT_FALSE(ContactBook::is_name("a\tb"));
  EXPECT_FALSE(ContactBook::is_name("\xff"));
  EXPECT_FALSE(ContactBook::is_name(std::string(Contact::kNameSizeMax + 1, 'a')));
  EXPECT_FALSE(ContactBook::is_name(to_text(kBob))) << "looks like somebody else's key";
}

TEST(ContactBookTest, WhatWasSaidToBeKeptIsThereAfterACrash) {
  sim::World world({.seed = 1});
  const sim::HostId host = world.add_host();
  {
    ContactBook book(world.runtime(host));
    book.load([](const auto&) {});
    bool done = false;
    book.set(kBob, {.name = "bob"}, [&](const auto& result) { done = result.has_value(); });
    EXPECT_EQ(book.find(kBob), nullptr) << "not before it is on the disk";
    ASSERT_TRUE(world.run_until([&] { return done; }, 1s));
    EXPECT_EQ(book.find("bob"), kBob);
  }
  world.crash(host);
  ContactBook book(world.runtime(host));
  book.load([](const auto&) {});
  world.run_for(1s);
  ASSERT_NE(book.find(kBob), nullptr);
  EXPECT_EQ(book.find(kBob)->name, "bob");
  book.remove(kBob, [](const auto&) {});
  world.run_for(1s);
  EXPECT_EQ(book.find(kBob), nullptr);
  EXPECT_FALSE(book.find("bob"));
  book.set(kBob, {.name = "", .blocked = true}, [](const auto&) {});
  world.run_for(1s);
  EXPECT_FALSE(book.find("")) << "nobody is called that";
}

}  // namespace contact_book_test
}  // namespace starling::node
