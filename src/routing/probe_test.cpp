#include "routing/probe.h"

#include <gtest/gtest.h>

#include "routing/documented_node.h"
#include "routing/recorded_way.h"

namespace starling::routing {
namespace probe_test {

using documented::bytes_of;
using documented::short_id;

// docs/wire/routing.md#probe shows the same bytes.
constexpr std::string_view kProbeHex = "0a0b0c0d";
constexpr std::string_view kAnswerHex = "0a0b0c0d00003c";

// The packet of an answer from the documented node to the documented asker.
MeshPacket answer_packet(std::vector<Waypoint> waypoints) {
  MeshPacket packet;
  packet.kind = PayloadKind::probe_answer;
  packet.source = documented::node();
  packet.destination = documented::asker();
  packet.waypoints = std::move(waypoints);
  return packet;
}
Waypoint target() { return {short_id_of(documented::asker()), 0}; }
Waypoint landmark() { return {short_id_of(documented::node()), 60}; }

TEST(ProbeTest, WritesAndReadsTheDocumentedBytes) {
  EXPECT_EQ(to_hex(encode(Probe{0x0a0b0c0d})), kProbeHex);
  EXPECT_EQ(decode_probe(bytes_of(kProbeHex))->nonce, 0x0a0b0c0du);
  EXPECT_EQ(to_hex(encode(ProbeAnswer{0x0a0b0c0d, 60})), kAnswerHex);
  const auto answer = decode_probe_answer(bytes_of(kAnswerHex)).value();
  EXPECT_EQ(answer.nonce, 0x0a0b0c0du);
  EXPECT_EQ(answer.cost, 60u);
}

TEST(ProbeTest, RefusesEveryOtherSize) {
  Bytes bytes = bytes_of(kAnswerHex);
  bytes.push_back(0);
  for (size_t size = 0; size <= bytes.size(); ++size) {
    EXPECT_EQ(decode_probe(ByteView(bytes).first(size)).has_value(), size == 4) << size;
    EXPECT_EQ(decode_probe_answer(ByteView(bytes).first(size)).has_value(), size == 7) << size;
  }
}

TEST(ProbeTest, RefusesACostThatNoWayHas) {
  for (const Metric cost : {Metric{0}, kInfinity}) {
    EXPECT_FALSE(decode_probe_answer(encode(ProbeAnswer{1, cost})));
  }
  for (const Metric cost : {Metric{1}, kInfinity - 1}) {
    EXPECT_TRUE(decode_probe_answer(encode(ProbeAnswer{1, cost})));
  }
}

TEST(PathOfTest, IsTheLandmarkAndTheWaypointsOfItsAnswer) {
  const auto path = path_of({1, 60}, answer_packet({{short_id(0xc1), 25}, target()}));
  ASSERT_TRUE(path);
  EXPECT_EQ(path->waypoints, (std::vector<Waypoint>{landmark(), {short_id(0xc1), 25}}));
}

TEST(PathOfTest, ALandmarkThatReachesTheTargetIsAllOfThePath) {
  for (const MeshPacket& packet : {answer_packet({}), answer_packet({target()})}) {
    EXPECT_EQ(path_of({1, 60}, packet)->waypoints, std::vector<Waypoint>{landmark()});
  }
}

TEST(PathOfTest, RefusesWaypointsThatBringThePacketNoNearer) {
  for (const Metric rest : {Metric{60}, Metric{61}, kInfinity}) {
    EXPECT_FALSE(path_of({1, 60}, answer_packet({{short_id(0xc1), rest}, target()}))) << rest;
  }
  EXPECT_FALSE(
      path_of({1, 60}, answer_packet({{short_id(0xc1), 25}, {short_id(0xc2), 25}, target()})));
}

TEST(PathOfTest, RefusesWhatNoAddressHolds) {
  std::vector<Waypoint> waypoints;
  for (size_t count = 1; count <= MeshPacket::kWaypointsMax; ++count) {
    const auto path = path_of({1, 60}, answer_packet(waypoints));
    ASSERT_EQ(path.has_value(), count <= LandmarkPath::kWaypointsMax) << count;
    if (path) {
      Bytes bytes;
      encode(Address{{*path}}, bytes);
      EXPECT_TRUE(decode_address(bytes));
    }
    waypoints.push_back({short_id(static_cast<uint8_t>(count)), static_cast<Metric>(60 - count)});
  }
}

// The packets as the landmark gets and sends them, however little each node on the way knows.
TEST(ProbeTest, NoAnswerIsLargerThanTheProbeThatAskedForIt) {
  for (size_t count = 2; count <= MeshPacket::kRecordedMax; ++count) {
    const Bytes probe_payload = encode(Probe{1});
    MeshPacket probe;
    probe.kind = PayloadKind::probe;
    probe.records = true;
    for (size_t i = 0; i < count; ++i) {
      probe.recorded.push_back({short_id(static_cast<uint8_t>(i)), static_cast<Metric>(i),
                                static_cast<uint8_t>(i == 0 ? 0 : i - 1)});
    }
    probe.payload = probe_payload;
    const Bytes answer_payload = encode(ProbeAnswer{1, 1});
    MeshPacket answer;
    answer.kind = PayloadKind::probe_answer;
    answer.waypoints = shortest_way_back(probe.recorded);
    answer.payload = answer_payload;
    EXPECT_LE(encode(answer).size(), encode(probe).size()) << count;
  }
}

}  // namespace probe_test
}  // namespace starling::routing
