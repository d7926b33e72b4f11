#include "node/leaf_address.h"

#include <gtest/gtest.h>

namespace starling::node {
namespace leaf_address_test {

crypto::NodeId node(unsigned number) { return {{static_cast<uint8_t>(number)}}; }
routing::Waypoint at(unsigned number, routing::Metric rest) {
  return {routing::short_id_of(node(number)), rest};
}

class LeafAddressTest : public testing::Test {
 protected:
  std::optional<routing::Address> settled() {
    now_ += LeafAddress::kSettle;
    return leaf_.poll_address(now_);
  }

  Instant now_ = Instant{} + 1h;
  LeafAddress leaf_;
  const routing::Address of_one_{{{{at(101, 60), at(102, 25)}}, {{at(103, 40)}}}};
};

TEST_F(LeafAddressTest, WithoutRoutersThereIsNone) {
  EXPECT_EQ(leaf_.next_timeout(), kNever);
  EXPECT_FALSE(leaf_.poll_wanted(now_));
  EXPECT_FALSE(leaf_.poll_address(now_));
}

TEST_F(LeafAddressTest, IsThatOfItsRoutersWithOneMoreStep) {
  leaf_.set_routers(now_, {{node(1), 7}});
  EXPECT_EQ(leaf_.poll_wanted(now_), node(1));
  EXPECT_FALSE(leaf_.poll_wanted(now_));
  leaf_.note_location(now_, node(1), of_one_);
  EXPECT_FALSE(leaf_.poll_address(now_)) << "not settled";
  const routing::Address expected{
      {{{at(1, 7)}}, {{at(101, 67), at(102, 32), at(1, 7)}}, {{at(103, 47), at(1, 7)}}}, true};
  EXPECT_EQ(settled(), expected);
  EXPECT_FALSE(settled()) << "told once";
}

TEST_F(LeafAddressTest, BeforeAnyLocationIsFoundTheRoutersThemselvesAreIt) {
  leaf_.set_routers(now_, {{node(1), 7}, {node(2), 9}});
  EXPECT_EQ(settled(), (routing::Address{{{{at(1, 7)}}, {{at(2, 9)}}}, true}));
}

TEST_F(LeafAddressTest, AsksAgainSoonWhileNothingIsFoundAndRarelyThen) {
  leaf_.set_routers(now_, {{node(1), 7}});
  ASSERT_TRUE(leaf_.poll_wanted(now_));
  now_ += LeafAddress::kRetry;
  ASSERT_TRUE(leaf_.poll_wanted(now_));
  leaf_.note_location(now_, node(1), of_one_);
  now_ += LeafAddress::kRefresh - 1ns;
  EXPECT_FALSE(leaf_.poll_wanted(now_));
  now_ += 1ns;
  EXPECT_TRUE(leaf_.poll_wanted(now_));
}

TEST_F(LeafAddressTest, ALeafThatWakesHasTheAddressThatItHad) {
  leaf_.set_routers(now_, {{node(1), 7}, {node(2), 9}});
  while (const auto wanted = leaf_.poll_wanted(now_)) leaf_.note_location(now_, *wanted, of_one_);
  ASSERT_TRUE(settled());
  leaf_.set_routers(now_, {});
  EXPECT_FALSE(settled()) << "asleep";
  now_ += 1min;
  EXPECT_FALSE(leaf_.poll_wanted(now_));
  leaf_.set_routers(now_, {{node(1), 7}});
  leaf_.set_routers(now_ + 1s, {{node(1), 7}, {node(2), 9}});
  now_ += 1s;
  EXPECT_FALSE(settled());
}

TEST_F(LeafAddressTest, ARouterThatIsGoneIsNoLongerInIt) {
  leaf_.set_routers(now_, {{node(1), 7}, {node(2), 9}});
  ASSERT_TRUE(settled());
  leaf_.set_routers(now_, {{node(2), 9}});
  EXPECT_EQ(settled(), (routing::Address{{{{at(2, 9)}}}, true}));
}

TEST_F(LeafAddressTest, HoldsNoMorePathsThanAnAddressMay) {
  std::map<crypto::NodeId, routing::Metric> routers;
  for (unsigned i = 1; i <= 3; ++i) routers[node(i)] = i;
  leaf_.set_routers(now_, routers);
  routing::Address full;
  routing::LandmarkPath longest;
  for (unsigned i = 0; i < routing::LandmarkPath::kWaypointsMax; ++i)
    longest.waypoints.push_back(at(200 - i, 500 - i));
  full.paths = {longest};
  for (unsigned i = 1; i < routing::Address::kPathsMax; ++i)
    full.paths.push_back({{at(50 + i, 9)}});
  while (const auto wanted = leaf_.poll_wanted(now_)) leaf_.note_location(now_, *wanted, full);
  const auto address = settled();
  ASSERT_TRUE(address);
  EXPECT_EQ(address->paths.size(), routing::Address::kPathsMax);
  Bytes bytes;
  encode(*address, bytes);
  EXPECT_EQ(routing::decode_address(bytes), address) << "the path that is full is left out";
}

TEST_F(LeafAddressTest, RemembersAFewRoutersOnly) {
  for (unsigned i = 1; i <= 100; ++i) {
    leaf_.set_routers(now_, {{node(i), 7}});
    EXPECT_TRUE(leaf_.poll_wanted(now_));
  }
  EXPECT_EQ(settled(), (routing::Address{{{{at(100, 7)}}}, true}));
}

}  // namespace leaf_address_test
}  // namespace starling::node
