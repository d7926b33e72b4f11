#include "node/sleep_schedule.h"

#include <gtest/gtest.h>

namespace starling::node {
namespace sleep_schedule_test {

using Step = SleepSchedule::Step;

class SleepScheduleTest : public testing::Test {
 protected:
  Step after(Duration time, bool is_busy = false) {
    now_ += time;
    return schedule_.poll(now_, is_busy);
  }

  Instant now_ = Instant{} + 1h;
  SleepSchedule schedule_{15min};
};

TEST_F(SleepScheduleTest, SleepsAndWakesInTurn) {
  schedule_.start(now_);
  EXPECT_EQ(after(SleepSchedule::kAwakeFirst - 1ns), Step::none);
  EXPECT_EQ(after(1ns), Step::fall_asleep);
  for (int i = 0; i < 4; ++i) {
    EXPECT_TRUE(schedule_.is_asleep());
    EXPECT_EQ(after(15min - 1ns), Step::none);
    EXPECT_EQ(after(1ns), Step::wake_up);
    EXPECT_FALSE(schedule_.is_asleep());
    EXPECT_EQ(after(SleepSchedule::kAwake), Step::fall_asleep);
  }
}

TEST_F(SleepScheduleTest, StaysAwakeWhileSomethingGoesOn) {
  schedule_.start(now_);
  EXPECT_EQ(after(SleepSchedule::kAwakeFirst, true), Step::none);
  EXPECT_EQ(after(SleepSchedule::kAwake, true), Step::none);
  EXPECT_EQ(after(SleepSchedule::kAwake), Step::fall_asleep);
}

TEST_F(SleepScheduleTest, WakesWhenItIsWanted) {
  schedule_.start(now_);
  EXPECT_EQ(after(SleepSchedule::kAwakeFirst), Step::fall_asleep);
  now_ += 1min;
  schedule_.wake(now_);
  EXPECT_EQ(schedule_.next_timeout(), now_);
  EXPECT_EQ(after(0s), Step::wake_up);
  now_ += 5s;
  schedule_.wake(now_);
  EXPECT_EQ(after(SleepSchedule::kAwake - 1ns), Step::none);
  EXPECT_EQ(after(1ns), Step::fall_asleep);
}

TEST_F(SleepScheduleTest, WhoNeverSleepsHasNoTimer) {
  SleepSchedule never(0s);
  never.start(now_);
  never.wake(now_);
  EXPECT_EQ(never.next_timeout(), kNever);
  EXPECT_EQ(never.poll(now_ + 1h, false), Step::none);
}

}  // namespace sleep_schedule_test
}  // namespace starling::node
