#include "routing/probe.h"

#include <gtest/gtest.h>

#include "routing/documented_node.h"
#include "routing/handmade_table.h"

namespace starling::routing {
namespace probe_test {

using documented::bytes_of;
using documented::short_id;

// docs/wire/routing.md#probe shows the same bytes.
constexpr std::string_view kProbeHex = "0a0b0c0d";  // and 92 zeros
constexpr std::string_view kAnswerHex =
    "0a0b0c0d"
    "a0a1a2a3a4a5a6a7a8a9aaabacadaeaf"
    "04"
    "a0a1a2a3a4a5a6a7000000"
    "c1c1c1c1c1c1c1c1000019"
    "c2c2c2c2c2c2c2c2000028"
    "d1d1d1d1d1d1d1d100003c"
    "02"
    "03"
    "01";
constexpr size_t kWayAt = 4 + 16;
constexpr size_t kChosenAt = kWayAt + 1 + 4 * 11;

ProbeAnswer example() {
  ProbeAnswer answer;
  answer.nonce = 0x0a0b0c0d;
  answer.target = documented::asker();
  answer.way = {{short_id_of(documented::asker()), 0},
                {short_id(0xc1), 25},
                {short_id(0xc2), 40},
                {short_id(0xd1), 60}};
  answer.chosen = {3, 1};
  return answer;
}
bool is_read(const ProbeAnswer& answer) { return decode_probe_answer(encode(answer)).has_value(); }
bool is_read_with_chosen(std::vector<uint8_t> chosen) {
  ProbeAnswer answer = example();
  answer.chosen = std::move(chosen);
  return is_read(answer);
}

TEST(ProbeTest, WritesTheDocumentedBytes) {
  Bytes probe = bytes_of(kProbeHex);
  probe.resize(96);
  EXPECT_EQ(encode(Probe{0x0a0b0c0d}), probe);
  EXPECT_EQ(to_hex(encode(example())), kAnswerHex);
}

TEST(ProbeTest, ReadsWhatItWrites) {
  EXPECT_EQ(decode_probe(encode(Probe{0x0a0b0c0d}))->nonce, 0x0a0b0c0du);
  const auto answer = decode_probe_answer(bytes_of(kAnswerHex)).value();
  EXPECT_EQ(answer.nonce, 0x0a0b0c0du);
  EXPECT_EQ(answer.target, documented::asker());
  EXPECT_EQ(answer.way, example().way);
  EXPECT_EQ(answer.chosen, example().chosen);
}

TEST(ProbeTest, RefusesAProbeOfAnyOtherSize) {
  Bytes bytes = encode(Probe{1});
  for (size_t size = 0; size < bytes.size(); ++size) {
    EXPECT_FALSE(decode_probe(ByteView(bytes).first(size))) << size;
  }
  bytes.push_back(0);
  EXPECT_FALSE(decode_probe(bytes));
}

TEST(ProbeTest, RefusesPaddingThatIsNotZero) {
  for (size_t at = 4; at < Probe::kSize; ++at) {
    Bytes bytes = encode(Probe{1});
    bytes[at] = 0x80;
    EXPECT_FALSE(decode_probe(bytes)) << at;
  }
}

TEST(ProbeAnswerTest, RefusesEveryProperPrefixAndOneByteTooMany) {
  Bytes bytes = bytes_of(kAnswerHex);
  for (size_t size = 0; size < bytes.size(); ++size) {
    EXPECT_FALSE(decode_probe_answer(ByteView(bytes).first(size))) << size;
  }
  bytes.push_back(0);
  EXPECT_FALSE(decode_probe_answer(bytes));
}

TEST(ProbeAnswerTest, RefusesAnEmptyWayAndALongerOneThanAPacketRecords) {
  for (size_t count = 0; count < 256; ++count) {
    Bytes bytes(kWayAt + 1 + count * 11 + 2);
    bytes[kWayAt] = static_cast<uint8_t>(count);
    bytes[bytes.size() - 2] = 1;
    bytes.back() = static_cast<uint8_t>(count - 1);
    EXPECT_EQ(decode_probe_answer(bytes).has_value(), count >= 1 && count <= 64) << count;
  }
}

TEST(ProbeAnswerTest, RefusesACostThatFallsAlongTheWayOrIsInfinite) {
  const auto is_read_with_costs = [](Metric third, Metric last) {
    ProbeAnswer answer = example();
    answer.way[2].so_far = third;
    answer.way[3].so_far = last;
    return is_read(answer);
  };
  EXPECT_TRUE(is_read_with_costs(25, 25));
  EXPECT_FALSE(is_read_with_costs(24, 60));
  EXPECT_FALSE(is_read_with_costs(40, 39));
  EXPECT_TRUE(is_read_with_costs(40, kInfinity - 1));
  EXPECT_FALSE(is_read_with_costs(40, kInfinity));
}

TEST(ProbeAnswerTest, RefusesChosenNodesThatDoNotLeadFromTheLandmarkTowardsTheTarget) {
  EXPECT_TRUE(is_read_with_chosen({3}));
  EXPECT_TRUE(is_read_with_chosen({3, 2, 1, 0}));
  EXPECT_FALSE(is_read_with_chosen({}));
  EXPECT_FALSE(is_read_with_chosen({2}));
  EXPECT_FALSE(is_read_with_chosen({2, 1}));
  EXPECT_FALSE(is_read_with_chosen({3, 3}));
  EXPECT_FALSE(is_read_with_chosen({3, 1, 2}));
  EXPECT_FALSE(is_read_with_chosen({3, 2, 1, 0, 0}));
  for (unsigned index = 4; index < 256; ++index) {
    EXPECT_FALSE(is_read_with_chosen({static_cast<uint8_t>(index)})) << index;
    EXPECT_FALSE(is_read_with_chosen({3, static_cast<uint8_t>(index)})) << index;
  }
}

TEST(ProbeAnswerTest, RefusesMoreChosenNodesThanTheWayHas) {
  Bytes bytes = bytes_of(kAnswerHex);
  bytes.resize(kChosenAt + 1 + 255);
  for (unsigned count = 5; count < 256; ++count) {
    bytes[kChosenAt] = static_cast<uint8_t>(count);
    EXPECT_FALSE(decode_probe_answer(ByteView(bytes).first(kChosenAt + 1 + count))) << count;
  }
}

// The packets as the landmark gets and sends them, headers and recorded ways included.
TEST(ProbeAnswerTest, IsNeverLargerThanTheProbeThatAskedForIt) {
  for (size_t count = 2; count <= MeshPacket::kRecordedMax; ++count) {
    const Bytes probe_payload = encode(Probe{1});
    MeshPacket probe;
    probe.kind = PayloadKind::probe;
    probe.records = true;
    probe.recorded.resize(count);
    probe.payload = probe_payload;
    ProbeAnswer answer;
    answer.way = probe.recorded;
    answer.chosen = {static_cast<uint8_t>(count - 1)};
    const Bytes answer_payload = encode(answer);
    MeshPacket reply;
    reply.kind = PayloadKind::probe_answer;
    reply.records = true;
    reply.recorded.resize(1);
    reply.payload = answer_payload;
    EXPECT_LE(encode(reply).size(), encode(probe).size()) << count;
  }
}

// A way from the target over three nodes to the landmark, at the costs 0, 10, 20, 30 and 40. The answer is at the
// landmark, which reaches the nodes at the given distances; 0 means not at all.
struct AtTheLandmark {
  explicit AtTheLandmark(std::array<Metric, 4> distances) {
    for (size_t i = 0; i < 4; ++i) {
      // What the table does not hold has an id that it has never seen.
      ids[i] = distances[i] > 0 ? table.add(distances[i]) : crypto::NodeId{{uint8_t(i + 1)}};
      answer.way.push_back({short_id_of(ids[i]), static_cast<Metric>(10 * i)});
    }
    answer.target = ids[0];
    answer.way.push_back({short_id(0xd1), 40});
    answer.chosen = {4};
  }
  std::optional<crypto::NodeId> next() { return next_for(answer, table.table()); }

