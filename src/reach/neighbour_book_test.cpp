#include "reach/neighbour_book.h"

#include <gtest/gtest.h>
#include <limits>
#include <string>

namespace starling::reach {
namespace neighbour_book_test {

// docs/wire/neighbours-file.md shows the same bytes: a friend with two addresses, a stranger without any.
constexpr std::string_view kExampleFileHex =
    "53544e4200010002"
    "0707070707070707070707070707070707070707070707070707070707070707"
    "01"
    "000000006b49d200"
    "02"
    "00147564703a2f2f3139322e302e322e313a37313137"
    "001b7463703a2f2f6e6f64652e6578616d706c652e6e65743a37313137"
    "0909090909090909090909090909090909090909090909090909090909090909"
    "00"
    "000000006b49d23c"
    "00";

constexpr int64_t kStart = 1'800'000'000;

WallTime after(int64_t seconds) { return {kStart + seconds}; }

crypto::NodeKey node(uint8_t fill) {
  crypto::NodeKey key;
  key.value.fill(fill);
  return key;
}
crypto::NodeKey numbered(size_t number) {
  crypto::NodeKey key;
  key.value[0] = static_cast<uint8_t>(number >> 8);
  key.value[1] = static_cast<uint8_t>(number);
  return key;
}

PeerAddress udp(uint16_t port) { return {Transport::udp, "192.0.2.1", port}; }

using Addresses = std::vector<PeerAddress>;

NeighbourBook example() {
  NeighbourBook book;
  book.note_link(after(60), node(9), std::nullopt);
  EXPECT_TRUE(
      book.make_friend(after(0), node(7), {udp(7117), {Transport::tcp, "node.example.net", 7117}}));
  return book;
}

Addresses addresses_of(const NeighbourBook& book, const crypto::NodeKey& key) {
  return book.entries().at(key).addresses;
}

TEST(NeighbourBookTest, RemembersALinkWithTheAddressThatWorked) {
  NeighbourBook book;
  book.note_link(after(0), node(1), udp(1));
  ASSERT_TRUE(book.entries().contains(node(1)));
  const Neighbour& neighbour = book.entries().at(node(1));
  EXPECT_EQ(neighbour.last_linked_unix_s, kStart);
  EXPECT_EQ(neighbour.addresses, Addresses{udp(1)});
  EXPECT_FALSE(book.is_friend(node(1)));
}

TEST(NeighbourBookTest, PutsTheAddressThatWorkedLastFirstAndKeepsFour) {
  NeighbourBook book;
  for (uint16_t port = 1; port <= 5; ++port) book.note_link(after(0), node(1), udp(port));
  EXPECT_EQ(addresses_of(book, node(1)), (Addresses{udp(5), udp(4), udp(3), udp(2)}));
  book.note_link(after(1), node(1), udp(3));
  EXPECT_EQ(addresses_of(book, node(1)), (Addresses{udp(3), udp(5), udp(4), udp(2)}));
  book.note_link(after(2), node(1), std::nullopt);
  EXPECT_EQ(addresses_of(book, node(1)), (Addresses{udp(3), udp(5), udp(4), udp(2)}));
}

TEST(NeighbourBookTest, MakesAFriendOfAKnownNeighbourAndKeepsWhatIsKnown) {
  NeighbourBook book;
  for (uint16_t port = 1; port <= 3; ++port) book.note_link(after(0), node(1), udp(port));
  EXPECT_TRUE(book.make_friend(after(9), node(1), {udp(10), udp(2)}));
  EXPECT_TRUE(book.is_friend(node(1)));
  EXPECT_EQ(addresses_of(book, node(1)), (Addresses{udp(3), udp(10), udp(2), udp(1)}));
  EXPECT_EQ(book.entries().at(node(1)).last_linked_unix_s, kStart);
  EXPECT_TRUE(book.make_friend(after(9), node(1), {}));
}

TEST(NeighbourBookTest, AFriendStaysAFriendWhenItLinks) {
  NeighbourBook book = example();
  book.note_link(after(100), node(7), std::nullopt);
  EXPECT_TRUE(book.is_friend(node(7)));
  EXPECT_EQ(addresses_of(book, node(7)).size(), 2u);
}

TEST(NeighbourBookTest, LeavesAddressesOutThatCouldNotBeReadAgain) {
  NeighbourBook book;
  book.note_link(after(0), node(1), PeerAddress{Transport::udp, "0.0.0.0", 7117});
  EXPECT_TRUE(book.make_friend(after(0), node(2),
                               {{Transport::udp, "Upper.example", 1}, {Transport::udp, "a", 0}}));
  EXPECT_TRUE(addresses_of(book, node(1)).empty());
  EXPECT_TRUE(addresses_of(book, node(2)).empty());
  EXPECT_TRUE(NeighbourBook::deserialise(book.serialise()).has_value());
}

TEST(NeighbourBookTest, ForgetsOnRequest) {
  NeighbourBook book = example();
  EXPECT_TRUE(book.forget(node(7)));
  EXPECT_FALSE(book.is_friend(node(7)));
  EXPECT_FALSE(book.forget(node(7)));
  EXPECT_EQ(book.entries().size(), 1u);
}

TEST(NeighbourBookTest, TheStrangerLinkedLongestAgoMakesRoom) {
  NeighbourBook book;
  for (size_t i = 0; i < NeighbourBook::kEntriesMax; ++i) {
    const auto seconds = static_cast<int64_t>(i == 77 ? 0 : i + 1);
    book.note_link(after(seconds), numbered(i), udp(1));
  }
  book.note_link(after(1'000), node(0xff), udp(1));
  EXPECT_EQ(book.entries().size(), NeighbourBook::kEntriesMax);
  EXPECT_FALSE(book.entries().contains(numbered(77)));
  EXPECT_TRUE(book.entries().contains(node(0xff)));
}

TEST(NeighbourBookTest, WhoOnlyDialsUsPushesNobodyOutThatWeReached) {
  NeighbourBook book;
  for (size_t i = 0; i < NeighbourBook::kEntriesMax - 1; ++i) {
    book.note_link(after(0), numbered(i), udp(1));
  }
  for (size_t i = 1'000; i < 2'000; ++i) {
    book.note_link(after(static_cast<int64_t>(i)), numbered(i), std::nullopt);
  }
  EXPECT_EQ(book.entries().size(), NeighbourBook::kEntriesMax);
  EXPECT_TRUE(book.entries().contains(numbered(0)));
  EXPECT_TRUE(book.entries().contains(numbered(1'999)));
  book.note_link(after(0), node(0xff), udp(1));
  EXPECT_FALSE(book.entries().contains(numbered(1'999)));
  book.note_link(after(3'000), numbered(3'000), std::nullopt);
  EXPECT_FALSE(book.entries().contains(numbered(3'000)));
  EXPECT_EQ(book.entries().size(), NeighbourBook::kEntriesMax);
}

TEST(NeighbourBookTest, RefusesFriendsBeyondTheLimitAndNeverEvictsOne) {
  NeighbourBook book;
  for (size_t i = 0; i < NeighbourBook::kFriendsMax; ++i) {
    EXPECT_TRUE(book.make_friend(after(-1'000), numbered(i), {udp(1)}));
  }
  EXPECT_FALSE(book.make_friend(after(0), numbered(500), {udp(1)}));
  EXPECT_FALSE(book.entries().contains(numbered(500)));
  EXPECT_TRUE(book.make_friend(after(0), numbered(0), {udp(2)}));
  for (size_t i = 1'000; i < 2'000; ++i) book.note_link(after(0), numbered(i), udp(1));
  EXPECT_EQ(book.entries().size(), NeighbourBook::kEntriesMax);
  for (size_t i = 0; i < NeighbourBook::kFriendsMax; ++i) EXPECT_TRUE(book.is_friend(numbered(i)));
}

TEST(NeighbourBookTest, ANewFriendTakesTheRoomOfAStranger) {
  NeighbourBook book;
  for (size_t i = 0; i < NeighbourBook::kEntriesMax; ++i) {
    book.note_link(after(static_cast<int64_t>(i)), numbered(i), udp(1));
  }
  EXPECT_TRUE(book.make_friend(after(0), node(0xff), {}));
  EXPECT_TRUE(book.is_friend(node(0xff)));
  EXPECT_FALSE(book.entries().contains(numbered(0)));
}

TEST(NeighbourBookTest, SaysWhenSomethingIsWorthWriting) {
  NeighbourBook book;
  EXPECT_FALSE(book.is_changed());
  const auto changed_by = [&book](auto&& change) {
    change();
    const bool changed = book.is_changed();
    EXPECT_FALSE(book.serialise().empty());
    EXPECT_FALSE(book.is_changed());
    return changed;
  };
  EXPECT_TRUE(changed_by([&] { book.note_link(after(0), node(1), udp(1)); }));
  EXPECT_FALSE(changed_by([&] { book.note_link(after(3'599), node(1), udp(1)); }));
  EXPECT_TRUE(changed_by([&] { book.note_link(after(3'599 + 3'600), node(1), udp(1)); }));
  EXPECT_TRUE(changed_by([&] { book.note_link(after(0), node(1), std::nullopt); }));
  EXPECT_TRUE(changed_by([&] { book.note_link(after(0), node(1), udp(2)); }));
  EXPECT_TRUE(changed_by([&] { EXPECT_TRUE(book.make_friend(after(0), node(1), {})); }));
  EXPECT_FALSE(changed_by([&] { EXPECT_TRUE(book.make_friend(after(0), node(1), {udp(2)})); }));
  EXPECT_FALSE(changed_by([&] { EXPECT_FALSE(book.forget(node(2))); }));
  EXPECT_TRUE(changed_by([&] { EXPECT_TRUE(book.forget(node(1))); }));
  EXPECT_FALSE(NeighbourBook::deserialise(book.serialise())->is_changed());
}

TEST(NeighbourBookTest, TakesClocksThatShowAnything) {
  NeighbourBook book;
  for (const int64_t unix_s :
       {std::numeric_limits<int64_t>::min(), int64_t{0}, std::numeric_limits<int64_t>::max()}) {
    book.note_link({unix_s}, node(1), udp(1));
    EXPECT_EQ(book.entries().at(node(1)).last_linked_unix_s, std::max<int64_t>(unix_s, 0));
    EXPECT_TRUE(NeighbourBook::deserialise(book.serialise()).has_value());
  }
}

NeighbourFileError error_of(ByteView file) {
  const auto book = NeighbourBook::deserialise(file);
  EXPECT_FALSE(book.has_value());
  return book ? NeighbourFileError::not_neighbours : book.error();
}

// The example with another byte at that place.
Bytes example_with(size_t offset, uint8_t byte) {
  Bytes file = from_hex(kExampleFileHex).value();
  file.at(offset) = byte;
  return file;
}

constexpr size_t kFlagsOffset = 8 + 32;
constexpr size_t kTimeOffset = kFlagsOffset + 1;
constexpr size_t kCountOffset = kTimeOffset + 8;
constexpr size_t kTextOffset = kCountOffset + 1 + 2;

TEST(NeighboursFileTest, WritesTheDocumentedBytes) {
  EXPECT_EQ(to_hex(example().serialise()), kExampleFileHex);
}

TEST(NeighboursFileTest, ReadsWhatItWrites) {
  const auto book = NeighbourBook::deserialise(from_hex(kExampleFileHex).value());
  ASSERT_TRUE(book.has_value());
  EXPECT_EQ(book->entries(), example().entries());
}

TEST(NeighboursFileTest, ReadsAnEmptyBook) {
  EXPECT_TRUE(NeighbourBook::deserialise(NeighbourBook().serialise())->entries().empty());
}

TEST(NeighboursFileTest, AFullBookFitsTheFileLimit) {
  NeighbourBook book;
  const std::string label(63, 'a');
  const std::string name = label + "." + label + "." + label + "." + std::string(61, 'a');
  for (size_t i = 0; i < NeighbourBook::kEntriesMax; ++i) {
    for (uint16_t port = 65531; port != 0; ++port) {
      book.note_link(after(0), numbered(i), PeerAddress{Transport::tcp, name, port});
    }
  }
  const Bytes file = book.serialise();
  EXPECT_EQ(file.size(), NeighbourBook::kFileSizeMax);
  EXPECT_EQ(NeighbourBook::deserialise(file).value().entries(), book.entries());
}

TEST(NeighboursFileTest, RefusesEveryProperPrefixAndOneByteTooMany) {
  Bytes file = example().serialise();
  for (size_t size = 0; size < file.size(); ++size) {
    const auto wanted = size < 4 ? NeighbourFileError::not_neighbours : NeighbourFileError::damaged;
    EXPECT_EQ(error_of(ByteView(file).first(size)), wanted) << size;
  }
  file.push_back(0);
  EXPECT_EQ(error_of(file), NeighbourFileError::damaged);
}

TEST(NeighboursFileTest, SaysThatAFileIsOfANewerSchemaWhateverFollows) {
  Bytes file = example_with(5, 2);
  file.resize(6);
  EXPECT_EQ(error_of(file), NeighbourFileError::newer_schema);
  EXPECT_EQ(error_of(example_with(5, 0)), NeighbourFileError::damaged);
}

TEST(NeighboursFileTest, RefusesAnotherMagic) {
  EXPECT_EQ(error_of(example_with(0, 's')), NeighbourFileError::not_neighbours);
}

TEST(NeighboursFileTest, RefusesReservedFlagsAndNumbersBeyondTheirLimits) {
  for (uint8_t bit = 1; bit < 8; ++bit) {
    const auto flags = static_cast<uint8_t>(1 << bit);
    EXPECT_EQ(error_of(example_with(kFlagsOffset, flags)), NeighbourFileError::damaged);
    EXPECT_EQ(error_of(example_with(kFlagsOffset, flags | 1)), NeighbourFileError::damaged);
  }
  EXPECT_EQ(error_of(example_with(kTimeOffset, 0x80)), NeighbourFileError::damaged);
  EXPECT_EQ(error_of(example_with(kCountOffset, 5)), NeighbourFileError::damaged);
  EXPECT_EQ(error_of(example_with(6, 2)), NeighbourFileError::damaged);
}

TEST(NeighboursFileTest, RefusesAddressesInAnotherSpelling) {
  EXPECT_EQ(error_of(example_with(kTextOffset, 'U')), NeighbourFileError::damaged);
  EXPECT_EQ(error_of(example_with(kTextOffset, 'x')), NeighbourFileError::damaged);
  // The port 7117 becomes 0117.
  EXPECT_EQ(error_of(example_with(kTextOffset + 16, '0')), NeighbourFileError::damaged);
}

TEST(NeighboursFileTest, RefusesTheSameAddressTwiceInOneEntry) {
  NeighbourBook book;
  EXPECT_TRUE(book.make_friend(after(0), node(7), {udp(7117), udp(7118)}));
  Bytes file = book.serialise();
  file.back() = '7';
  EXPECT_EQ(error_of(file), NeighbourFileError::damaged);
}

TEST(NeighboursFileTest, RefusesEntriesOutOfOrderOrRepeated) {
  NeighbourBook book;
  book.note_link(after(0), node(1), std::nullopt);
  book.note_link(after(0), node(2), std::nullopt);
  const Bytes file = book.serialise();
  const ByteView head = ByteView(file).first(8);
  const ByteView first = ByteView(file).subspan(8, 42);
  const ByteView second = ByteView(file).subspan(8 + 42);
  Bytes swapped = copy_of(head);
  append(swapped, second);
  append(swapped, first);
  EXPECT_EQ(error_of(swapped), NeighbourFileError::damaged);
  Bytes repeated = copy_of(head);
  append(repeated, first);
  append(repeated, first);
  EXPECT_EQ(error_of(repeated), NeighbourFileError::damaged);
}

TEST(NeighboursFileTest, RefusesMoreEntriesOrFriendsThanThereCanBe) {
  const auto file_of = [](size_t stranger_count, size_t friend_count) {
    Bytes file = from_hex("53544e420001").value();
    const size_t count = stranger_count + friend_count;
    append(file, Bytes{static_cast<uint8_t>(count >> 8), static_cast<uint8_t>(count)});
    for (size_t i = 0; i < count; ++i) {
      append(file, numbered(i).view());
      file.push_back(i < friend_count ? 1 : 0);
      file.resize(file.size() + 9);
    }
    return file;
  };
  EXPECT_TRUE(NeighbourBook::deserialise(file_of(128, 128)).has_value());
  EXPECT_EQ(error_of(file_of(129, 128)), NeighbourFileError::damaged);
  EXPECT_EQ(error_of(file_of(127, 129)), NeighbourFileError::damaged);
}

}  // namespace neighbour_book_test
}  // namespace starling::reach
