#include "session/packet_header.h"

#include <gtest/gtest.h>

namespace starling::session {
namespace packet_header_test {

TEST(PacketHeaderTest, ReadsTheLongHeaderOfAnInitial) {
  const Bytes bytes = *from_hex(
      "c3"
      "00000001"
      "08"
      "0102030405060708"
      "08"
      "1112131415161718");
  const auto header = PacketHeader::read(bytes);
  ASSERT_TRUE(header);
  EXPECT_TRUE(header->is_long && header->is_initial);
  EXPECT_EQ(header->version, PacketHeader::kQuicVersion1);
  EXPECT_EQ(to_hex(header->destination.view()), "0102030405060708");
  EXPECT_EQ(to_hex(header->source.view()), "1112131415161718");
  for (size_t size = 0; size < bytes.size(); ++size) {
    EXPECT_FALSE(PacketHeader::read(ByteView(bytes).first(size))) << size;
  }
  Bytes handshake = bytes;
  handshake[0] = 0xe3;
  EXPECT_FALSE(PacketHeader::read(handshake)->is_initial);
}

TEST(PacketHeaderTest, RefusesConnectionIdsOfAnotherLength) {
  Bytes bytes = *from_hex(
      "c300000001"
      "080102030405060708"
      "081112131415161718"
      "0000");
  for (const size_t at : {size_t{5}, size_t{14}}) {
    for (const unsigned size : {0u, 7u, 9u, 20u}) {
      Bytes changed = bytes;
      changed[at] = static_cast<uint8_t>(size);
      EXPECT_FALSE(PacketHeader::read(changed)) << at << " " << size;
    }
  }
}

TEST(PacketHeaderTest, ReadsTheShortHeader) {
  const Bytes bytes = *from_hex(
      "43"
      "0102030405060708");
  const auto header = PacketHeader::read(bytes);
  ASSERT_TRUE(header);
  EXPECT_FALSE(header->is_long);
  EXPECT_EQ(to_hex(header->destination.view()), "0102030405060708");
  EXPECT_FALSE(PacketHeader::read(ByteView(bytes).first(8)));
}

}  // namespace packet_header_test
}  // namespace starling::session