  HandmadeTable table;
  std::array<crypto::NodeId, 4> ids;
  ProbeAnswer answer;
};

TEST(NextForTest, ATargetWithinReachIsNextAndNoWaypointIsNeeded) {
  AtTheLandmark landmark({40, 30, 20, 10});
  EXPECT_EQ(landmark.next(), landmark.ids[0]);
  EXPECT_EQ(landmark.answer.chosen, std::vector<uint8_t>{4});
}

TEST(NextForTest, ChoosesTheFarthestNodeOfTheWayThatTheTableReaches) {
  AtTheLandmark landmark({0, 0, 20, 10});
  EXPECT_EQ(landmark.next(), landmark.ids[2]);
  EXPECT_EQ(landmark.answer.chosen, (std::vector<uint8_t>{4, 2}));
}

TEST(NextForTest, TakesAShorterRouteThanTheRecordedOne) {
  AtTheLandmark landmark({0, 12, 20, 10});
  EXPECT_EQ(landmark.next(), landmark.ids[1]);
}

TEST(NextForTest, PassesOverWhatItReachesOnlyByADetour) {
  AtTheLandmark landmark({43, 32, 22, 10});
  EXPECT_EQ(landmark.next(), landmark.ids[3]);
  EXPECT_EQ(landmark.answer.chosen, (std::vector<uint8_t>{4, 3}));
}

TEST(NextForTest, AllowsForTheHysteresisOfTheTable) {
  AtTheLandmark landmark({42, 32, 22, 11});
  EXPECT_EQ(landmark.next(), landmark.ids[0]);
}

TEST(NextForTest, KnowsTheTargetByItsWholeIdAndNotByTheRecordedOne) {
  AtTheLandmark landmark({40, 0, 0, 10});
  landmark.answer.target.value[15] ^= 1;
  EXPECT_EQ(landmark.next(), landmark.ids[3]);
}

TEST(NextForTest, IsEmptyWhenTheWayIsLost) {
  AtTheLandmark landmark({0, 0, 0, 0});
  EXPECT_FALSE(landmark.next());
  AtTheLandmark only_detours({43, 32, 22, 11});
  EXPECT_FALSE(only_detours.next());
  EXPECT_EQ(only_detours.answer.chosen, std::vector<uint8_t>{4});
}

TEST(NextForTest, AWaypointLooksOnlyAtWhatIsLeftOfTheWay) {
  AtTheLandmark waypoint({0, 10, 5, 5});
  waypoint.answer.chosen = {4, 2};
  EXPECT_EQ(waypoint.next(), waypoint.ids[1]);
  EXPECT_EQ(waypoint.answer.chosen, (std::vector<uint8_t>{4, 2, 1}));
  AtTheLandmark dead_end({0, 11, 5, 5});
  dead_end.answer.chosen = {4, 2};
  EXPECT_FALSE(dead_end.next());
}

TEST(NextForTest, AnAnswerThatNamedTheTargetItselfGoesNowhere) {
  AtTheLandmark target({40, 30, 20, 10});
  target.answer.chosen = {4, 0};
  EXPECT_FALSE(target.next());
}

TEST(PathOfTest, IsTheLandmarkAndTheWaypointsWithTheirCostsToTheTarget) {
  const LandmarkPath path = path_of(example());
  EXPECT_EQ(path.waypoints, (std::vector<Waypoint>{{short_id(0xd1), 60}, {short_id(0xc1), 25}}));
}

TEST(PathOfTest, LeavesOutWaypointsThatBringThePacketNoNearer) {
  ProbeAnswer answer = example();
  answer.chosen = {3, 2, 1};
  answer.way[2].so_far = answer.way[1].so_far;
  EXPECT_EQ(path_of(answer).waypoints,
            (std::vector<Waypoint>{{short_id(0xd1), 60}, {short_id(0xc2), 25}}));
}

TEST(PathOfTest, EveryAcceptedAnswerGivesAPathThatAnAddressMayHold) {
  ProbeAnswer answer;
  for (size_t i = 0; i < MeshPacket::kRecordedMax; ++i) {
    answer.way.push_back({short_id(static_cast<uint8_t>(i)), static_cast<Metric>(i / 2)});
    answer.chosen.insert(answer.chosen.begin(), static_cast<uint8_t>(i));
  }
  ASSERT_TRUE(is_read(answer));
  const LandmarkPath path = path_of(answer);
  EXPECT_EQ(path.waypoints.size(), LandmarkPath::kWaypointsMax);
  EXPECT_EQ(path.waypoints.front().node, answer.way.back().node);
  Bytes bytes;
  encode(Address{{path}}, bytes);
  EXPECT_TRUE(decode_address(bytes));
}

}  // namespace probe_test
}  // namespace starling::routing
