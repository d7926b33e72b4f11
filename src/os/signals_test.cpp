#include "os/signals.h"

#include <csignal>
#include <gtest/gtest.h>
#include <optional>

#include "os/test_loop.h"

namespace starling::os {
namespace signals_test {

class SignalWatchTest : public testing::TestWithParam<int> {};

TEST_P(SignalWatchTest, CallsOnceOnTheLoopAndMayBeDestroyedByIt) {
  TestLoop test;
  int calls = 0;
  std::optional<SignalWatch> watch;
  watch.emplace(test.loop(), [&] {
    ++calls;
    watch.reset();
  });
  std::raise(GetParam());
  EXPECT_EQ(calls, 0);
  EXPECT_TRUE(test.run_until([&] { return calls > 0; }));
  test.run_for(10ms);
  EXPECT_EQ(calls, 1);
}

INSTANTIATE_TEST_SUITE_P(BothSignals, SignalWatchTest, testing::Values(SIGINT, SIGTERM));

TEST(SignalWatchDeathTest, LeavesTheSecondSignalItsDefaultEffect) {
  EXPECT_EXIT(
      {
        TestLoop test;
        bool called = false;
        const SignalWatch watch(test.loop(), [&] { called = true; });
        std::raise(SIGTERM);
        test.run_until([&] { return called; });
        std::raise(SIGTERM);
      },
      testing::KilledBySignal(SIGTERM), "");
}

}  // namespace signals_test
}  // namespace starling::os
