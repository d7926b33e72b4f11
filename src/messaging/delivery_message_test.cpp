#include "messaging/delivery_message.h"

#include <gtest/gtest.h>

#include "directory/example_records.h"

namespace starling::messaging {
namespace delivery_message_test {

std::vector<DeliveryMessage> examples() {
  space::EntryId id;
  id.value.fill(9);
  crypto::Signature signature;
  signature.value.fill(8);
  crypto::AccountKey to;
  to.value.fill(7);
  return {Hello{to, directory::documented_site_head()}, Handover{{1, 2, 3}},
          Received{id, signature}, Refused{id, Refused::Reason::unwelcome}};
}

// docs/wire/messages.md#delivery shows the same bytes.
TEST(DeliveryMessageTest, WritesTheDocumentedBytes) {
  const auto times = [](const std::string& byte, int count) {
    std::string hex;
    for (int i = 0; i < count; ++i) hex += byte;
    return hex;
  };
  const auto all = examples();
  EXPECT_EQ(to_hex(encode(all[1])), "02000003010203");
  EXPECT_EQ(to_hex(encode(all[2])), "03000060" + times("09", 32) + times("08", 64));
  EXPECT_EQ(to_hex(encode(all[3])), "04000021" + times("09", 32) + "02");
  const std::string hello = to_hex(encode(all[0]));
  EXPECT_TRUE(hello.starts_with("010000")) << hello;
  EXPECT_EQ(hello.substr(8, 64), times("07", 32));
  EXPECT_EQ(hello.substr(72), to_hex(directory::encode(directory::documented_site_head())));
}

TEST(DeliveryMessageTest, IsReadInAnyPieces) {
  Bytes bytes;
  for (const auto& message : examples()) append(bytes, encode(message));
  for (size_t step = 1; step <= bytes.size(); ++step) {
    DeliveryReader reader;
    std::vector<DeliveryMessage> read;
    for (size_t at = 0; at < bytes.size(); at += step) {
      ASSERT_TRUE(reader.take(ByteView(bytes).subspan(at, std::min(step, bytes.size() - at))));
      while (auto message = reader.poll()) read.push_back(std::move(*message));
    }
    EXPECT_EQ(read, examples()) << step;
  }
}

TEST(DeliveryMessageTest, RefusesWhatCannotBe) {
  const auto is_taken = [](const std::string& hex) {
    DeliveryReader reader;
    return reader.take(*from_hex(hex));
  };
  EXPECT_TRUE(is_taken("0200000101"));
  EXPECT_FALSE(is_taken("0000000101")) << "no such type";
  EXPECT_FALSE(is_taken("0500000101"));
  EXPECT_FALSE(is_taken("02000000")) << "empty";
  EXPECT_FALSE(is_taken("02ffffff")) << "too long for an entry";
  EXPECT_FALSE(is_taken("04000022")) << "too long for a refusal";
  EXPECT_FALSE(is_taken("04000021" + std::string(64, '0') + "00")) << "no reason";
  EXPECT_FALSE(is_taken("04000021" + std::string(64, '0') + "05"));
  EXPECT_FALSE(is_taken("0300000100")) << "too short";
}

TEST(DeliveryMessageTest, NobodyFillsTheReader) {
  DeliveryReader reader;
  const Bytes one = encode(Handover{{1}});
  bool good = true;
  size_t taken = 0;
  for (; good && taken < 100; ++taken) good = reader.take(one);
  EXPECT_FALSE(good);
  EXPECT_LE(taken, kEntriesAhead + 2);
}

TEST(DeliveryMessageTest, AReceiptIsByTheDeviceAndForTheEntry) {
  const crypto::Identity device = directory::example_identity(3);
  space::EntryId id;
  id.value.fill(1);
  Received receipt = receipt_for(id, device);
  EXPECT_TRUE(is_authentic(receipt, device.key()));
  EXPECT_FALSE(is_authentic(receipt, directory::example_identity(4).key()));
  receipt.entry.value.fill(2);
  EXPECT_FALSE(is_authentic(receipt, device.key()));
}

}  // namespace delivery_message_test
}  // namespace starling::messaging
