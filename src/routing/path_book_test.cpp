#include "routing/path_book.h"

#include <algorithm>
#include <gtest/gtest.h>

#include "routing/handmade_table.h"

namespace starling::routing {
namespace path_book_test {

crypto::NodeId node(uint32_t number) {
  crypto::NodeId id;
  id.value[0] = 0xee;
  id.value[8] = static_cast<uint8_t>(number >> 8);
  id.value[9] = static_cast<uint8_t>(number);
  return id;
}
const crypto::NodeId kTarget = node(0);

// Four landmarks, at 10, 20, 30 and 40 from here; each is at 5 from the target but the first, which is at 100.
class PathBookTest : public testing::Test {
 protected:
  PathBookTest() {
    for (size_t i = 0; i < 4; ++i) {
      landmarks_.push_back(short_id_of(table_.add(static_cast<Metric>(10 * (i + 1)))));
      address_.paths.push_back({{{landmarks_[i], i == 0 ? 100u : 5u}}});
    }
  }
  std::vector<ShortId> chosen(const std::set<ShortId>& avoid = {}) {
    std::vector<ShortId> nodes;
    for (const Waypoint& w : book_.waypoints(now_, kTarget, table_.table(), avoid)) {
      nodes.push_back(w.node);
    }
    return nodes;
  }
  void learn_address() { book_.learn_address(now_, kTarget, address_, now_ + 1h); }
  std::vector<Waypoint> path(size_t which) { return {{landmarks_[which], 7}}; }

