#include "routing/mesh_packet.h"

#include <gtest/gtest.h>

#include "routing/documented_node.h"

namespace starling::routing {
namespace mesh_packet_test {

using documented::bytes_of;
using documented::short_id;

// docs/wire/routing.md#mesh-packet shows the same bytes.
constexpr std::string_view kHeaderHex =
    "20"
    "83"
    "04"
    "007f"
    "00003c"
    "21fe31dfa154a261626bf854046fd227"
    "a0a1a2a3a4a5a6a7a8a9aaabacadaeaf"
    "02"
    "b1b1b1b1b1b1b1b1000028"
    "b2b2b2b2b2b2b2b200000f"
    "01020304"
    "0578"
    "02"
    "a0a1a2a3a4a5a6a700000000"
    "c1c1c1c1c1c1c1c100001900";
constexpr std::string_view kPayloadHex = "68656c6c6f";

// A link's datagram has at most this many bytes (docs/wire/link.md#data).
constexpr size_t kDatagramMax = 8'900;

std::string example_hex() { return std::string(kHeaderHex) + std::string(kPayloadHex); }

MeshPacket example(ByteView payload) {
  MeshPacket packet;
  packet.kind = PayloadKind::echo;
  packet.ttl = 127;
  packet.water = 60;
  packet.destination = documented::node();
  packet.source = documented::asker();
  packet.waypoints = {{short_id(0xb1), 40}, {short_id(0xb2), 15}};
  packet.records = true;
  packet.nonce = 0x01020304;
  packet.room = 1'400;
  packet.recorded = {{short_id_of(documented::asker()), 0}, {short_id(0xc1), 25}};
  packet.payload = payload;
  return packet;
}
// A way of `count` nodes at equal distances.
std::vector<RecordedNode> way_of(size_t count) {
  std::vector<RecordedNode> way;
  for (size_t i = 0; i < count; ++i) {
    way.push_back({short_id(static_cast<uint8_t>(i)), static_cast<Metric>(10 * i)});
  }
  return way;
}
MeshPacket largest(ByteView payload) {
  MeshPacket packet = example(payload);
  packet.waypoints.assign(MeshPacket::kWaypointsMax, {short_id(0xb1), kInfinity});
  packet.recorded = way_of(MeshPacket::kRecordedMax);
  return packet;
}

bool is_read(ByteView bytes) { return decode_mesh_packet(bytes).has_value(); }
bool is_read_with(size_t at, unsigned value) {
  Bytes bytes = bytes_of(example_hex());
  bytes[at] = static_cast<uint8_t>(value);
  return is_read(bytes);
}

TEST(MeshPacketTest, WritesTheDocumentedBytes) {
  EXPECT_EQ(to_hex(encode(example(view_of("hello")))), example_hex());
}

TEST(MeshPacketTest, ReadsTheDocumentedBytes) {
  const Bytes bytes = bytes_of(example_hex());
  const MeshPacket packet = decode_mesh_packet(bytes).value();
  const MeshPacket expected = example({});
  EXPECT_EQ(packet.kind, PayloadKind::echo);
  EXPECT_EQ(packet.rises_left, 3);
  EXPECT_EQ(packet.ttl, 127);
  EXPECT_EQ(packet.water, 60u);
  EXPECT_EQ(packet.destination, expected.destination);
  EXPECT_EQ(packet.source, expected.source);
  EXPECT_EQ(packet.waypoints, expected.waypoints);
  EXPECT_TRUE(packet.records);
  EXPECT_EQ(packet.nonce, 0x01020304u);
  EXPECT_EQ(packet.room, 1'400u);
  EXPECT_EQ(packet.recorded, expected.recorded);
  EXPECT_EQ(text_of(packet.payload), "hello");
}

TEST(MeshPacketTest, BorrowsThePayloadFromTheBytesItWasReadFrom) {
  const Bytes bytes = bytes_of(example_hex());
  const MeshPacket packet = decode_mesh_packet(bytes).value();
  EXPECT_EQ(packet.payload.data(), bytes.data() + bytes.size() - packet.payload.size());
}

TEST(MeshPacketTest, ReadsWhatItWrites) {
  MeshPacket plain;
  plain.rises_left = 0;
  for (const MeshPacket& packet : {plain, example(view_of("x")), largest({})}) {
    const Bytes bytes = encode(packet);
    EXPECT_EQ(to_hex(encode(decode_mesh_packet(bytes).value())), to_hex(bytes));
  }
}

TEST(MeshPacketTest, APacketThatDoesNotRecordCarriesNoNonceAndNoWay) {
  MeshPacket packet = example({});
  const size_t recording = encode(packet).size();
  packet.records = false;
  EXPECT_EQ(encode(packet).size(), recording - (4 + 2 + 1 + 2 * 12));
  EXPECT_TRUE(decode_mesh_packet(encode(packet))->recorded.empty());
}

TEST(MeshPacketTest, RefusesEveryProperPrefixOfTheHeader) {
  const Bytes header = bytes_of(kHeaderHex);
  for (size_t size = 0; size < header.size(); ++size) {
    EXPECT_FALSE(is_read(ByteView(header).first(size))) << size;
  }
  EXPECT_TRUE(is_read(header));
}

TEST(MeshPacketTest, WhateverIsBehindTheHeaderIsPayload) {
  Bytes bytes = bytes_of(kHeaderHex);
  for (size_t size = 0; size <= 16; ++size) {
    EXPECT_EQ(decode_mesh_packet(bytes)->payload.size(), size);
    bytes.push_back(0);
  }
}

TEST(MeshPacketTest, RefusesEveryOtherNumber) {
  for (unsigned number = 0; number < 256; ++number) {
    EXPECT_EQ(is_read_with(0, number), number == 0x20) << number;
  }
}

TEST(MeshPacketTest, RefusesEachReservedFlag) {
  for (unsigned flags = 0x80; flags < 256; ++flags) {
    EXPECT_EQ(is_read_with(1, flags), (flags & 0x7c) == 0) << flags;
  }
  const Bytes plain = encode(MeshPacket{});
  for (unsigned bit = 2; bit < 7; ++bit) {
    Bytes bytes = plain;
    bytes[1] |= static_cast<uint8_t>(1 << bit);
    EXPECT_FALSE(is_read(bytes)) << bit;
  }
}

// A node in the middle need not know what the ends talk about.
TEST(MeshPacketTest, TakesEveryKindOfPayload) {
  for (unsigned kind = 0; kind < 256; ++kind) EXPECT_TRUE(is_read_with(2, kind)) << kind;
}

TEST(MeshPacketTest, RefusesALongerTimeToLiveThanAnybodyStartsWith) {
  for (unsigned high = 0; high < 256; ++high) EXPECT_EQ(is_read_with(3, high), high < 8) << high;
  MeshPacket packet;
  packet.ttl = MeshPacket::kTimeToLive;
  EXPECT_TRUE(is_read(encode(packet)));
  ++packet.ttl;
  EXPECT_FALSE(is_read(encode(packet)));
}

TEST(MeshPacketTest, RefusesMoreWaypointsThanTheLimit) {
  Bytes bytes = encode(MeshPacket{});
  const size_t count_at = bytes.size() - 1;
  bytes.resize(bytes.size() + 255 * 11);
  for (unsigned count = 0; count < 256; ++count) {
    bytes[count_at] = static_cast<uint8_t>(count);
    EXPECT_EQ(is_read(bytes), count <= 32) << count;
  }
}

TEST(MeshPacketTest, RefusesMoreRecordedNodesThanTheLimit) {
  MeshPacket packet;
  packet.records = true;
  Bytes bytes = encode(packet);
  const size_t count_at = bytes.size() - 1;
  bytes.resize(bytes.size() + 255 * 12);
  for (unsigned count = 0; count < 256; ++count) {
    bytes[count_at] = static_cast<uint8_t>(count);
    EXPECT_EQ(is_read(bytes), count <= 64) << count;
  }
}

TEST(MeshPacketTest, RefusesARecordedWayWhoseCostFallsOrIsInfinite) {
  const auto is_read_with_costs = [](Metric first, Metric second) {
    MeshPacket packet = example({});
    packet.recorded = {{short_id(1), first}, {short_id(2), second}};
    return is_read(encode(packet));
  };
  EXPECT_TRUE(is_read_with_costs(7, 8));
  EXPECT_TRUE(is_read_with_costs(7, 7));
  EXPECT_FALSE(is_read_with_costs(7, 6));
  EXPECT_TRUE(is_read_with_costs(0, kInfinity - 1));
  EXPECT_FALSE(is_read_with_costs(0, kInfinity));
}

TEST(MeshPacketTest, RefusesARecordedNodeThatReachesItselfOrALaterOne) {
  for (unsigned reach = 0; reach < 256; ++reach) {
    for (size_t at = 0; at < 3; ++at) {
      MeshPacket packet = example({});
      packet.recorded = way_of(3);
      packet.recorded[at].reach = static_cast<uint8_t>(reach);
      EXPECT_EQ(is_read(encode(packet)), at == 0 ? reach == 0 : reach < at) << at << " " << reach;
    }
  }
}

TEST(MeshPacketTest, TheLongestHeaderLeavesRoomForAFullPayload) {
  EXPECT_EQ(encode(largest({})).size(), 1'168u);
  EXPECT_LE(encode(largest(Bytes(7'700))).size(), kDatagramMax);
}

TEST(MeshPacketTest, AListTooLongToSendIsAProgrammingError) {
  MeshPacket packet = largest({});
  packet.waypoints.emplace_back();
  EXPECT_DEATH(encode(packet), "kWaypointsMax");
  packet = largest({});
  packet.recorded.emplace_back();
  EXPECT_DEATH(encode(packet), "kRecordedMax");
}

}  // namespace mesh_packet_test
}  // namespace starling::routing
