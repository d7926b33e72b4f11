#include "space/entry.h"

#include <gtest/gtest.h>

namespace starling::space {
namespace entry_test {

crypto::Identity device(uint8_t first = 0) {
  std::array<uint8_t, crypto::SigningSeed::kSize> seed{};
  for (size_t i = 0; i < seed.size(); ++i) seed[i] = static_cast<uint8_t>(first + i);
  return crypto::Identity{crypto::SigningSeed(std::span<const uint8_t, 32>(seed))};
}

Entry example() {
  Entry entry;
  entry.space.value.fill(1);
  entry.author.value.fill(2);
  entry.sequence = 3;
  entry.lamport = 4;
  entry.written_unix_ms = 1'767'225'600'000;
  entry.parents = {EntryId{{5}}, EntryId{{6}}};
  entry.type = 1;
  entry.body = copy_of(view_of("hi"));
  sign(entry, device());
  return entry;
}

// docs/wire/messages.md#entry shows the same bytes.
TEST(EntryTest, WritesTheDocumentedBytes) {
  const auto times = [](const std::string& byte, int count) {
    std::string hex;
    for (int i = 0; i < count; ++i) hex += byte;
    return hex;
  };
  const std::string hex = to_hex(encode(example()));
  const std::string device_key = "03a107bff3ce10be1d70dd18e74bc09967e4d6309ba50d5f1ddc8664125531b8";
  EXPECT_EQ(hex.substr(0, hex.size() - 128),
            "01" + times("01", 32) + times("02", 32) + device_key + "0000000000000003" +
                "0000000000000004" + "0000019b76daa800" + "02" + "05" + times("00", 31) + "06" +
                times("00", 31) + "01" + "000002" + "6869");
  EXPECT_EQ(hex.substr(hex.size() - 128),
            "2f4be6e8f9eb8b358eec290c62c0a78b21f6f99ae1c6b44e96a3be2fd8d849cd"
            "ef6119bd363df33ba2f7e9dbc645381979d173ae0e41aead7495a26ec4799b07");
  EXPECT_EQ(to_hex(id_of(example()).view()),
            "e0975360c21ed4c1082b66f0a409fe379aa20e78aca393917dfe9bbd1c7c84a3");
}

TEST(EntryTest, ReadsWhatItWritesAndNothingElse) {
  const Bytes good = encode(example());
  EXPECT_EQ(decode_entry(good), example());
  for (size_t size = 0; size < good.size(); ++size)
    EXPECT_FALSE(decode_entry(ByteView(good).first(size))) << size;
  Bytes longer = good;
  longer.push_back(0);
  EXPECT_FALSE(decode_entry(longer));
  const auto changed = [&](size_t at, uint8_t to) {
    Bytes bytes = good;
    bytes[at] = to;
    return decode_entry(bytes).has_value();
  };
  EXPECT_FALSE(changed(0, 2)) << "version";
  EXPECT_FALSE(changed(104, 0)) << "sequence 0";
  EXPECT_FALSE(changed(97, 0x80)) << "sequence beyond the limit";
  EXPECT_FALSE(changed(112, 0)) << "lamport 0";
  EXPECT_FALSE(changed(121, 9)) << "too many parents";
  EXPECT_FALSE(changed(122, 7)) << "parents that do not ascend";
}

TEST(EntryTest, EveryBitIsSigned) {
  const Bytes good = encode(example());
  EXPECT_TRUE(is_authentic(example()));
  for (size_t at = 1; at < good.size(); ++at) {
    Bytes bytes = good;
    bytes[at] ^= 1;
    const auto entry = decode_entry(bytes);
    EXPECT_FALSE(entry && is_authentic(*entry)) << at;
  }
}

TEST(EntryTest, TheLargestEntryFits) {
  Entry entry = example();
  entry.parents.clear();
  for (uint8_t i = 0; i < Entry::kParentsMax; ++i) entry.parents.push_back(EntryId{{i}});
  entry.body = Bytes(Entry::kBodyMax, 7);
  sign(entry, device());
  EXPECT_EQ(encode(entry).size(), kEntrySizeMax);
  EXPECT_EQ(decode_entry(encode(entry)), entry);
}

TEST(EntryTest, EverybodyShowsThemInTheSameOrder) {
  Entry early = example();
  Entry late = example();
  late.lamport = 5;
  Entry other = example();
  other.author.value.fill(3);
  EXPECT_TRUE(comes_before(early, late));
  EXPECT_FALSE(comes_before(late, early));
  EXPECT_TRUE(comes_before(early, other));
  EXPECT_FALSE(comes_before(early, early));
}

}  // namespace entry_test
}  // namespace starling::space
