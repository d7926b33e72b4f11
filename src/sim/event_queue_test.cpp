#include "sim/event_queue.h"

#include <gtest/gtest.h>
#include <map>
#include <memory>
#include <vector>

#include "base/rng.h"

namespace starling::sim {
namespace event_queue_test {

constexpr Instant kStart{5s};

TEST(EventQueueTest, RunsEventsInTheOrderOfTheirTimes) {
  EventQueue queue(kStart);
  std::vector<int> order;
  queue.schedule(kStart + 3ms, [&] { order.push_back(3); });
  queue.schedule(kStart + 1ms, [&] { order.push_back(1); });
  queue.schedule(kStart + 2ms, [&] { order.push_back(2); });
  queue.run_until(kStart + 10ms);
  EXPECT_EQ(order, (std::vector<int>{1, 2, 3}));
  EXPECT_EQ(queue.now(), kStart + 10ms);
  EXPECT_EQ(queue.events_run(), 3U);
}

TEST(EventQueueTest, RunsEventsOfOneInstantInTheOrderOfScheduling) {
  EventQueue queue(kStart);
  std::vector<int> order;
  for (int i = 0; i < 100; ++i) queue.schedule(kStart + 1ms, [&order, i] { order.push_back(i); });
  queue.run_until(kStart + 1ms);
  ASSERT_EQ(order.size(), 100U);
  for (int i = 0; i < 100; ++i) EXPECT_EQ(order[static_cast<size_t>(i)], i);
}

TEST(EventQueueTest, TakesATimeInThePastAsNow) {
  EventQueue queue(kStart);
  Instant ran{};
  queue.schedule(kStart - 1s, [&] { ran = queue.now(); });
  queue.run_until(kStart);
  EXPECT_EQ(ran, kStart);
}

TEST(EventQueueTest, LeavesEventsAfterTheLimitWaiting) {
  EventQueue queue(kStart);
  int runs = 0;
  queue.schedule(kStart + 5ms, [&] { ++runs; });
  queue.run_until(kStart + 5ms - 1ns);
  EXPECT_EQ(runs, 0);
  queue.run_until(kStart + 5ms);
  EXPECT_EQ(runs, 1);
}

TEST(EventQueueTest, CancelsOnceAndNeverAnotherEventThatReusesTheSlot) {
  EventQueue queue(kStart);
  int runs = 0;
  const EventId first = queue.schedule(kStart + 1ms, [&] { runs += 1; });
  EXPECT_TRUE(queue.cancel(first));
  queue.schedule(kStart + 1ms, [&] { runs += 10; });
  EXPECT_FALSE(queue.cancel(first));
  EXPECT_FALSE(queue.cancel(EventId{}));
  queue.run_until(kStart + 1ms);
  EXPECT_EQ(runs, 10);
}

TEST(EventQueueTest, RefusesToCancelTheEventThatRuns) {
  EventQueue queue(kStart);
  EventId id;
  bool cancelled = true;
  id = queue.schedule(kStart, [&] { cancelled = queue.cancel(id); });
  queue.run_until(kStart);
  EXPECT_FALSE(cancelled);
}

TEST(EventQueueTest, DestroysWaitingActionsOnClear) {
  EventQueue queue(kStart);
  const auto watched = std::make_shared<int>(1);
  queue.schedule(kStart + 1s, [watched] {});
  EXPECT_EQ(watched.use_count(), 2);
  queue.clear();
  EXPECT_EQ(watched.use_count(), 1);
  EXPECT_EQ(queue.waiting(), 0U);
  queue.run_until(kStart + 2s);
}

// The slow obvious queue: a map ordered by (time, number).
TEST(EventQueueTest, AgreesWithAnOrderedMapOnRandomOperations) {
  EventQueue queue(kStart);
  Rng rng(11);
  std::map<std::pair<Instant, int>, EventId> model;
  std::vector<int> ran;
  std::vector<int> expected;
  for (int i = 0; i < 50'000; ++i) {
    const uint64_t choice = rng.below(10);
    if (choice < 5) {
      const Instant at = queue.now() + Duration(static_cast<int64_t>(rng.below(1000)));
      model[{at, i}] = queue.schedule(at, [&ran, i] { ran.push_back(i); });
    } else if (choice < 9 && !model.empty()) {
      auto victim =
          model.lower_bound({queue.now() + Duration(static_cast<int64_t>(rng.below(1000))), 0});
      if (victim == model.end()) victim = model.begin();
      EXPECT_TRUE(queue.cancel(victim->second));
      model.erase(victim);
    } else if (choice == 9) {
      const Instant limit = queue.now() + Duration(static_cast<int64_t>(rng.below(20)));
      while (!model.empty() && model.begin()->first.first <= limit) {
        expected.push_back(model.begin()->first.second);
        model.erase(model.begin());
      }
      queue.run_until(limit);
    }
    ASSERT_EQ(queue.waiting(), model.size());
  }
  EXPECT_EQ(ran, expected);
  EXPECT_GT(ran.size(), 1000U);
}

TEST(EventQueueTest, SweepsCancelledEventsAndKeepsTheOrderOfTheOthers) {
  EventQueue queue(kStart);
  Rng rng(12);
  std::vector<EventId> doomed;
  Instant last{};
  size_t ran = 0;
  for (int i = 0; i < 100'000; ++i) {
    const Instant at = kStart + Duration(static_cast<int64_t>(rng.below(1'000'000)));
    const EventId id = queue.schedule(at, [&] {
      EXPECT_GE(queue.now(), last);
      last = queue.now();
      ++ran;
    });
    if (i % 10 != 0) doomed.push_back(id);
  }
  for (const EventId id : doomed) EXPECT_TRUE(queue.cancel(id));
  EXPECT_EQ(queue.waiting(), 10'000U);
  queue.run_until(kStart + 1s);
  EXPECT_EQ(ran, 10'000U);
}

}  // namespace event_queue_test
}  // namespace starling::sim
