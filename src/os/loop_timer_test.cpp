#include "os/loop_timer.h"

#include <gtest/gtest.h>
#include <optional>
#include <vector>

#include "os/test_loop.h"

namespace starling::os {
namespace loop_timer_test {

TEST(LoopTimerTest, FiresInTheOrderOfTimeNotOfArming) {
  TestLoop test;
  std::vector<int> order;
  LoopTimer late(test.loop(), [&] { order.push_back(2); });
  LoopTimer early(test.loop(), [&] { order.push_back(1); });
  const Instant start = monotonic_now();
  late.arm(start + 20ms);
  early.arm(start + 10ms);
  EXPECT_TRUE(test.run_until([&] { return order.size() == 2; }));
  EXPECT_EQ(order, (std::vector{1, 2}));
  EXPECT_GE(monotonic_now(), start + 20ms);
}

TEST(LoopTimerTest, FiresOnceForATimeInThePast) {
  TestLoop test;
  int fired = 0;
  LoopTimer timer(test.loop(), [&] { ++fired; });
  timer.arm(Instant::min());
  EXPECT_EQ(fired, 0);  // never from inside arm()
  test.run_for(20ms);
  EXPECT_EQ(fired, 1);
}

TEST(LoopTimerTest, ArmingAgainReplacesTheEarlierTime) {
  TestLoop test;
  std::vector<Instant> fired;
  LoopTimer timer(test.loop(), [&] { fired.push_back(monotonic_now()); });
  const Instant start = monotonic_now();
  timer.arm(start + 1ms);
  timer.arm(start + 30ms);  // later
  EXPECT_TRUE(test.run_until([&] { return !fired.empty(); }));
  EXPECT_GE(fired.front(), start + 30ms);
  timer.arm(start + 1h);
  timer.arm(monotonic_now());  // earlier
  EXPECT_TRUE(test.run_until([&] { return fired.size() == 2; }));
  test.run_for(10ms);
  EXPECT_EQ(fired.size(), 2U);
}

TEST(LoopTimerTest, DoesNotFireWhenDisarmedOrDestroyed) {
  TestLoop test;
  int fired = 0;
  LoopTimer disarmed(test.loop(), [&] { ++fired; });
  std::optional<LoopTimer> destroyed;
  destroyed.emplace(test.loop(), [&] { ++fired; });
  disarmed.arm(monotonic_now());
  destroyed->arm(monotonic_now());
  disarmed.arm(kNever);
  destroyed.reset();
  test.run_for(20ms);
  EXPECT_EQ(fired, 0);
}

TEST(LoopTimerTest, DoesNotFireWhenDisarmedByATimerThatCameDueAtTheSameTime) {
  TestLoop test;
  int fired = 0;
  std::optional<LoopTimer> a;
  std::optional<LoopTimer> b;
  a.emplace(test.loop(), [&] {
    ++fired;
    b->arm(kNever);
  });
  b.emplace(test.loop(), [&] {
    ++fired;
    a->arm(kNever);
  });
  const Instant past = monotonic_now() - 1s;
  a->arm(past);
  b->arm(past);
  test.run_for(20ms);
  EXPECT_EQ(fired, 1);
}

TEST(LoopTimerTest, MayArmItselfAndDestroyItselfInItsFunction) {
  TestLoop test;
  int fired = 0;
  std::optional<LoopTimer> timer;
  const std::string captured(100,
                             'x');  // freed with the function, which is still needed afterwards
  timer.emplace(test.loop(), [&, captured] {
    if (++fired < 3) {
      timer->arm(monotonic_now());
      return;
    }
    timer.reset();
    EXPECT_EQ(captured.size(), 100U);
  });
  timer->arm(monotonic_now());
  EXPECT_TRUE(test.run_until([&] { return !timer; }));
  EXPECT_EQ(fired, 3);
}

}  // namespace loop_timer_test
}  // namespace starling::os
