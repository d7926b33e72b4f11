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

}  // namespace misbehaviour_test
}  // namespace starling::sim
