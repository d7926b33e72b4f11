#include "directory/record.h"

#include <gtest/gtest.h>

#include "directory/example_records.h"

namespace starling::directory {
namespace record_test {

constexpr uint8_t kSiteHead = static_cast<uint8_t>(RecordKind::site_head);
constexpr uint8_t kProvider = static_cast<uint8_t>(RecordKind::provider);

// docs/wire/directory.md#example shows the same bytes.
constexpr std::string_view kExampleHex =
    "02"
    "03a107bff3ce10be1d70dd18e74bc09967e4d6309ba50d5f1ddc8664125531b8"
    "0000000000000007"
    "00000e10"
    "0000003c"
    "0005"
    "68656c6c6f"
    "9b4e3c27acf361b36f5f0ef79fbcc62a00cd8a366b5be534a8db5032266350af"
    "7bb224120a2b0269f04e851f96332ef71f8d5446e915634e7222b927b3828503";

TEST(RecordTest, WritesTheDocumentedBytes) {
  EXPECT_EQ(to_hex(encode(documented_site_head())), kExampleHex);
  EXPECT_EQ(to_hex(documented_site_head().position.view()),
            "e354397d05134265a949f49ffe20dbf1145f5c731134950021daebd741b464e8");
}

TEST(RecordTest, ReadsWhatItWrites) {
  const auto signer = example_identity(9);
  Position root;
  root.value[3] = 7;
  for (const uint8_t kind : {kLocation, kSiteHead, uint8_t{0x7f}, kProvider, uint8_t{0xff}}) {
    for (const size_t body_size : {size_t{0}, size_t{1}, Record::kBodyMax}) {
      const Record record = example_record(signer, kind, ~uint64_t{0}, body_size, root);
      const Bytes bytes = encode(record);
      EXPECT_EQ(decode_record(bytes), record);
      EXPECT_LE(bytes.size(), kRecordSizeMax);
    }
  }
}

TEST(RecordTest, RefusesEveryProperPrefixAndOneByteTooMany) {
  for (const uint8_t kind : {kSiteHead, kProvider}) {
    Bytes bytes = encode(example_record(example_identity(), kind));
    for (size_t size = 0; size < bytes.size(); ++size)
      EXPECT_FALSE(decode_record(ByteView(bytes).first(size))) << size;
    bytes.push_back(0);
    EXPECT_FALSE(decode_record(bytes));
  }
}

TEST(RecordTest, RefusesLifetimesAgesAndBodiesOutOfBounds) {
  Record record = documented_site_head();
  record.lifetime_s = 0;
  record.age_s = 0;
  EXPECT_FALSE(decode_record(encode(record)));
  record.lifetime_s = Record::kLifetimeSecondsMax + 1;
  EXPECT_FALSE(decode_record(encode(record)));
  record.lifetime_s = Record::kLifetimeSecondsMax;
  EXPECT_TRUE(decode_record(encode(record)));
  record.age_s = record.lifetime_s;
  EXPECT_TRUE(decode_record(encode(record)));
  ++record.age_s;
  EXPECT_FALSE(decode_record(encode(record)));
  // One byte more than allowed: the size field is at offset 49.
  Bytes bytes = encode(example_record(example_identity(), kSiteHead, 1, Record::kBodyMax));
  bytes.insert(bytes.begin() + 51, 0);
  ++bytes[50];
  EXPECT_FALSE(decode_record(bytes));
}

TEST(RecordTest, LivesAtThePlaceThatKindAndSignerGive) {
  const auto signer = example_identity();
  EXPECT_EQ(example_record(signer, kLocation).position, crypto::position_of(signer.key()));
  EXPECT_NE(example_record(signer, kSiteHead).position, crypto::position_of(signer.key()));
  EXPECT_NE(example_record(signer, kSiteHead).position, example_record(signer, 3).position);
  Position root;
  root.value[0] = 1;
  EXPECT_EQ(example_record(signer, kProvider, 1, 5, root).position, root);
  // An own record says nothing of its position, so it cannot claim another.
  Record moved = example_record(signer, kSiteHead);
  moved.position = root;
  EXPECT_NE(decode_record(encode(moved))->position, root);
}

TEST(RecordTest, IsAuthenticOnlyUnaltered) {
  Position root;
  const Record record = example_record(example_identity(), kProvider, 5, 20, root);
  EXPECT_TRUE(is_authentic(record));
  const auto altered = [&](auto alter) {
    Record other = record;
    alter(other);
    return is_authentic(other);
  };
  EXPECT_FALSE(altered([](Record& other) { other.kind = 0x81; }));
  EXPECT_FALSE(altered([](Record& other) { other.position.value[31] ^= 1; }));
  EXPECT_FALSE(altered([](Record& other) { other.signer = example_identity(1).key(); }));
  EXPECT_FALSE(altered([](Record& other) { ++other.sequence; }));
  EXPECT_FALSE(altered([](Record& other) { ++other.lifetime_s; }));
  EXPECT_FALSE(altered([](Record& other) { other.body[19] ^= 1; }));
  EXPECT_FALSE(altered([](Record& other) { other.body.pop_back(); }));
  EXPECT_FALSE(altered([](Record& other) { other.signature.value[63] ^= 1; }));
  // Age is what holders count.
  EXPECT_TRUE(altered([](Record& other) { other.age_s = 9; }));
}

TEST(RecordTest, IsReplacedByAHigherSequence) {
  const auto signer = example_identity();
  const Record old = example_record(signer, kSiteHead, 1);
  const Record newer = example_record(signer, kSiteHead, 2);
  EXPECT_TRUE(replaces(newer, old));
  EXPECT_FALSE(replaces(old, newer));
  EXPECT_FALSE(replaces(old, old));
}

TEST(RecordTest, OfEqualSequencesExactlyOneReplacesTheOther) {
  const auto signer = example_identity();
  const Record a = example_record(signer, kSiteHead, 1, 5);
  const Record b = example_record(signer, kSiteHead, 1, 6);
  EXPECT_NE(replaces(a, b), replaces(b, a));
}

TEST(RecordTest, VersionsDifferInAnythingSigned) {
  const Record record = documented_site_head();
  Record other = record;
  other.age_s = 5;
  EXPECT_TRUE(is_same_version(record, other));
  other.body[0] ^= 1;
  EXPECT_FALSE(is_same_version(record, other));
  other = record;
  ++other.sequence;
  EXPECT_FALSE(is_same_version(record, other));
}

}  // namespace record_test
}  // namespace starling::directory
