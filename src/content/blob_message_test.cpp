#include "content/blob_message.h"

#include <gtest/gtest.h>

#include "base/rng.h"
#include "content/example_blob.h"

namespace starling::content {
namespace blob_message_test {

BlobId id_of_size(uint64_t size) {
  BlobId id;
  for (size_t i = 0; i < 32; ++i) id.root.value[i] = static_cast<uint8_t>(i);
  id.size = size;
  return id;
}
const GetRequest kGet{id_of_size(0x012345), 2, 3};

// docs/wire/content.md#example shows the same bytes.
TEST(BlobMessageTest, WritesTheDocumentedBytes) {
  const std::string root = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f";
  EXPECT_EQ(to_hex(encode(HaveRequest{id_of_size(0x012345)})), "01" + root + "000000012345");
  EXPECT_EQ(to_hex(encode(kGet)), "02" + root + "000000012345" + "00000000000203");
  ChunkSet chunks(10);
  chunks.add(0);
  chunks.add(9);
  EXPECT_EQ(to_hex(encode_have_answer(&chunks)), "028040");
  EXPECT_EQ(to_hex(encode_have_answer(nullptr)), "00");
  const ChunkSet all(10, true);
  EXPECT_EQ(to_hex(encode_have_answer(&all)), "01");
  EXPECT_EQ(to_hex(encode_get_refusal(GetStatus::busy)), "02");
  EXPECT_EQ(to_hex(encode_get_head(std::vector<Digest>(1), std::vector<Digest>(1))),
            "0101" + std::string(128, '0'));
}

TEST(BlobMessageTest, ReadsRequestsInAnyPieces) {
  Bytes bytes = encode(HaveRequest{id_of_size(5)});
  append(bytes, encode(kGet));
  for (size_t step = 1; step < bytes.size(); ++step) {
    RequestReader reader;
    for (size_t at = 0; at < bytes.size(); at += step)
      EXPECT_TRUE(reader.take(ByteView(bytes).subspan(at, std::min(step, bytes.size() - at))));
    EXPECT_EQ(std::get<HaveRequest>(*reader.poll()).blob, id_of_size(5));
    EXPECT_EQ(std::get<GetRequest>(*reader.poll()), kGet);
    EXPECT_FALSE(reader.poll());
  }
}

TEST(BlobMessageTest, RefusesRequestsThatCannotBe) {
  const auto is_taken = [](const GetRequest& request) {
    RequestReader reader;
    return reader.take(encode(request));
  };
  const uint64_t size = 3 * crypto::kChunkSize + 1;
  EXPECT_TRUE(is_taken({id_of_size(size), 0, 64}));
  EXPECT_TRUE(is_taken({id_of_size(size), 192, 1}));
  EXPECT_FALSE(is_taken({id_of_size(size), 192, 2})) << "behind the end";
  EXPECT_FALSE(is_taken({id_of_size(size), 193, 1}));
  EXPECT_FALSE(is_taken({id_of_size(size), 1, 64})) << "of two chunks";
  EXPECT_FALSE(is_taken({id_of_size(size), 0, 0}));
  EXPECT_FALSE(is_taken({id_of_size(0), 0, 1}));
  RequestReader unknown;
  EXPECT_FALSE(unknown.take(Bytes{3}));
  EXPECT_FALSE(unknown.take(encode(kGet))) << "broken for good";
}

TEST(BlobMessageTest, BoundsTheRequestsThatWait) {
  RequestReader reader;
  for (size_t i = 0; i < kRequestsMax; ++i) EXPECT_TRUE(reader.take(encode(kGet)));
  EXPECT_FALSE(reader.take(encode(kGet)));
}

TEST(BlobMessageTest, ReadsAnswersInAnyPieces) {
  const ExampleBlob blob(2 * crypto::kChunkSize + 20'000);
  const GetRequest get{blob.id, crypto::kChunkLeaves * 2, 2};
  Bytes bytes = encode_have_answer(nullptr);
  append(bytes, encode_get_refusal(GetStatus::not_here));
  append(bytes, blob.answer(get));
  Rng rng(1);
  for (int round = 0; round < 20; ++round) {
    AnswerReader reader;
    reader.expect(HaveRequest{blob.id});
    reader.expect(get);
    reader.expect(get);
    for (size_t at = 0; at < bytes.size();) {
      const size_t size = std::min<size_t>(1 + rng.below(9'000), bytes.size() - at);
      ASSERT_TRUE(reader.take(ByteView(bytes).subspan(at, size)));
      at += size;
    }
    EXPECT_FALSE(std::get<AnswerReader::Have>(*reader.poll()).chunks);
    EXPECT_EQ(std::get<AnswerReader::Refused>(*reader.poll()).status, GetStatus::not_here);
    const auto head = std::get<AnswerReader::Head>(*reader.poll());
    EXPECT_EQ(head.leaves, blob.leaves_of(2));
    EXPECT_EQ(head.uncles, *blob.tree->uncles_of(2));
    for (uint64_t i = 0; i < 2; ++i) {
      const auto leaf = std::get<AnswerReader::Leaf>(*reader.poll());
      EXPECT_EQ(leaf.leaf, get.first + i);
      EXPECT_TRUE(same_bytes(leaf.bytes, blob.leaf(get.first + i)));
      EXPECT_EQ(leaf.last, i == 1);
    }
    EXPECT_FALSE(reader.poll());
    EXPECT_EQ(reader.expected(), 0u);
  }
}

TEST(BlobMessageTest, RefusesAnswersThatCannotBe) {
  const ExampleBlob blob(crypto::kChunkSize + 20'000);
  const GetRequest get{blob.id, 0, 1};
  const auto is_taken = [&](const BlobRequest& request, const Bytes& bytes) {
    AnswerReader reader;
    reader.expect(request);
    return reader.take(bytes);
  };
  EXPECT_TRUE(is_taken(get, {0}));
  EXPECT_FALSE(is_taken(get, {3})) << "unknown status";
  EXPECT_FALSE(is_taken(get, {0, 0})) << "nobody asked for more";
  EXPECT_TRUE(is_taken(HaveRequest{blob.id}, {2, 0x80}));
  EXPECT_FALSE(is_taken(HaveRequest{blob.id}, {2, 0x00})) << "nothing is another status";
  EXPECT_FALSE(is_taken(HaveRequest{blob.id}, {2, 0xc0})) << "all is another status";
  EXPECT_FALSE(is_taken(HaveRequest{blob.id}, {2, 0x90})) << "a chunk behind the end";
  EXPECT_FALSE(is_taken(HaveRequest{blob.id}, {3}));
  EXPECT_FALSE(is_taken(HaveRequest{id_of_size(kPartialSizeMax + 1)}, {2}));
  Bytes answer = blob.answer(get);
  answer[1] = 2;  // two uncles, where there is one
  EXPECT_FALSE(is_taken(get, answer));
}

}  // namespace blob_message_test
}  // namespace starling::content
