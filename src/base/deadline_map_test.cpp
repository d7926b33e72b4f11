#include "base/deadline_map.h"

#include <gtest/gtest.h>
#include <vector>

#include "base/rng.h"

namespace starling {
namespace deadline_map_test {

TEST(DeadlineMapTest, GivesWhatIsDueInOrderAndOnce) {
  DeadlineMap<int> deadlines;
  EXPECT_EQ(deadlines.next(), kNever);
  deadlines.arm(1, Instant{} + 3s);
  deadlines.arm(2, Instant{} + 1s);
  deadlines.arm(3, Instant{} + 2s);
  deadlines.arm(3, kNever);
  deadlines.arm(1, Instant{} + 1s);
  EXPECT_EQ(deadlines.next(), Instant{} + 1s);
  EXPECT_FALSE(deadlines.take_due(Instant{} + 999ms));
  EXPECT_EQ(deadlines.take_due(Instant{} + 1s), 1);
  EXPECT_EQ(deadlines.take_due(Instant{} + 1s), 2);
  EXPECT_FALSE(deadlines.take_due(Instant{} + 1h));
  EXPECT_EQ(deadlines.size(), 0u);
}

TEST(DeadlineMapTest, AgreesWithASlowOneOnRandomOperations) {
  Rng rng(11);
  DeadlineMap<uint64_t> deadlines;
  std::map<uint64_t, Instant> slow;
  Instant now{};
  for (int step = 0; step < 5'000; ++step) {
    const uint64_t key = rng.below(20);
    const Instant when = now + std::chrono::milliseconds(rng.below(50));
    switch (rng.below(3)) {
      case 0:
        deadlines.arm(key, when);
        slow[key] = when;
        break;
      case 1:
        deadlines.disarm(key);
        slow.erase(key);
        break;
      default:
        now += 5ms;
        while (const auto due = deadlines.take_due(now)) {
          ASSERT_LE(slow.at(*due), now);
          slow.erase(*due);
        }
    }
    Instant next = kNever;
    for (const auto& [other, at] : slow) next = std::min(next, at);
    ASSERT_EQ(deadlines.next(), next);
    ASSERT_EQ(deadlines.size(), slow.size());
  }
}

}  // namespace deadline_map_test
}  // namespace starling
