#include "routing/landmark_prober.h"

#include <gtest/gtest.h>
#include <ranges>

#include "routing/handmade_origin.h"

namespace starling::routing {
namespace landmark_prober_test {

constexpr NeighbourId kNear{1};
constexpr NeighbourId kFar{2};
const crypto::NodeId kSelf{{0xaa}};

class LandmarkProberTest : public testing::Test {
 protected:
  LandmarkProberTest() {
    table_.add_neighbour(kNear, 10);
    table_.add_neighbour(kFar, 50);
  }
  void hear(NeighbourId from, const HandmadeOrigin& origin, Metric metric) {
    table_.handle_advert(now_, from, origin.announcement, {1, metric, origin.proof(1, metric)}, 1);
    change();
  }
  void lose(NeighbourId from, const HandmadeOrigin& origin) {
    table_.handle_retract(now_, from, origin.id());
    change();
  }
  void change() {
    table_.select();
    table_.list();
    prober_.handle_table_changed(now_);
  }
  std::vector<LandmarkProber::Order> orders() {
    std::vector<LandmarkProber::Order> result;
    while (const auto order = prober_.poll_order(now_, table_)) result.push_back(*order);
    EXPECT_GT(prober_.next_timeout(), now_);
    return result;
  }
  // All orders until then.
  std::vector<LandmarkProber::Order> orders_within(Duration time) {
    std::vector<LandmarkProber::Order> result;
    const Instant end = now_ + time;
    while (prober_.next_timeout() <= end) {
      now_ = std::max(now_, prober_.next_timeout());
      for (const auto& order : orders()) result.push_back(order);
    }
    now_ = end;
    return result;
  }
  bool answer(const LandmarkProber::Order& order, Metric cost,
              std::vector<RecordedNode> between = {}) {
    LandmarkPath path{{{short_id_of(order.landmark), cost}}};
    // As recorded, from us on: the last one is the nearest to the landmark.
    for (const RecordedNode& node : std::views::reverse(between))
      path.waypoints.push_back({node.node, node.so_far});
    return prober_.handle_answer(now_, order.landmark, order.nonce, std::move(path));
  }

