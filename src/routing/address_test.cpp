#include "routing/address.h"

#include <gtest/gtest.h>

#include "routing/documented_node.h"
#include "routing/handmade_table.h"
#include "routing/proven_origins.h"

namespace starling::routing {
namespace address_test {

using documented::bytes_of;
using documented::short_id;

// docs/wire/routing.md#address shows the same bytes.
constexpr std::string_view kExampleHex =
    "02"
    "02"
    "d1d1d1d1d1d1d1d100003c"
    "d2d2d2d2d2d2d2d2000014"
    "01"
    "e1e1e1e1e1e1e1e100002d";

Address example() {
  return {{{{{short_id(0xd1), 60}, {short_id(0xd2), 20}}}, {{{short_id(0xe1), 45}}}}};
}
// A path of `count` waypoints.
LandmarkPath path_of_length(size_t count) {
  LandmarkPath path;
  for (size_t i = 0; i < count; ++i) {
    path.waypoints.push_back({short_id(static_cast<uint8_t>(i)), static_cast<Metric>(count - i)});
  }
  return path;
}
Bytes encoded(const Address& address) {
  Bytes bytes;
  encode(address, bytes);
  return bytes;
}
bool is_read_with_rests(Metric first, Metric second) {
  return decode_address(encoded({{{{{short_id(1), first}, {short_id(2), second}}}}})).has_value();
}

TEST(AddressTest, WritesTheDocumentedBytes) { EXPECT_EQ(to_hex(encoded(example())), kExampleHex); }

TEST(AddressTest, AppendsToWhatIsThere) {
  Bytes bytes = {0xaa};
  encode(example(), bytes);
  EXPECT_EQ(to_hex(bytes), "aa" + std::string(kExampleHex));
}

TEST(AddressTest, ReadsWhatItWrites) {
  const Address largest{
      std::vector(Address::kPathsMax, path_of_length(LandmarkPath::kWaypointsMax))};
  for (const Address& address : {example(), Address{}, largest}) {
    EXPECT_EQ(decode_address(encoded(address)), address);
  }
  EXPECT_EQ(encoded(largest).size(), 4'241u);
}

TEST(AddressTest, ANodeThatKnowsNobodyHasAnAddressWithoutPaths) {
  EXPECT_EQ(to_hex(encoded({})), "00");
}

TEST(AddressTest, RefusesEveryProperPrefixAndOneByteTooMany) {
  Bytes bytes = bytes_of(kExampleHex);
  for (size_t size = 0; size < bytes.size(); ++size) {
    EXPECT_FALSE(decode_address(ByteView(bytes).first(size))) << size;
  }
  bytes.push_back(0);
  EXPECT_FALSE(decode_address(bytes));
}

TEST(AddressTest, ThatOfALeafSaysSo) {
  Address address = example();
  address.of_leaf = true;
  Bytes bytes = bytes_of(kExampleHex);
  bytes[0] |= 0x80;
  EXPECT_EQ(encoded(address), bytes);
  EXPECT_EQ(decode_address(bytes), address);
  for (const unsigned first : {0x20u, 0x40u, 0xc2u}) {
    bytes[0] = static_cast<uint8_t>(first);
    EXPECT_FALSE(decode_address(bytes)) << first;
  }
}

TEST(AddressTest, RefusesMorePathsThanTheLimit) {
  Bytes bytes = {0};
  for (unsigned count = 0; count < 256; ++count) {
    bytes[0] = static_cast<uint8_t>(count);
    EXPECT_EQ(decode_address(bytes).has_value(), count <= 16) << count;
    append(bytes, bytes_of("01e1e1e1e1e1e1e1e100002d"));
  }
}

TEST(AddressTest, RefusesAnEmptyPathAndOneLongerThanTheLimit) {
  Bytes bytes = {1, 0};
  for (unsigned count = 0; count < 256; ++count) {
    bytes[1] = static_cast<uint8_t>(count);
    EXPECT_EQ(decode_address(bytes).has_value(), count >= 1 && count <= 24) << count;
    append(bytes, short_id(1).view());
    append(bytes, Bytes{0, 0, static_cast<uint8_t>(255 - count)});
  }
}

TEST(AddressTest, RefusesARestThatDoesNotFallAlongThePathOrIsInfinite) {
  EXPECT_TRUE(is_read_with_rests(1, 0));
  EXPECT_TRUE(is_read_with_rests(kInfinity - 1, 7));
  EXPECT_FALSE(is_read_with_rests(7, 7));
  EXPECT_FALSE(is_read_with_rests(7, 8));
  EXPECT_FALSE(is_read_with_rests(kInfinity, 7));
}

TEST(AddressTest, APathThatCanNotBeSentIsAProgrammingError) {
  const auto too_many = std::vector(Address::kPathsMax + 1, path_of_length(1));
  EXPECT_DEATH(encoded({too_many}), "kPathsMax");
  EXPECT_DEATH(encoded({{path_of_length(0)}}), "empty");
  EXPECT_DEATH(encoded({{path_of_length(LandmarkPath::kWaypointsMax + 1)}}), "kWaypointsMax");
}

TEST(ChooseLandmarksTest, KnowsNoneInAnEmptyTable) {
  EXPECT_TRUE(choose_landmarks(HandmadeTable().table()).empty());
}

TEST(ChooseLandmarksTest, TakesTheNearestFourOfASmallFlock) {
  HandmadeTable flock;
  std::vector<crypto::NodeId> nodes;
  for (Metric distance = 10; distance > 0; --distance) nodes.push_back(flock.add(distance));
  flock.list();
  const std::vector<crypto::NodeId> nearest(nodes.rbegin(), nodes.rbegin() + 4);
  EXPECT_EQ(choose_landmarks(flock.table()), nearest);
}

TEST(ChooseLandmarksTest, LeavesOutLeavesAndWhatIsNotListed) {
  HandmadeTable flock;
  flock.add(1, Role::leaf);
  const auto router = flock.add(2);
  flock.list();
  flock.add(1);
  EXPECT_EQ(choose_landmarks(flock.table()), std::vector<crypto::NodeId>{router});
}

// The rule of the page, applied slowly: of those above each share the nearest four, and of the sixteen highest.
TEST(ChooseLandmarksTest, TakesTheNearestFourAboveEachShareOfPriorities) {
  HandmadeTable flock(/*table_size=*/255);
  std::vector<const Destination*> by_distance;
  for (Metric distance = 1; distance <= 300; ++distance) flock.add(distance);
  flock.list();
  for (const Destination& destination : flock.table().all()) {
    if (destination.listed) by_distance.push_back(&destination);
  }
  const auto nearer = [&](const Destination* a, const Destination* b) {
    return flock.table().metric_of(*a) < flock.table().metric_of(*b);
  };
  std::sort(by_distance.begin(), by_distance.end(), nearer);
  auto by_priority = by_distance;
  std::sort(by_priority.begin(), by_priority.end(), [](const Destination* a, const Destination* b) {
    return outranks(a->priority(), b->priority());
  });
  std::set<crypto::NodeId> expected;
  const auto expect_nearest = [&](std::vector<const Destination*> level) {
    std::sort(level.begin(), level.end(), nearer);
    for (size_t i = 0; i < std::min<size_t>(level.size(), 4); ++i) expected.insert(level[i]->id);
  };
  std::vector<const Destination*> above_a_sixteenth;
  for (const Destination* destination : by_distance) {
    if (destination->priority().draw < uint64_t{1} << 60) above_a_sixteenth.push_back(destination);
  }
  ASSERT_GE(above_a_sixteenth.size(), kSmallest) << "draw other nodes";
  expect_nearest(above_a_sixteenth);
  expect_nearest({by_priority.begin(), by_priority.begin() + kSmallest});
  const auto chosen = choose_landmarks(flock.table());
  EXPECT_EQ(std::set(chosen.begin(), chosen.end()), expected);
  EXPECT_EQ(chosen.size(), expected.size());
}

// Draws cost nothing without a proof, so that nobody may get ahead by them.
TEST(ChooseLandmarksTest, WhereSixteenHaveProofsNobodyElseIsALandmark) {
  HandmadeTable flock(/*table_size=*/255);
  std::set<crypto::NodeId> proven_ones;
  for (size_t i = 0; i < kSmallest; ++i)
    proven_ones.insert(flock.add(static_cast<Metric>(1'000 + i), proven::origin(i)));
  for (Metric distance = 1; distance <= 300; ++distance) flock.add(distance);
  flock.list();
  const auto chosen = choose_landmarks(flock.table());
  EXPECT_GE(chosen.size(), kLandmarksPerLevel);
  for (const crypto::NodeId& landmark : chosen) EXPECT_TRUE(proven_ones.contains(landmark));
}

TEST(ChooseLandmarksTest, FewerProofsThanSixteenAreAboveEachShareOfTheRest) {
  HandmadeTable flock(/*table_size=*/255);
  std::vector<crypto::NodeId> proven_ones;
  for (size_t i = 0; i + 1 < kSmallest; ++i)
    proven_ones.push_back(flock.add(static_cast<Metric>(1 + i), proven::origin(i)));
  for (Metric distance = 1'000; distance <= 1'300; ++distance) flock.add(distance);
  flock.list();
  // A sixteenth of the rest are above the share as well, and further away.
  const std::vector<crypto::NodeId> nearest(proven_ones.begin(),
                                            proven_ones.begin() + kLandmarksPerLevel);
  EXPECT_EQ(choose_landmarks(flock.table()), nearest);
}

}  // namespace address_test
}  // namespace starling::routing