  Instant now_ = Instant{} + 1h;
  HandmadeTable table_;
  std::vector<ShortId> landmarks_;
  Address address_;
  PathBook book_;
};

TEST_F(PathBookTest, KnowsNothingAtFirst) {
  EXPECT_FALSE(book_.knows(now_, kTarget));
  EXPECT_TRUE(chosen().empty());
  book_.handle_failure(now_, kTarget, {});
  book_.forget(kTarget);
  EXPECT_FALSE(book_.knows(now_, kTarget));
}

TEST_F(PathBookTest, TakesTheTwoLandmarksThatPromiseLeast) {
  learn_address();
  EXPECT_TRUE(book_.knows(now_, kTarget));
  EXPECT_EQ(chosen(), (std::vector{landmarks_[1], landmarks_[2]}));
}

TEST_F(PathBookTest, LandmarksOutOfReachAreLeftOut) {
  address_.paths.insert(address_.paths.begin(), LandmarkPath{{{short_id_of(node(7)), 1}}});
  learn_address();
  EXPECT_EQ(chosen(), (std::vector{landmarks_[1], landmarks_[2]}));
  address_.paths = {address_.paths.front()};
  learn_address();
  EXPECT_TRUE(chosen().empty());
}

TEST_F(PathBookTest, AnyWaypointWithinReachOpensItsPath) {
  address_.paths = {{{{short_id_of(node(7)), 30}, {landmarks_[0], 20}}}};
  learn_address();
  EXPECT_EQ(chosen(), (std::vector{short_id_of(node(7)), landmarks_[0]}));
}

TEST_F(PathBookTest, AnAddressEndsWithItsTime) {
  learn_address();
  now_ += 1h - 1ns;
  EXPECT_FALSE(chosen().empty());
  now_ += 1ns;
  EXPECT_FALSE(book_.knows(now_, kTarget));
  EXPECT_TRUE(chosen().empty());
}

TEST_F(PathBookTest, AnEmptyAddressIsNoWay) {
  book_.learn_address(now_, kTarget, {}, now_ + 1h);
  EXPECT_FALSE(book_.knows(now_, kTarget));
}

TEST_F(PathBookTest, ARecordedPathIsTakenAloneAndAsLongAsItIsTrusted) {
  learn_address();
  book_.learn_path(now_, kTarget, path(3), 47, 1'400);
  EXPECT_EQ(chosen(), std::vector{landmarks_[3]});
  now_ += PathBook::kPathLifetime;
  EXPECT_EQ(chosen(), (std::vector{landmarks_[1], landmarks_[2]}));
}

TEST_F(PathBookTest, ABetterPathIsTakenAtOnceAWorseOneWhenTheOldIsInDoubt) {
  book_.learn_path(now_, kTarget, path(0), 40, 1'400);
  book_.learn_path(now_, kTarget, path(1), 50, 1'400);
  EXPECT_EQ(chosen(), std::vector{landmarks_[0]});
  book_.learn_path(now_, kTarget, path(2), 30, 1'400);
  EXPECT_EQ(chosen(), std::vector{landmarks_[2]});
  now_ += 4s;
  book_.learn_path(now_, kTarget, path(2), 30, 1'400);  // proved again
  now_ += 4s;
  book_.learn_path(now_, kTarget, path(1), 50, 1'400);
  EXPECT_EQ(chosen(), std::vector{landmarks_[2]});
  now_ += 2s;
  book_.learn_path(now_, kTarget, path(1), 50, 1'400);
  EXPECT_EQ(chosen(), std::vector{landmarks_[1]});
}

TEST_F(PathBookTest, APathIsAsWideAsItsLastPacketSaidAndUnprovenAfterThat) {
  EXPECT_EQ(book_.room(now_, kTarget), PathBook::kRoomUnproven);
  book_.learn_path(now_, kTarget, path(0), 40, 8'900);
  EXPECT_EQ(book_.room(now_, kTarget), 8'900u);
  book_.learn_path(now_, kTarget, path(1), 50, 1'400);  // not taken
  EXPECT_EQ(book_.room(now_, kTarget), 8'900u);
  book_.learn_path(now_, kTarget, path(0), 40, 1'400);
  EXPECT_EQ(book_.room(now_, kTarget), 1'400u);
  now_ += PathBook::kPathLifetime;
  EXPECT_EQ(book_.room(now_, kTarget), PathBook::kRoomUnproven);
  book_.learn_path(now_, kTarget, path(0), 40, 8'900);
  book_.handle_failure(now_, kTarget, path(0));
  EXPECT_EQ(book_.room(now_, kTarget), PathBook::kRoomUnproven);
}

TEST_F(PathBookTest, AfterAFailureAnyPathIsBetterThanTheOldOne) {
  book_.learn_path(now_, kTarget, path(0), 40, 1'400);
  book_.handle_failure(now_, kTarget, path(0));
  EXPECT_FALSE(book_.knows(now_, kTarget));
  book_.learn_path(now_, kTarget, path(1), 500, 1'400);
  EXPECT_EQ(chosen(), std::vector{landmarks_[1]});
}

TEST_F(PathBookTest, LandmarksThatFailedAreBannedForAWhile) {
  learn_address();
  book_.handle_failure(now_, kTarget, {{landmarks_[1], 5}});
  EXPECT_EQ(chosen(), (std::vector{landmarks_[2], landmarks_[3]}));
  now_ += PathBook::kBanTime;
  EXPECT_EQ(chosen(), (std::vector{landmarks_[1], landmarks_[2]}));
}

TEST_F(PathBookTest, SilenceGivesTheOthersATurnAndThenAllOfThemAgain) {
  learn_address();
  const auto first = chosen();
  ASSERT_EQ(first.size(), 2u);
  const auto fall_silent = [&](const std::vector<ShortId>& landmarks) {
    std::vector<Waypoint> used;
    for (const ShortId& landmark : landmarks) used.push_back({landmark, 5});
    book_.handle_silence(now_, kTarget, used);
  };
  fall_silent(first);
  const auto second = chosen();
  ASSERT_FALSE(second.empty());
  for (const ShortId& landmark : second) EXPECT_EQ(std::ranges::count(first, landmark), 0);
  fall_silent(second);
  EXPECT_EQ(chosen(), first) << "nothing else is left, so it was perhaps only loss";
}

TEST_F(PathBookTest, ANewAddressEndsAllBans) {
  learn_address();
  for (const ShortId& landmark : landmarks_) book_.handle_failure(now_, kTarget, {{landmark, 5}});
  EXPECT_TRUE(chosen().empty());
  learn_address();
  EXPECT_EQ(chosen().size(), 2u);
}

TEST_F(PathBookTest, AvoidsWhatWasTriedAndThenTheRecordedPathToo) {
  learn_address();
  book_.learn_path(now_, kTarget, path(0), 40, 1'400);
  EXPECT_EQ(chosen({landmarks_[1]}), (std::vector{landmarks_[2], landmarks_[3]}));
}

TEST_F(PathBookTest, APathThatDoesNotFitBesideAnotherIsLeftOutAsAWhole) {
  LandmarkPath longest;
  for (uint32_t i = 0; i < LandmarkPath::kWaypointsMax; ++i) {
    longest.waypoints.push_back({i == 0 ? landmarks_[0] : short_id_of(node(100 + i)), 50 - i});
  }
  address_.paths = {longest, longest};
  address_.paths[1].waypoints[0].node = landmarks_[1];
  learn_address();
  EXPECT_EQ(chosen().size(), LandmarkPath::kWaypointsMax);
  address_.paths[1].waypoints.resize(MeshPacket::kWaypointsMax - LandmarkPath::kWaypointsMax);
  learn_address();
  EXPECT_EQ(chosen().size(), MeshPacket::kWaypointsMax);
}

TEST_F(PathBookTest, WhatIsForgottenIsUnknown) {
  learn_address();
  book_.learn_path(now_, kTarget, path(0), 40, 1'400);
  book_.forget(kTarget);
  EXPECT_FALSE(book_.knows(now_, kTarget));
}

TEST_F(PathBookTest, TheEntryUnusedLongestMakesRoom) {
  for (uint32_t i = 0; i < PathBook::kEntriesMax; ++i) {
    book_.learn_path(now_, node(i), path(0), 40, 1'400);
  }
  book_.waypoints(now_, node(0), table_.table(), {});
  book_.learn_path(now_, node(60'000), path(0), 40, 1'400);
  EXPECT_TRUE(book_.knows(now_, node(0)));
  EXPECT_FALSE(book_.knows(now_, node(1)));
  EXPECT_TRUE(book_.knows(now_, node(2)));
  EXPECT_TRUE(book_.knows(now_, node(60'000)));
}

TEST_F(PathBookTest, APeekSeesTheSameAndDoesNotCountAsAUse) {
  learn_address();
  EXPECT_EQ(book_.peek(now_, kTarget, table_.table()),
            book_.waypoints(now_, kTarget, table_.table(), {}));
  EXPECT_TRUE(book_.peek(now_, node(1), table_.table()).empty());
  for (uint32_t i = 1; i < PathBook::kEntriesMax; ++i) {
    book_.learn_path(now_, node(i), path(0), 40, 1'400);
  }
  EXPECT_EQ(book_.peek(now_, kTarget, table_.table()).size(), 2u);
  EXPECT_EQ(book_.ways(now_, kTarget, table_.table()).size(), 4u);
  book_.learn_path(now_, node(60'000), path(0), 40, 1'400);
  EXPECT_FALSE(book_.knows(now_, kTarget));
}

TEST_F(PathBookTest, SaysOfEachWayWhetherItIsCarriedAndWhatIsAgainstIt) {
  address_.paths.push_back({{{short_id_of(node(7)), 1}}});
  learn_address();
  book_.handle_failure(now_, kTarget, {{landmarks_[1], 5}});
  now_ += 4s;
  const auto ways = book_.ways(now_, kTarget, table_.table());
  ASSERT_EQ(ways.size(), 5u);
  const auto expect_way = [&](const KnownWay& way, const ShortId& landmark, Metric cost,
                              WayState state, bool carried) {
    EXPECT_EQ(way.waypoints.front().node, landmark);
    EXPECT_EQ(way.cost, cost);
    EXPECT_EQ(way.state, state);
    EXPECT_EQ(way.carried, carried);
    EXPECT_EQ(way.next.has_value(), state != WayState::out_of_reach);
  };
  expect_way(ways[0], landmarks_[2], 35, WayState::costlier, true);
  expect_way(ways[1], landmarks_[3], 45, WayState::costlier, true);
  expect_way(ways[2], landmarks_[0], 110, WayState::costlier, false);
  expect_way(ways[3], landmarks_[1], 25, WayState::banned, false);
  EXPECT_EQ(ways[3].banned_for, PathBook::kBanTime - 4s);
  expect_way(ways[4], short_id_of(node(7)), kInfinity, WayState::out_of_reach, false);
}

TEST_F(PathBookTest, TheFirstThreePacketsRecordAndThenOneInTenSeconds) {
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(book_.should_record(now_, kTarget));
  EXPECT_FALSE(book_.should_record(now_, kTarget));
  now_ += 10s;
  EXPECT_TRUE(book_.should_record(now_, kTarget));
  EXPECT_FALSE(book_.should_record(now_, kTarget));
  // A failure begins anew.
  book_.handle_failure(now_, kTarget, {});
  EXPECT_TRUE(book_.should_record(now_, kTarget));
}

}  // namespace path_book_test
}  // namespace starling::routing
