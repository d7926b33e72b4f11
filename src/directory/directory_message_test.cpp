#include "directory/directory_message.h"

#include <gtest/gtest.h>

#include "directory/example_records.h"

namespace starling::directory {
namespace directory_message_test {

constexpr uint8_t kSiteHead = static_cast<uint8_t>(RecordKind::site_head);
constexpr uint8_t kProvider = static_cast<uint8_t>(RecordKind::provider);

NodeId node(uint8_t first) {
  NodeId id;
  for (size_t i = 0; i < id.value.size(); ++i) id.value[i] = static_cast<uint8_t>(first + i);
  return id;
}

std::vector<NodeId> nodes(size_t count) {
  std::vector<NodeId> result;
  for (size_t i = 0; i < count; ++i) result.push_back(node(static_cast<uint8_t>(16 * i)));
  return result;
}

Carried example_carried(size_t payload_size = 3, size_t body_size = 5) {
  Carried carried;
  carried.id = 0x0102030405060708;
  carried.payload_kind = 7;
  carried.payload = Bytes(payload_size, 0xaa);
  carried.sender_location = example_record(example_identity(3), kLocation, 1, body_size);
  return carried;
}

Lookup example_lookup() {
  return {0x01020304, {kSiteHead, documented_site_head().position, 256}, {}, {node(0x10)}, {}};
}

const AskToken kToken{{1, 2, 3, 4, 5, 6, 7, 8}};

// One of each kind, and of each with its optional parts.
std::vector<DirectoryMessage> examples() {
  Lookup carrying{9, location_of_node(node(1)), nodes(2), nodes(3), example_carried()};
  const Record head = documented_site_head();
  const auto provider = [](uint8_t n) {
    return example_record(example_identity(n), kProvider, 1, 2);
  };
  return {
      example_lookup(),
      carrying,
      Lookup{1, {kProvider, {}, 9}, nodes(Lookup::kAvoidMax), nodes(kViaMax), {}},
      LookupAnswer{0x01020304, 0, {head}, {}},
      LookupAnswer{0x01020304, 0, {}, {node(0x30)}},
      LookupAnswer{4, 45, {provider(1), provider(2), provider(3)}, {}},
      Put{5, nodes(2), head},
      Put{5, nodes(kViaMax), provider(1)},
      PutAnswer{6, 8},
      PassedOn{7},
      Replica{head},
      Greeting{example_record(example_identity(3), kLocation)},
      CarriedDelivery{example_carried()},
      Digest{kToken, {tag_of(head)}},
      Want{kToken, {tag_of(head)}},
      Want{kToken, {}},
  };
}

// docs/wire/directory.md#example shows the same bytes.
TEST(DirectoryMessageTest, WritesTheDocumentedBytes) {
  const Bytes lookup = encode(example_lookup());
  EXPECT_EQ(lookup.size(), 608u);
  EXPECT_EQ(to_hex(ByteView(lookup).first(67)),
            "0101020304"
            "02"
            "e354397d05134265a949f49ffe20dbf1145f5c731134950021daebd741b464e8"
            "0100"
            "0000000000000000"
            "00"
            "01101112131415161718191a1b1c1d1e1f"
            "00");
  const Record head = documented_site_head();
  EXPECT_EQ(to_hex(encode(LookupAnswer{0x01020304, 0, {head}, {}})),
            "0201020304"
            "00"
            "00"
            "01" +
                to_hex(encode(head)));
  EXPECT_EQ(to_hex(encode(LookupAnswer{0x01020304, 0, {}, {node(0x30)}})),
            "0201020304"
            "00"
            "01303132333435363738393a3b3c3d3e3f"
            "00");
  EXPECT_EQ(to_hex(encode(Digest{kToken, {tag_of(head)}})), "090102030405060708019b4e3c27acf361b3");
  EXPECT_EQ(to_hex(encode(Want{kToken, {tag_of(head)}})), "0a0102030405060708019b4e3c27acf361b3");
  EXPECT_EQ(to_hex(encode(PassedOn{0x01020304})), "0501020304");
  EXPECT_EQ(to_hex(encode(PutAnswer{0x01020304, 8})), "040102030408");
}

TEST(DirectoryMessageTest, ReadsWhatItWrites) {
  for (const DirectoryMessage& message : examples()) {
    const Bytes bytes = encode(message);
    const auto read = decode_directory_message(bytes);
    ASSERT_TRUE(read) << message.index();
    EXPECT_EQ(read->index(), message.index());
    EXPECT_EQ(to_hex(encode(*read)), to_hex(bytes)) << message.index();
  }
}

TEST(DirectoryMessageTest, RefusesEveryProperPrefixAndOneByteTooMany) {
  for (const DirectoryMessage& message : examples()) {
    Bytes bytes = encode(message);
    for (size_t size = 0; size < bytes.size(); ++size) {
      EXPECT_FALSE(decode_directory_message(ByteView(bytes).first(size)))
          << message.index() << " " << size;
    }
    bytes.push_back(0);
    EXPECT_FALSE(decode_directory_message(bytes)) << message.index();
  }
}

TEST(DirectoryMessageTest, RefusesUnassignedNumbers) {
  Bytes bytes = encode(Want{kToken, {}});
  for (int number = 0; number < 256; ++number) {
    bytes[0] = static_cast<uint8_t>(number);
    EXPECT_EQ(decode_directory_message(bytes).has_value(), number == 10) << number;
  }
  EXPECT_FALSE(decode_directory_message({}));
}

TEST(DirectoryMessageTest, RefusesALookupWithImpossibleFields) {
  const Bytes good = encode(example_lookup());
  ASSERT_TRUE(decode_directory_message(good));
  const auto refused = [&](size_t offset, uint8_t value) {
    Bytes bytes = good;
    bytes[offset] = value;
    return !decode_directory_message(bytes);
  };
  EXPECT_TRUE(refused(38, 0)) << "no prefix at all";
  EXPECT_TRUE(refused(39, 1)) << "257 bits";
  EXPECT_TRUE(refused(48, Lookup::kAvoidMax + 1));
  EXPECT_TRUE(refused(49, 0)) << "nobody asked";
  EXPECT_TRUE(refused(49, kViaMax + 1));
  EXPECT_TRUE(refused(66, 2)) << "carried: yes, no or what";
  EXPECT_TRUE(refused(66, 1)) << "carried to a site";
  EXPECT_TRUE(refused(67, 1)) << "padding";
  EXPECT_TRUE(refused(607, 1)) << "padding";
  EXPECT_TRUE(refused(5, kProvider)) << "padded too little for gathered records";
}

TEST(DirectoryMessageTest, ALeastSequenceIsForOwnKindsOnly) {
  Lookup lookup = example_lookup();
  lookup.target.sequence_min = 7;
  const auto read = decode_directory_message(encode(lookup));
  ASSERT_TRUE(read);
  EXPECT_EQ(std::get<Lookup>(*read).target.sequence_min, 7u);
  const Record head = documented_site_head();
  EXPECT_TRUE(matches(lookup.target, head));
  lookup.target.sequence_min = 8;
  EXPECT_FALSE(matches(lookup.target, head));
  lookup.target.kind = kProvider;
  EXPECT_FALSE(decode_directory_message(encode(lookup)));
}

TEST(DirectoryMessageTest, RefusesACarriedPacketWithoutOneDestinationOrALocation) {
  Lookup lookup{9, location_of_node(node(1)), {}, nodes(1), example_carried()};
  EXPECT_TRUE(decode_directory_message(encode(lookup)));
  lookup.target.prefix_bits = 127;
  EXPECT_FALSE(decode_directory_message(encode(lookup)));
  lookup.target.prefix_bits = 128;
  lookup.carried->sender_location = documented_site_head();
  EXPECT_FALSE(decode_directory_message(encode(lookup)));
  EXPECT_FALSE(decode_directory_message(encode(CarriedDelivery{*lookup.carried})));
  EXPECT_FALSE(decode_directory_message(encode(Greeting{documented_site_head()})));
}

TEST(DirectoryMessageTest, RefusesACarriedPayloadThatIsTooLong) {
  Bytes bytes = encode(CarriedDelivery{example_carried(Carried::kPayloadMax)});
  EXPECT_TRUE(decode_directory_message(bytes));
  bytes.insert(bytes.begin() + 12, 0);
  ++bytes[11];
  EXPECT_FALSE(decode_directory_message(bytes));
}

TEST(DirectoryMessageTest, RefusesAnAnswerThatIsNeitherYesNorNo) {
  EXPECT_FALSE(
      decode_directory_message(encode(LookupAnswer{1, 0, {documented_site_head()}, {node(1)}})));
  EXPECT_FALSE(decode_directory_message(encode(LookupAnswer{1, 3, {}, {}})));
  EXPECT_TRUE(decode_directory_message(encode(LookupAnswer{1, 0, {}, {}})));
  Bytes bytes = encode(LookupAnswer{1, 0, {}, {}});
  bytes[7] = LookupAnswer::kRecordsMax + 1;
  EXPECT_FALSE(decode_directory_message(bytes));
}

TEST(DirectoryMessageTest, RefusesADigestOfNothingAndTooManyTags) {
  EXPECT_FALSE(decode_directory_message(encode(Digest{kToken, {}})));
  std::vector<RecordTag> tags(kTagsMax);
  Bytes bytes = encode(Want{kToken, tags});
  EXPECT_TRUE(decode_directory_message(bytes));
  ++bytes[9];
  bytes.resize(bytes.size() + RecordTag::kSize);
  EXPECT_FALSE(decode_directory_message(bytes));
}

TEST(DirectoryMessageTest, TheLargestOfEachKindFitsAMeshPacket) {
  const auto signer = example_identity();
  const Record largest = example_record(signer, kProvider, 1, Record::kBodyMax);
  const Carried carried = example_carried(Carried::kPayloadMax, Record::kBodyMax);
  const std::vector<DirectoryMessage> messages = {
      Lookup{1, location_of_node(node(1)), nodes(Lookup::kAvoidMax), nodes(kViaMax), carried},
      Put{1, nodes(kViaMax), largest},
      Replica{largest},
      CarriedDelivery{carried},
      Digest{kToken, std::vector<RecordTag>(kTagsMax)},
  };
  for (const auto& message : messages) {
    const Bytes bytes = encode(message);
    EXPECT_LE(bytes.size(), kMessageSizeMax) << message.index();
    EXPECT_TRUE(decode_directory_message(bytes)) << message.index();
  }
}

TEST(DirectoryMessageTest, AnAnswerWithTheLargestOwnRecordIsNoLargerThanItsLookup) {
  const Record largest = example_record(example_identity(), kSiteHead, 1, Record::kBodyMax);
  EXPECT_LE(encode(LookupAnswer{1, 45, {largest}, {}}).size(), encode(example_lookup()).size());
}

TEST(DirectoryMessageTest, EightGatheredRecordsWithBodiesOf18BytesFitOneAnswer) {
  LookupAnswer answer;
  for (uint8_t n = 0; n < LookupAnswer::kRecordsMax; ++n)
    answer.records.push_back(example_record(example_identity(n), kProvider, 1, 18));
  EXPECT_LE(encode(answer).size(), Lookup::padded_size(kProvider));
}

TEST(TargetTest, MatchesThePrefixAndNothingElse) {
  const Record record = documented_site_head();
  for (size_t bits = 1; bits <= 256; ++bits) {
    Target target{kSiteHead, record.position, static_cast<uint16_t>(bits)};
    EXPECT_TRUE(matches(target, record)) << bits;
    // The last bit that counts.
    target.position.value[(bits - 1) / 8] ^= static_cast<uint8_t>(0x80u >> ((bits - 1) % 8));
    EXPECT_FALSE(matches(target, record)) << bits;
    if (bits == 256) continue;
    // And the first that does not.
    target.position = record.position;
    target.position.value[bits / 8] ^= static_cast<uint8_t>(0x80u >> (bits % 8));
    EXPECT_TRUE(matches(target, record)) << bits;
  }
  EXPECT_FALSE(matches({kLocation, record.position, 256}, record));
}

TEST(TargetTest, ANodesLocationMatchesItsId) {
  const auto identity = example_identity();
  const Record location = example_record(identity, kLocation);
  EXPECT_TRUE(matches(location_of_node(crypto::node_id_of(identity.key())), location));
  EXPECT_FALSE(matches(location_of_node(node(1)), location));
}

}  // namespace directory_message_test
}  // namespace starling::directory
