#include "http/event_feed.h"

#include <gtest/gtest.h>
#include <vector>

namespace starling::http {
namespace event_feed_test {

class EventFeedTest : public testing::Test {
 protected:
  std::shared_ptr<EventFeed> feed_ = std::make_shared<EventFeed>();
};

std::vector<std::string> all_of(EventSubscription& subscription) {
  std::vector<std::string> events;
  while (auto event = subscription.next()) events.push_back(std::move(*event));
  return events;
}

TEST_F(EventFeedTest, GivesEachClientEveryEventSinceItCameInOrder) {
  feed_->publish("a");
  const auto first = feed_->subscribe([] {});
  feed_->publish("b");
  const auto second = feed_->subscribe([] {});
  feed_->publish("c");
  EXPECT_EQ(all_of(*first), (std::vector<std::string>{"b", "c"}));
  EXPECT_EQ(all_of(*second), (std::vector<std::string>{"c"}));
}

TEST_F(EventFeedTest, WakesAClientOnceUntilItHasTakenEverything) {
  int wakes = 0;
  const auto subscription = feed_->subscribe([&] { ++wakes; });
  for (int i = 0; i < 1000; ++i) feed_->publish("a");
  EXPECT_EQ(wakes, 1);
  all_of(*subscription);
  feed_->publish("b");
  EXPECT_EQ(wakes, 2);
}

TEST_F(EventFeedTest, ForgetsTheOldestEventsOfASlowClientAndSaysHowManyInTheirPlace) {
  const auto subscription = feed_->subscribe([] {});
  const size_t published = EventFeed::kQueueMax + 5;
  for (size_t i = 0; i < published; ++i) feed_->publish(std::to_string(i));
  const auto events = all_of(*subscription);
  ASSERT_EQ(events.size(), EventFeed::kQueueMax + 1);
  EXPECT_EQ(events[0], R"({"event":"lost","count":5})");
  EXPECT_EQ(events[1], "5");
  EXPECT_EQ(events.back(), std::to_string(published - 1));
}

TEST_F(EventFeedTest, RefusesMoreClientsThanItsBoundUntilOneLeaves) {
  std::vector<std::unique_ptr<EventSubscription>> clients;
  for (size_t i = 0; i < EventFeed::kClientsMax; ++i) {
    clients.push_back(feed_->subscribe([] {}));
    ASSERT_NE(clients.back(), nullptr);
  }
  EXPECT_EQ(feed_->subscribe([] {}), nullptr);
  clients.pop_back();
  EXPECT_NE(feed_->subscribe([] {}), nullptr);
}

TEST_F(EventFeedTest, NeverWakesAClientThatLeft) {
  auto subscription = feed_->subscribe([] { FAIL(); });
  subscription.reset();
  feed_->publish("a");
}

}  // namespace event_feed_test
}  // namespace starling::http
