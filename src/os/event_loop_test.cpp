#include "os/event_loop.h"

#include <gtest/gtest.h>
#include <thread>
#include <vector>

namespace starling::os {
namespace event_loop_test {

TEST(EventLoopTest, RunsTasksPostedFromAnotherThreadInOrderOnItsOwnThread) {
  EventLoop loop;
  std::vector<int> seen;
  const auto network_thread = std::this_thread::get_id();
  bool on_network_thread = true;
  std::thread other([&] {
    for (int i = 0; i < 1000; ++i) {
      loop.post([&, i] {
        seen.push_back(i);
        on_network_thread = on_network_thread && std::this_thread::get_id() == network_thread;
      });
    }
    loop.post([&] { loop.stop(); });
  });
  loop.run();
  other.join();
  ASSERT_EQ(seen.size(), 1000U);
  for (int i = 0; i < 1000; ++i) EXPECT_EQ(seen[static_cast<size_t>(i)], i);
  EXPECT_TRUE(on_network_thread);
}

TEST(EventLoopTest, NeverRunsAPostedTaskInsideThePostingOne) {
  EventLoop loop;
  std::vector<int> order;
  loop.post([&] {
    loop.post([&] {
      order.push_back(2);
      loop.stop();
    });
    order.push_back(1);
  });
  loop.run();
  EXPECT_EQ(order, (std::vector{1, 2}));
}

TEST(EventLoopTest, StopsWhenAnotherThreadSaysSoAlthoughNothingHappens) {
  EventLoop loop;
  std::thread other([&] { loop.stop(); });
  loop.run();
  other.join();
}

TEST(EventLoopTest, GoesOnWhereItStoppedWhenRunAgain) {
  EventLoop loop;
  int runs = 0;
  loop.post([&] { loop.stop(); });
  loop.run();
  loop.post([&] {
    ++runs;
    loop.stop();
  });
  loop.run();
  EXPECT_EQ(runs, 1);
}

TEST(EventLoopTest, DropsWhatIsQueuedWhenDestroyed) {
  bool ran = false;
  {
    EventLoop loop;
    loop.post([&] { ran = true; });
  }
  EXPECT_FALSE(ran);
}

}  // namespace event_loop_test
}  // namespace starling::os
