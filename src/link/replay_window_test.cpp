#include "link/replay_window.h"

#include <gtest/gtest.h>
#include <set>

#include "base/rng.h"

namespace starling::link {
namespace replay_window_test {

constexpr uint64_t kCounterMax = ~uint64_t{0};

// Remembers everything.
class SlowWindow {
 public:
  [[nodiscard]] bool is_fresh(uint64_t counter) const {
    if (accepted_.empty() || counter > *accepted_.rbegin()) return true;
    return *accepted_.rbegin() - counter < ReplayWindow::kSize && !accepted_.contains(counter);
  }
  void accept(uint64_t counter) { accepted_.insert(counter); }
  [[nodiscard]] uint64_t highest() const { return accepted_.empty() ? 0 : *accepted_.rbegin(); }

 private:
  std::set<uint64_t> accepted_;
};

// A counter somewhere around the highest one: near, at the edges of words and window, or far away.
uint64_t draw_counter(Rng& rng, uint64_t highest) {
  constexpr uint64_t kDistances[] = {2, 70, 700, ReplayWindow::kSize + 130,
                                     4 * ReplayWindow::kSize};
  const uint64_t distance = rng.below(kDistances[rng.below(std::size(kDistances))]);
  if (rng.chance(0.5)) return highest < distance ? 0 : highest - distance;
  return highest > kCounterMax - distance ? kCounterMax : highest + distance;
}

void compare_on_random_counters(uint64_t seed, uint64_t first, int steps) {
  SCOPED_TRACE(seed);
  Rng rng(seed);
  ReplayWindow window;
  SlowWindow slow;
  for (int step = 0; step < steps; ++step) {
    const uint64_t counter = step == 0 ? first : draw_counter(rng, window.highest());
    ASSERT_EQ(window.is_fresh(counter), slow.is_fresh(counter)) << counter << " at step " << step;
    // Some packets look fresh and turn out to be forged: those are not marked.
    if (!window.is_fresh(counter) || rng.chance(0.1)) continue;
    window.accept(counter);
    slow.accept(counter);
    ASSERT_EQ(window.highest(), slow.highest());
  }
}

TEST(ReplayWindowTest, DecidesAsASetOfAllCountersWould) {
  for (uint64_t seed = 1; seed <= 20; ++seed) compare_on_random_counters(seed, 0, 20'000);
  for (uint64_t seed = 21; seed <= 25; ++seed) compare_on_random_counters(seed, 1'000'003, 20'000);
}

TEST(ReplayWindowTest, DecidesAsASetWouldUpToTheLargestCounter) {
  for (uint64_t seed = 1; seed <= 5; ++seed) {
    compare_on_random_counters(seed, kCounterMax - 3 * ReplayWindow::kSize, 5'000);
  }
}

TEST(ReplayWindowTest, AcceptsEveryCounterOfAWindowOnceInAnyOrder) {
  ReplayWindow window;
  for (uint64_t i = 0; i < ReplayWindow::kSize; ++i) {
    const uint64_t counter = i * 4'801 % ReplayWindow::kSize;  // a permutation: 4801 is odd
    EXPECT_TRUE(window.is_fresh(counter));
    window.accept(counter);
    EXPECT_FALSE(window.is_fresh(counter));
  }
  for (uint64_t counter = 0; counter < ReplayWindow::kSize; ++counter) {
    EXPECT_FALSE(window.is_fresh(counter));
  }
}

TEST(ReplayWindowTest, TellsApartExactlyTheCountersWithinTheWindow) {
  for (uint64_t highest = 2 * ReplayWindow::kSize; highest < 2 * ReplayWindow::kSize + 130;
       ++highest) {
    ReplayWindow window;
    window.accept(highest);
    EXPECT_TRUE(window.is_fresh(highest - ReplayWindow::kSize + 1));
    EXPECT_FALSE(window.is_fresh(highest - ReplayWindow::kSize));
  }
}

TEST(ReplayWindowTest, ForgetsWhatFellOutOfTheWindowAfterALongJump) {
  ReplayWindow window;
  for (uint64_t counter = 0; counter < ReplayWindow::kSize; ++counter) window.accept(counter);
  const uint64_t far = 100 * ReplayWindow::kSize;
  window.accept(far);
  for (uint64_t back = 1; back < ReplayWindow::kSize; ++back)
    ASSERT_TRUE(window.is_fresh(far - back));
  EXPECT_FALSE(window.is_fresh(far));
  EXPECT_FALSE(window.is_fresh(0));
}

TEST(ReplayWindowTest, AcceptingACounterTwiceIsAProgrammingError) {
  ReplayWindow window;
  window.accept(5);
  EXPECT_DEATH(window.accept(5), "is_fresh");
}

}  // namespace replay_window_test
}  // namespace starling::link
