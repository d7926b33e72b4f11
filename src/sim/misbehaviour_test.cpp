#include "sim/misbehaviour.h"

#include <gtest/gtest.h>

#include "routing/control_message.h"

namespace starling::sim {
namespace misbehaviour_test {

TEST(UnderstatedTest, LowersDistancesToWhatTheProofsAllow) {
  routing::RouteUpdate update;
  for (const routing::Metric metric : {0u, 15u, 16u, 100u})
    update.entries.push_back({0, std::nullopt, 1, metric, {}});
  const auto lied = routing::decode_routing_message(understated(encode(update)));
  std::vector<routing::Metric> metrics;
  for (const auto& entry : std::get<routing::RouteUpdate>(*lied).entries)
    metrics.push_back(entry.metric);
  EXPECT_EQ(metrics, (std::vector<routing::Metric>{0, 0, 16, 96}));
}

TEST(UnderstatedTest, LeavesOtherMessagesAsTheyAre) {
  const Bytes hello = encode(routing::RoutingMessage(routing::RouteHello{}));
  EXPECT_EQ(understated(hello), hello);
}

TEST(AnnouncedAnewTest, IsWhatANeighbourHasToTake) {
  crypto::SeededRandom random(1);
  const crypto::Identity identity = crypto::Identity::generate(random);
  const auto message = routing::decode_routing_message(announced_anew(identity, 7, random));
  const auto& entry = std::get<routing::RouteUpdate>(*message).entries.at(0);
  EXPECT_TRUE(is_authentic(*entry.announcement));
  EXPECT_EQ(entry.announcement->epoch, 7U);
  EXPECT_TRUE(on_same_chain(entry.announcement->anchor, 0, entry.proof,
                            routing::chain_position(entry.step, entry.metric)));
}

}  // namespace misbehaviour_test
}  // namespace starling::sim
