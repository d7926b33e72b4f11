#include "reach/beacon.h"

#include <gtest/gtest.h>
#include <vector>

namespace starling::reach {
namespace beacon_test {

// docs/wire/beacon.md shows the same bytes.
constexpr std::string_view kExampleHex =
    "5354524c"
    "01"
    "5eda123e3b43ac1a"
    "1bcd"
    "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"
    "0123456789abcdef";

Beacon example() {
  Beacon beacon;
  beacon.network = crypto::network_tag_of("world");
  beacon.udp_port = 7117;
  for (size_t i = 0; i < beacon.node_key.value.size(); ++i) {
    beacon.node_key.value[i] = static_cast<uint8_t>(i);
  }
  beacon.life = 0x0123456789abcdef;
  return beacon;
}

Instant at(Duration since_start) { return Instant{} + 1h + since_start; }

// Times at which beacons go out until `end`, without anybody else on the network.
std::vector<Instant> send_times(BeaconSchedule& schedule, Instant end) {
  std::vector<Instant> times;
  while (schedule.next_timeout() <= end) {
    const Instant now = schedule.next_timeout();
    schedule.handle_timeout(now);
    if (schedule.poll_send()) times.push_back(now);
  }
  return times;
}

TEST(BeaconTest, WritesTheDocumentedBytes) { EXPECT_EQ(to_hex(example().encode()), kExampleHex); }

TEST(BeaconTest, ReadsWhatItWrites) {
  const Bytes bytes = example().encode();
  EXPECT_EQ(bytes.size(), Beacon::kSize);
  EXPECT_EQ(Beacon::decode(bytes).value(), example());
}

TEST(BeaconTest, RefusesEveryProperPrefixAndOneByteTooMany) {
  Bytes bytes = example().encode();
  for (size_t size = 0; size < bytes.size(); ++size) {
    const auto wanted = size < 5 ? BeaconDrop::not_a_beacon : BeaconDrop::malformed;
    EXPECT_EQ(Beacon::decode(ByteView(bytes).first(size)).error(), wanted) << size;
  }
  bytes.push_back(0);
  EXPECT_EQ(Beacon::decode(bytes).error(), BeaconDrop::malformed);
}

TEST(BeaconTest, TellsAForeignDatagramFromAnotherVersion) {
  Bytes foreign = example().encode();
  foreign[3] ^= 1;
  EXPECT_EQ(Beacon::decode(foreign).error(), BeaconDrop::not_a_beacon);
  Bytes newer = example().encode();
  newer[4] = 2;
  newer.push_back(0);
  EXPECT_EQ(Beacon::decode(newer).error(), BeaconDrop::other_version);
}

TEST(BeaconTest, RefusesPortZero) {
  Bytes bytes = example().encode();
  bytes[13] = bytes[14] = 0;
  EXPECT_EQ(Beacon::decode(bytes).error(), BeaconDrop::malformed);
}

TEST(BeaconTest, NamesEveryDropReason) {
  for (size_t i = 0; i < static_cast<size_t>(BeaconDrop::count_); ++i) {
    EXPECT_NE(name_of(static_cast<BeaconDrop>(i)), "?");
  }
}

TEST(BeaconScheduleTest, SendsThreeAtStartAndThenAboutEveryTenSeconds) {
  Rng rng(1);
  BeaconSchedule schedule(rng, at(0s));
  const auto times = send_times(schedule, at(1h));
  ASSERT_GT(times.size(), 300u);
  EXPECT_EQ(times[0], at(0s));
  EXPECT_EQ(times[1], at(250ms));
  EXPECT_EQ(times[2], at(1s));
  bool varies = false;
  for (size_t i = 3; i < times.size(); ++i) {
    EXPECT_GE(times[i] - times[i - 1], 8s);
    EXPECT_LE(times[i] - times[i - 1], 12s);
    varies |= times[i] - times[i - 1] != times[3] - times[2];
  }
  EXPECT_TRUE(varies);
}

TEST(BeaconScheduleTest, SendsNothingBeforeItsTime) {
  Rng rng(1);
  BeaconSchedule schedule(rng, at(0s));
  EXPECT_FALSE(schedule.poll_send());
  schedule.handle_timeout(at(0s));
  EXPECT_TRUE(schedule.poll_send());
  EXPECT_FALSE(schedule.poll_send());
  schedule.handle_timeout(at(249ms));
  EXPECT_FALSE(schedule.poll_send());
}

TEST(BeaconScheduleTest, SendsOneBeaconAfterALongSleep) {
  Rng rng(1);
  BeaconSchedule schedule(rng, at(0s));
  schedule.handle_timeout(at(8h));
  EXPECT_TRUE(schedule.poll_send());
  EXPECT_GE(schedule.next_timeout(), at(8h + 8s));
}

TEST(BeaconScheduleTest, AnswersAnUnknownNodeAtOnce) {
  Rng rng(1);
  BeaconSchedule schedule(rng, at(0s));
  send_times(schedule, at(2s));
  schedule.handle_unknown_beacon(at(3s));
  EXPECT_TRUE(schedule.poll_send());
}

TEST(BeaconScheduleTest, AnswersAFloodOnceInTwoSecondsAndTheLastOneToo) {
  Rng rng(1);
  BeaconSchedule schedule(rng, at(0s));
  send_times(schedule, at(2s));
  schedule.handle_unknown_beacon(at(3s));
  EXPECT_TRUE(schedule.poll_send());
  for (int i = 1; i <= 100; ++i) {
    schedule.handle_unknown_beacon(at(3s + 10ms * i));
    EXPECT_FALSE(schedule.poll_send());
  }
  EXPECT_EQ(schedule.next_timeout(), at(5s));
  schedule.handle_timeout(at(5s));
  EXPECT_TRUE(schedule.poll_send());
  EXPECT_GT(schedule.next_timeout(), at(8s));
}

TEST(BeaconScheduleTest, ARegularBeaconServesAsTheAnswerThatWaits) {
  Rng rng(1);
  BeaconSchedule schedule(rng, at(0s));
  schedule.handle_unknown_beacon(at(0s));
  schedule.handle_timeout(at(0s));
  EXPECT_TRUE(schedule.poll_send());
  schedule.handle_unknown_beacon(at(100ms));
  EXPECT_EQ(schedule.next_timeout(), at(250ms));
  schedule.handle_timeout(at(250ms));
  EXPECT_TRUE(schedule.poll_send());
  EXPECT_EQ(schedule.next_timeout(), at(1s));
}

TEST(BeaconScheduleTest, AFloodNeverKeepsRegularBeaconsBackNorExceedsItsRate) {
  Rng rng(7);
  BeaconSchedule schedule(rng, at(0s));
  int sent = 0;
  for (Duration time = 0s; time <= 1000s; time += 5ms) {
    if (schedule.next_timeout() <= at(time)) schedule.handle_timeout(at(time));
    schedule.handle_unknown_beacon(at(time));
    if (schedule.poll_send()) ++sent;
  }
  EXPECT_GE(sent, 500);
  EXPECT_LE(sent, 3 + 1000 / 8 + 1000 / 2 + 1);
}

TEST(BeaconScheduleTest, TwoNodesKnowEachOtherWhenTheSecondStarts) {
  Rng rng(3);
  BeaconSchedule first(rng, at(0s));
  send_times(first, at(5s));
  BeaconSchedule second(rng, at(5s));
  second.handle_timeout(at(5s));
  ASSERT_TRUE(second.poll_send());
  first.handle_unknown_beacon(at(5s + 1ms));
  EXPECT_TRUE(first.poll_send());
}

}  // namespace beacon_test
}  // namespace starling::reach
