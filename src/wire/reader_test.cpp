// Reader and Writer together: what one writes the other reads back.
#include "wire/reader.h"

#include <gtest/gtest.h>

#include "base/rng.h"
#include "wire/writer.h"

namespace starling::wire {
namespace reader_test {

using Name = FixedBytes<4, struct NameTag>;

Bytes hex(std::string_view text) { return from_hex(text).value(); }

// Written by `write`, read by `read`: gives the value back, uses `size` bytes, refuses every proper
// prefix.
template <typename Write, typename Read>
void expect_round_trip(uint64_t value, size_t size, Write write, Read read) {
  Writer writer;
  write(writer, value);
  ASSERT_EQ(writer.size(), size);
  Reader reader(writer.view());
  EXPECT_EQ(read(reader), value);
  EXPECT_TRUE(reader.finish());
  for (size_t length = 0; length < size; ++length) {
    Reader shorter(writer.view().first(length));
    EXPECT_EQ(read(shorter), 0u) << value << " cut to " << length;
    EXPECT_FALSE(shorter.ok()) << value << " cut to " << length;
  }
}

// Writes as `size` bytes, whether or not a shorter spelling exists.
Bytes varint_spelling(uint64_t value, size_t size) {
  const uint64_t size_code = size == 1 ? 0 : size == 2 ? 1 : size == 4 ? 2 : 3;
  value |= size_code << (size * 8 - 2);
  Bytes bytes;
  for (size_t i = size; i > 0; --i) bytes.push_back(static_cast<uint8_t>(value >> ((i - 1) * 8)));
  return bytes;
}

struct VarintVector {
  std::string_view spelling;
  uint64_t value;
};

// RFC 9000 section A.1, the vectors in their shortest spelling.
constexpr VarintVector kVarintVectors[] = {
    {"c2197c5eff14e88c", 151'288'809'941'952'652},
    {"9d7f3e7d", 494'878'333},
    {"7bbd", 15'293},
    {"25", 37},
};

TEST(VarintTest, ReadsTheVectorsOfRfc9000) {
  for (const auto& [spelling, value] : kVarintVectors) {
    const Bytes bytes = hex(spelling);
    Reader reader(bytes);
    EXPECT_EQ(reader.varint(), value);
    EXPECT_TRUE(reader.finish());
  }
}

TEST(VarintTest, WritesTheVectorsOfRfc9000) {
  for (const auto& [spelling, value] : kVarintVectors) {
    EXPECT_EQ(to_hex(Writer().varint(value).view()), spelling);
  }
}

// RFC 9000 section A.1 lists 4025 as a second spelling of 37; QUIC reads it, we do not.
TEST(VarintTest, RefusesTheLongSpellingThatRfc9000Shows) {
  const Bytes bytes = hex("4025");
  Reader reader(bytes);
  EXPECT_EQ(reader.varint(), 0u);
  EXPECT_FALSE(reader.ok());
}

TEST(VarintTest, RefusesEveryLongerSpellingAtTheEdgesOfEachSize) {
  const uint64_t edges[] = {0, 1, 63, 64, 16'383, 16'384, (1ull << 30) - 1, 1ull << 30, kVarintMax};
  for (const uint64_t value : edges) {
    for (const size_t size : {1u, 2u, 4u, 8u}) {
      if (size < varint_size(value)) continue;
      const Bytes bytes = varint_spelling(value, size);
      Reader reader(bytes);
      const uint64_t read = reader.varint();
      EXPECT_EQ(reader.ok(), size == varint_size(value)) << value << " in " << size << " bytes";
      EXPECT_EQ(read, reader.ok() ? value : 0);
    }
  }
}

TEST(VarintTest, RoundTripsTheEdgesOfEachSizeAndRefusesTheirPrefixes) {
  struct Edge {
    uint64_t value;
    size_t size;
  };
  const Edge edges[] = {{0, 1},          {63, 1},        {64, 2},
                        {16'383, 2},     {16'384, 4},    {(1ull << 30) - 1, 4},
                        {1ull << 30, 8}, {kVarintMax, 8}};
  for (const auto& [value, size] : edges) {
    EXPECT_EQ(varint_size(value), size);
    expect_round_trip(
        value, size, [](Writer& writer, uint64_t v) { writer.varint(v); },
        [](Reader& reader) { return reader.varint(); });
  }
}

TEST(VarintTest, RoundTripsRandomValuesOfEveryMagnitude) {
  Rng rng(1);
  for (int i = 0; i < 10'000; ++i) {
    const uint64_t value = rng() >> (2 + rng.below(62));
    const Writer writer = std::move(Writer().varint(value));
    Reader reader(writer.view());
    ASSERT_EQ(reader.varint(), value);
    ASSERT_TRUE(reader.finish());
    ASSERT_EQ(writer.size(), varint_size(value));
  }
}

// Two bytes cover every spelling of one and two bytes and the prefixes of all longer ones.
TEST(VarintTest, WhatItAcceptsInTwoBytesIsWrittenBackTheSame) {
  for (unsigned word = 0; word < 65'536; ++word) {
    const Bytes bytes = {static_cast<uint8_t>(word >> 8), static_cast<uint8_t>(word)};
    Reader reader(bytes);
    const uint64_t value = reader.varint();
    if (!reader.ok()) continue;
    const size_t used = bytes.size() - reader.left();
    ASSERT_TRUE(same_bytes(Writer().varint(value).view(), ByteView(bytes).first(used))) << word;
  }
}

TEST(VarintTest, AValueAboveTheLargestIsAProgrammingError) {
  EXPECT_DEATH(Writer().varint(kVarintMax + 1), "kVarintMax");
}

TEST(ReaderTest, RoundTripsEveryWidthAndRefusesItsPrefixes) {
  const auto values_of = [](size_t size) {
    const uint64_t largest = ~uint64_t{0} >> (64 - size * 8);
    return std::array{uint64_t{0}, uint64_t{1}, 0x0102'0304'0506'0708 & largest, largest};
  };
  for (const uint64_t v : values_of(1)) {
    expect_round_trip(
        v, 1, [](Writer& w, uint64_t x) { w.u8(static_cast<uint8_t>(x)); },
        [](Reader& r) { return r.u8(); });
  }
  for (const uint64_t v : values_of(2)) {
    expect_round_trip(
        v, 2, [](Writer& w, uint64_t x) { w.u16(static_cast<uint16_t>(x)); },
        [](Reader& r) { return r.u16(); });
  }
  for (const uint64_t v : values_of(3)) {
    expect_round_trip(
        v, 3, [](Writer& w, uint64_t x) { w.u24(static_cast<uint32_t>(x)); },
        [](Reader& r) { return r.u24(); });
  }
  for (const uint64_t v : values_of(4)) {
    expect_round_trip(
        v, 4, [](Writer& w, uint64_t x) { w.u32(static_cast<uint32_t>(x)); },
        [](Reader& r) { return r.u32(); });
  }
  for (const uint64_t v : values_of(6)) {
    expect_round_trip(
        v, 6, [](Writer& w, uint64_t x) { w.u48(x); }, [](Reader& r) { return r.u48(); });
  }
  for (const uint64_t v : values_of(8)) {
    expect_round_trip(
        v, 8, [](Writer& w, uint64_t x) { w.u64(x); }, [](Reader& r) { return r.u64(); });
  }
}

TEST(WriterTest, PutsTheMostSignificantByteFirst) {
  Writer writer;
  writer.u8(0x01)
      .u16(0x0203)
      .u24(0x040506)
      .u32(0x0708090a)
      .u48(0x0b0c0d0e0f10)
      .u64(0x1112131415161718);
  EXPECT_EQ(to_hex(writer.view()), "0102030405060708090a0b0c0d0e0f101112131415161718");
}

TEST(WriterTest, AValueWiderThanItsFieldIsAProgrammingError) {
  EXPECT_DEATH(Writer().u24(1u << 24), "value");
  EXPECT_DEATH(Writer().u48(uint64_t{1} << 48), "value");
}

TEST(WriterTest, AppendsToTheBytesItStartedWithAndHandsThemBack) {
  Writer writer(hex("aa"));
  writer.bytes(hex("bbcc")).fixed(Name{{1, 2, 3, 4}}).zeros(2);
  EXPECT_EQ(writer.size(), 9u);
  EXPECT_EQ(to_hex(writer.take()), "aabbcc010203040000");
}

TEST(ReaderTest, ReadsMixedFieldsInTheOrderTheyWereWritten) {
  Writer writer;
  writer.u8(7).varint(300).fixed(Name{{9, 8, 7, 6}}).u48(5).bytes(view_of("tail"));
  Reader reader(writer.view());
  EXPECT_EQ(reader.u8(), 7);
  EXPECT_EQ(reader.varint(), 300u);
  EXPECT_EQ(reader.fixed<Name>(), (Name{{9, 8, 7, 6}}));
  EXPECT_EQ(reader.u48(), 5u);
  EXPECT_EQ(reader.left(), 4u);
  EXPECT_FALSE(reader.finish());
  EXPECT_EQ(text_of(reader.remaining()), "tail");
  EXPECT_TRUE(reader.finish());
}

TEST(ReaderTest, AViewBorrowsFromTheInputInsteadOfCopying) {
  const Bytes bytes = hex("010203");
  Reader reader(bytes);
  reader.u8();
  EXPECT_EQ(reader.view(2).data(), bytes.data() + 1);
}

TEST(ReaderTest, EmptyFieldsFitAnEmptyInput) {
  Reader reader({});
  EXPECT_TRUE(reader.view(0).empty());
  EXPECT_TRUE(reader.remaining().empty());
  EXPECT_TRUE(reader.finish());
}

TEST(ReaderTest, RefusesAFieldOneByteTooLongOfEveryKind) {
  const Bytes three = hex("010203");
  Reader view(three);
  EXPECT_TRUE(view.view(4).empty());
  EXPECT_FALSE(view.ok());
  Reader huge(three);
  EXPECT_TRUE(huge.view(~size_t{0}).empty());
  EXPECT_FALSE(huge.ok());
  Reader fixed(three);
  EXPECT_EQ(fixed.fixed<Name>(), Name{});
  EXPECT_FALSE(fixed.ok());
  Reader array(three);
  EXPECT_EQ(array.array<4>(), (std::array<uint8_t, 4>{}));
  EXPECT_FALSE(array.ok());
}

TEST(ReaderTest, ReadsAnArrayOfExactlyTheRest) {
  const Bytes three = hex("010203");
  Reader reader(three);
  EXPECT_EQ(reader.array<3>(), (std::array<uint8_t, 3>{1, 2, 3}));
  EXPECT_TRUE(reader.finish());
}

// After a failure every read gives zeros, also those that the bytes left would satisfy.
void expect_stuck(Reader& reader) {
  EXPECT_FALSE(reader.ok());
  EXPECT_EQ(reader.u8(), 0);
  EXPECT_EQ(reader.u16(), 0);
  EXPECT_EQ(reader.u24(), 0u);
  EXPECT_EQ(reader.u32(), 0u);
  EXPECT_EQ(reader.u48(), 0u);
  EXPECT_EQ(reader.u64(), 0u);
  EXPECT_EQ(reader.varint(), 0u);
  EXPECT_TRUE(reader.view(1).empty());
  EXPECT_TRUE(reader.view(0).empty());
  EXPECT_EQ(reader.fixed<Name>(), Name{});
  EXPECT_EQ(reader.array<2>(), (std::array<uint8_t, 2>{}));
  EXPECT_TRUE(reader.remaining().empty());
  EXPECT_FALSE(reader.ok());
  EXPECT_FALSE(reader.finish());
}

TEST(ReaderTest, AfterAFieldThatDoesNotFitAllReadsGiveZeros) {
  const Bytes bytes(40, 0xff);
  Reader reader(bytes);
  EXPECT_EQ(reader.u8(), 0xff);
  reader.view(40);
  expect_stuck(reader);
}

TEST(ReaderTest, AfterALongVarintAllReadsGiveZeros) {
  Bytes bytes(40, 0x22);
  bytes[0] = 0x40;
  Reader reader(bytes);
  reader.varint();
  expect_stuck(reader);
}

TEST(ReaderTest, AfterRefuseAllReadsGiveZeros) {
  const Bytes bytes(40, 0x22);
  Reader reader(bytes);
  reader.refuse();
  expect_stuck(reader);
}

TEST(ReaderTest, RefuseAtTheEndOfTheInputIsNoFinish) {
  Reader reader({});
  reader.refuse();
  EXPECT_FALSE(reader.finish());
}

TEST(ReaderTest, FinishRefusesOneByteTooMany) {
  const Bytes bytes = hex("0102");
  Reader reader(bytes);
  reader.u8();
  EXPECT_TRUE(reader.ok());
  EXPECT_FALSE(reader.finish());
}

}  // namespace reader_test
}  // namespace starling::wire
