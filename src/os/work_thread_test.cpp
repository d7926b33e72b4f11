#include "os/work_thread.h"

#include <gtest/gtest.h>

#include "os/test_loop.h"

namespace starling::os {
namespace work_thread_test {

constexpr crypto::WorkProofParameters kTiny = {.n = 32, .k = 3, .difficulty = 1};

TEST(WorkThreadTest, FindsWhatTheWorkFindsAndTellsItOnTheNetworkThread) {
  TestLoop test;
  WorkThread thread(test.loop());
  const auto here = std::this_thread::get_id();
  // Twice, since a thread is made for each.
  for (const std::string_view subject : {"starling", "another"}) {
    std::optional<Bytes> found;
    thread.find(kTiny, copy_of(view_of(subject)), [&](std::optional<Bytes> proof) {
      EXPECT_EQ(std::this_thread::get_id(), here);
      found = std::move(proof);
    });
    EXPECT_FALSE(found.has_value());
    ASSERT_TRUE(test.run_until([&] { return found.has_value(); }));
    EXPECT_TRUE(crypto::is_work_proof(kTiny, view_of(subject), *found));
  }
}

TEST(WorkThreadTest, ItsEndDoesNotWaitForTheWork) {
  TestLoop test;
  const auto begun = monotonic_now();
  {
    WorkThread thread(test.loop());
    // Minutes of work: nobody waits for it if this test passes.
    thread.find({.n = 110, .k = 4, .difficulty = 8}, copy_of(view_of("starling")),
                [](auto) { ADD_FAILURE() << "told after the end"; });
    test.run_for(20ms);
  }
  EXPECT_LT(monotonic_now() - begun, 30s);
  test.run_for(10ms);
}

TEST(WorkThreadTest, NothingIsToldAfterItsEndAlsoWhenTheWorkWasDone) {
  TestLoop test;
  for (int i = 0; i < 20; ++i) {
    WorkThread thread(test.loop());
    thread.find(kTiny, {}, [](auto) { ADD_FAILURE() << "told after the end"; });
    // The loop does not run meanwhile.
    std::this_thread::sleep_for(std::chrono::milliseconds(i % 5));
  }
  test.run_for(10ms);
}

TEST(WorkThreadTest, OneAtATime) {
  TestLoop test;
  WorkThread thread(test.loop());
  EXPECT_DEATH(
      {
        thread.find(kTiny, {}, [](auto) {});
        thread.find(kTiny, {}, [](auto) {});
      },
      "busy_");
}

}  // namespace work_thread_test
}  // namespace starling::os