  Instant now_ = Instant{} + 1h;
  HandmadeOrigin first_{1};
  HandmadeOrigin second_{2};
  RouteTable table_{kSelf, kFullRouter};
  crypto::SeededRandom random_{1};
  LandmarkProber prober_{random_};
};

TEST_F(LandmarkProberTest, DoesNothingWithoutATable) {
  EXPECT_EQ(prober_.next_timeout(), kNever);
  EXPECT_TRUE(orders().empty());
  EXPECT_FALSE(prober_.poll_address(now_));
  EXPECT_EQ(prober_.address(), Address{});
}

TEST_F(LandmarkProberTest, ProbesWhenTheTableHasBeenQuiet) {
  hear(kNear, first_, 5);
  EXPECT_EQ(prober_.next_timeout(), now_ + LandmarkProber::kQuiet);
  now_ += 60ms;
  hear(kNear, second_, 5);
  EXPECT_TRUE(orders_within(LandmarkProber::kQuiet - 1ms).empty());
  EXPECT_EQ(orders_within(1ms).size(), 2u);
}

TEST_F(LandmarkProberTest, ATableThatIsNeverQuietIsProbedAllTheSame) {
  const Instant start = now_;
  for (Metric i = 0; i < 30; ++i) {
    hear(kNear, first_, 5 + i % 2);
    if (!orders_within(50ms).empty()) break;
  }
  EXPECT_LE(now_ - start, LandmarkProber::kQuietMax + 50ms);
}

TEST_F(LandmarkProberTest, TheAddressIsCompleteWhenAllHaveAnswered) {
  hear(kNear, first_, 5);
  hear(kNear, second_, 10);
  const auto asked = orders_within(LandmarkProber::kQuiet);
  ASSERT_EQ(asked.size(), 2u);
  EXPECT_TRUE(answer(asked[0], 15));
  EXPECT_FALSE(prober_.poll_address(now_));
  EXPECT_TRUE(answer(asked[1], 20, {{short_id_of(crypto::NodeId{{7}}), 12}}));
  const auto address = prober_.poll_address(now_);
  ASSERT_TRUE(address);
  EXPECT_EQ(*address, prober_.address());
  EXPECT_EQ(address->paths.size(), 2u);
  EXPECT_FALSE(prober_.poll_address(now_));
}

TEST_F(LandmarkProberTest, ASilentLandmarkHoldsTheAddressUpForASecondOnly) {
  hear(kNear, first_, 5);
  hear(kNear, second_, 10);
  const auto asked = orders_within(LandmarkProber::kQuiet);
  answer(asked[0], 15);
  EXPECT_FALSE(prober_.poll_address(now_));
  orders_within(LandmarkProber::kAnswerWait);
  EXPECT_EQ(prober_.poll_address(now_)->paths.size(), 1u);
}

TEST_F(LandmarkProberTest, AnswersThatNobodyAskedForAreRefused) {
  hear(kNear, first_, 5);
  const auto asked = orders_within(LandmarkProber::kQuiet);
  EXPECT_FALSE(answer({first_.id(), asked[0].nonce + 1}, 15));
  EXPECT_FALSE(answer({second_.id(), asked[0].nonce}, 15));
  EXPECT_TRUE(answer(asked[0], 15));
  EXPECT_FALSE(answer(asked[0], 15));
}

TEST_F(LandmarkProberTest, AsksAgainEverMoreRarely) {
  hear(kNear, first_, 5);
  auto asked = orders_within(LandmarkProber::kQuiet);
  for (const Duration pause : {4s, 8s, 16s, 32s, 60s, 300s, 300s}) {
    ASSERT_EQ(asked.size(), 1u);
    answer(asked[0], 15);
    EXPECT_TRUE(orders_within(pause - 1ms).empty());
    asked = orders_within(1ms);
  }
}

TEST_F(LandmarkProberTest, AnotherFirstHopOrDistanceIsAReasonToAskAtOnce) {
  hear(kNear, first_, 45);
  answer(orders_within(LandmarkProber::kQuiet).at(0), 55);
  hear(kNear, first_, 60);
  auto asked = orders_within(LandmarkProber::kQuiet);
  ASSERT_EQ(asked.size(), 1u);
  answer(asked[0], 70);
  hear(kFar, first_, 5);
  asked = orders_within(LandmarkProber::kQuiet);
  ASSERT_EQ(asked.size(), 1u);
  answer(asked[0], 55);
  // And the pauses begin anew.
  EXPECT_EQ(orders_within(4s).size(), 1u);
}

TEST_F(LandmarkProberTest, ATableThatChangedElsewhereIsNone) {
  hear(kNear, first_, 45);
  answer(orders_within(LandmarkProber::kQuiet).at(0), 55);
  change();
  EXPECT_TRUE(orders_within(3s).empty());
}

TEST_F(LandmarkProberTest, AfterThreeSilentProbesAPathIsGoneAndTheLandmarkAskedRarely) {
  hear(kNear, first_, 5);
  answer(orders_within(LandmarkProber::kQuiet).at(0), 15);
  EXPECT_TRUE(prober_.poll_address(now_));
  orders_within(4s);
  orders_within(2s);
  EXPECT_FALSE(prober_.poll_address(now_));
  orders_within(5s);
  const auto address = prober_.poll_address(now_);
  ASSERT_TRUE(address);
  EXPECT_TRUE(address->paths.empty());
  EXPECT_LE(orders_within(1h).size(), 62u);
}

TEST_F(LandmarkProberTest, ALandmarkThatIsLostTakesItsPathAlong) {
  hear(kNear, first_, 5);
  hear(kNear, second_, 10);
  for (const auto& order : orders_within(LandmarkProber::kQuiet)) answer(order, 15);
  EXPECT_EQ(prober_.poll_address(now_)->paths.size(), 2u);
  lose(kNear, first_);
  EXPECT_TRUE(orders_within(LandmarkProber::kQuiet).empty());
  const auto address = prober_.poll_address(now_);
  ASSERT_TRUE(address);
  ASSERT_EQ(address->paths.size(), 1u);
  EXPECT_EQ(address->paths[0].waypoints[0].node, short_id_of(second_.id()));
}

TEST_F(LandmarkProberTest, CostsThatWanderALittleMakeNoNewAddress) {
  hear(kNear, first_, 70);
  answer(orders_within(LandmarkProber::kQuiet).at(0), 80);
  EXPECT_TRUE(prober_.poll_address(now_));
  answer(orders_within(4s).at(0), 90);
  EXPECT_FALSE(prober_.poll_address(now_));
  answer(orders_within(8s).at(0), 91);
  EXPECT_TRUE(prober_.poll_address(now_));
  // Another way is new whatever it costs.
  answer(orders_within(16s).at(0), 91, {{short_id_of(crypto::NodeId{{7}}), 12}});
  EXPECT_TRUE(prober_.poll_address(now_));
}

}  // namespace landmark_prober_test
}  // namespace starling::routing
