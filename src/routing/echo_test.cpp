#include "routing/echo.h"

#include <gtest/gtest.h>

#include "routing/documented_node.h"

namespace starling::routing {
namespace echo_test {

using documented::bytes_of;
using documented::short_id;

// docs/wire/routing.md#echo shows the same bytes.
constexpr std::string_view kQuestionHex = "0102030405060708";  // and 248 zeros
constexpr std::string_view kAnswerHex =
    "0102030405060708"
    "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a"
    "a186ca8ae283c07875bfde3b3da138e705256874a2876cd19fe887c14c7e58ec"
    "148e0d70df0452da231ac4c5a607387f4bb792070580f2b04b640cb912ac5706"
    "03"
    "a0a1a2a3a4a5a6a7000000"
    "c1c1c1c1c1c1c1c1000019"
    "21fe31dfa154a26100003c";
constexpr size_t kSignedFieldsSize = 8 + 32 + 64;

const Echo kQuestion{0x0102030405060708};

std::vector<RecordedNode> example_way() {
  return {{short_id_of(documented::asker()), 0},
          {short_id(0xc1), 25},
          {short_id_of(documented::node()), 60}};
}
EchoAnswer example() {
  return answer_echo(kQuestion, documented::identity(), documented::asker(), example_way());
}
std::vector<RecordedNode> way_of(size_t count) {
  std::vector<RecordedNode> way;
  for (size_t i = 0; i < count; ++i) {
    way.push_back({short_id(static_cast<uint8_t>(i)), static_cast<Metric>(i)});
  }
  return way;
}

TEST(EchoTest, WritesTheDocumentedBytes) {
  Bytes question = bytes_of(kQuestionHex);
  question.resize(256);
  EXPECT_EQ(encode(kQuestion), question);
  EXPECT_EQ(to_hex(encode(example())), kAnswerHex);
}

TEST(EchoTest, ReadsWhatItWrites) {
  EXPECT_EQ(decode_echo(encode(kQuestion))->nonce, kQuestion.nonce);
  const auto answer = decode_echo_answer(bytes_of(kAnswerHex)).value();
  EXPECT_EQ(answer.nonce, kQuestion.nonce);
  EXPECT_EQ(answer.key, documented::identity().key());
  EXPECT_EQ(answer.signature, example().signature);
  EXPECT_EQ(answer.way, example_way());
}

TEST(EchoTest, RefusesAQuestionOfAnyOtherSize) {
  Bytes bytes = encode(kQuestion);
  for (size_t size = 0; size < bytes.size(); ++size) {
    EXPECT_FALSE(decode_echo(ByteView(bytes).first(size))) << size;
  }
  bytes.push_back(0);
  EXPECT_FALSE(decode_echo(bytes));
}

TEST(EchoTest, RefusesPaddingThatIsNotZero) {
  for (size_t at = 8; at < Echo::kSize; ++at) {
    Bytes bytes = encode(kQuestion);
    bytes[at] = 1;
    EXPECT_FALSE(decode_echo(bytes)) << at;
  }
}

TEST(EchoAnswerTest, RefusesEveryProperPrefixAndOneByteTooMany) {
  Bytes bytes = bytes_of(kAnswerHex);
  for (size_t size = 0; size < bytes.size(); ++size) {
    EXPECT_FALSE(decode_echo_answer(ByteView(bytes).first(size))) << size;
  }
  bytes.push_back(0);
  EXPECT_FALSE(decode_echo_answer(bytes));
}

TEST(EchoAnswerTest, RefusesALongerWayThanTheQuestionHasRoomFor) {
  Bytes bytes(kSignedFieldsSize + 1 + 255 * 11);
  for (unsigned count = 0; count < 256; ++count) {
    bytes.resize(kSignedFieldsSize + 1 + count * 11);
    bytes[kSignedFieldsSize] = static_cast<uint8_t>(count);
    EXPECT_EQ(decode_echo_answer(bytes).has_value(), count <= 13) << count;
  }
}

TEST(EchoAnswerTest, IsNeverLargerThanTheQuestion) {
  for (size_t count = 0; count <= MeshPacket::kRecordedMax; ++count) {
    const EchoAnswer answer =
        answer_echo(kQuestion, documented::identity(), documented::asker(), way_of(count));
    EXPECT_LE(encode(answer).size(), encode(kQuestion).size()) << count;
    EXPECT_TRUE(decode_echo_answer(encode(answer))) << count;
  }
}

TEST(EchoAnswerTest, ThinsALongWayInTheMiddleAndKeepsBothEnds) {
  for (size_t count = 1; count <= MeshPacket::kRecordedMax; ++count) {
    const auto way = way_of(count);
    const auto answered =
        answer_echo(kQuestion, documented::identity(), documented::asker(), way).way;
    EXPECT_EQ(answered.size(), std::min<size_t>(count, 13));
    EXPECT_EQ(answered.front(), way.front());
    EXPECT_EQ(answered.back(), way.back());
    EXPECT_TRUE(std::is_sorted(
        answered.begin(), answered.end(),
        [](const RecordedNode& a, const RecordedNode& b) { return a.so_far < b.so_far; }));
  }
}

TEST(EchoAnswerTest, IsAuthenticForWhoAsked) {
  EXPECT_TRUE(is_authentic(example(), documented::asker()));
}

TEST(EchoAnswerTest, IsWorthNothingToAnyoneElse) {
  EXPECT_FALSE(is_authentic(example(), documented::node()));
}

TEST(EchoAnswerTest, IsNotAuthenticWithAnyBitOfNonceKeyOrSignatureAltered) {
  Bytes bytes = bytes_of(kAnswerHex);
  for (size_t bit = 0; bit < kSignedFieldsSize * 8; ++bit) {
    bytes[bit / 8] ^= static_cast<uint8_t>(1 << bit % 8);
    const auto altered = decode_echo_answer(bytes);
    EXPECT_FALSE(altered && is_authentic(*altered, documented::asker())) << bit;
    bytes[bit / 8] ^= static_cast<uint8_t>(1 << bit % 8);
  }
}

// It was made by those on the way, who could have lied to the answering node as well.
TEST(EchoAnswerTest, DoesNotVouchForTheWay) {
  EchoAnswer answer = example();
  answer.way.clear();
  EXPECT_TRUE(is_authentic(answer, documented::asker()));
}

TEST(EchoAnswerTest, AWayTooLongToSendIsAProgrammingError) {
  EchoAnswer answer = example();
  answer.way = way_of(14);
  EXPECT_DEATH(encode(answer), "kWayMax");
}

}  // namespace echo_test
}  // namespace starling::routing
