#include "base/bounded_queue.h"

#include <gtest/gtest.h>
#include <limits>
#include <memory>
#include <string>
#include <vector>

#include "base/rng.h"

namespace starling {
namespace bounded_queue_test {

constexpr size_t kHuge = std::numeric_limits<size_t>::max();

TEST(BoundedQueueTest, HandsOutWhatCameInFirst) {
  BoundedQueue<std::string> queue(3, 100);
  ASSERT_TRUE(queue.try_push("a", 1));
  ASSERT_TRUE(queue.try_push("b", 2));
  EXPECT_EQ(queue.size(), 2u);
  EXPECT_EQ(queue.bytes(), 3u);
  EXPECT_EQ(queue.front(), "a");
  EXPECT_EQ(queue.pop(), "a");
  EXPECT_EQ(queue.bytes(), 2u);
  EXPECT_EQ(queue.pop(), "b");
  EXPECT_TRUE(queue.empty());
  EXPECT_EQ(queue.bytes(), 0u);
}

TEST(BoundedQueueTest, RefusesAboveItsItemsAndLeavesTheItemUntouched) {
  BoundedQueue<std::unique_ptr<int>> queue(1, 100);
  ASSERT_TRUE(queue.try_push(std::make_unique<int>(1), 1));
  auto item = std::make_unique<int>(2);
  EXPECT_FALSE(queue.try_push(std::move(item), 1));
  ASSERT_TRUE(item);
  EXPECT_EQ(*item, 2);
  EXPECT_EQ(queue.size(), 1u);
}

TEST(BoundedQueueTest, RefusesAboveItsBytesAndFillsThemExactly) {
  BoundedQueue<int> queue(10, 10);
  EXPECT_FALSE(queue.try_push(0, 11));
  EXPECT_TRUE(queue.try_push(1, 6));
  EXPECT_FALSE(queue.try_push(2, 5));
  EXPECT_TRUE(queue.try_push(3, 4));
  EXPECT_FALSE(queue.has_room(1));
  EXPECT_TRUE(queue.has_room(0));
}

TEST(BoundedQueueTest, ByteSizesNearTheLargestNumberDoNotWrapAround) {
  BoundedQueue<int> queue(10, 10);
  ASSERT_TRUE(queue.try_push(1, 5));
  EXPECT_FALSE(queue.try_push(2, kHuge));
  EXPECT_FALSE(queue.try_push(2, kHuge - 4));
  EXPECT_EQ(queue.bytes(), 5u);
}

TEST(BoundedQueueTest, DropsTheOldestUntilTheNewOneFits) {
  BoundedQueue<int> queue(10, 10);
  EXPECT_EQ(queue.push_dropping_oldest(1, 3), 0u);
  EXPECT_EQ(queue.push_dropping_oldest(2, 3), 0u);
  EXPECT_EQ(queue.push_dropping_oldest(3, 4), 0u);
  EXPECT_EQ(queue.push_dropping_oldest(4, 5), 2u);
  EXPECT_EQ(queue.bytes(), 9u);
  EXPECT_EQ(queue.pop(), 3);
  EXPECT_EQ(queue.pop(), 4);
}

TEST(BoundedQueueTest, DropsTheOldestAtItsItemLimit) {
  BoundedQueue<int> queue(2, 100);
  EXPECT_EQ(queue.push_dropping_oldest(1, 1), 0u);
  EXPECT_EQ(queue.push_dropping_oldest(2, 1), 0u);
  EXPECT_EQ(queue.push_dropping_oldest(3, 1), 1u);
  EXPECT_EQ(queue.pop(), 2);
  EXPECT_EQ(queue.pop(), 3);
}

TEST(BoundedQueueTest, AnItemLargerThanTheQueueIsTheOneDropped) {
  BoundedQueue<int> queue(2, 10);
  ASSERT_TRUE(queue.try_push(1, 10));
  EXPECT_EQ(queue.push_dropping_oldest(2, 11), 1u);
  EXPECT_EQ(queue.size(), 1u);
  EXPECT_EQ(queue.front(), 1);
}

TEST(BoundedQueueTest, AQueueForNoItemsTakesNone) {
  BoundedQueue<int> queue(0, 10);
  EXPECT_FALSE(queue.try_push(1, 0));
  EXPECT_EQ(queue.push_dropping_oldest(1, 0), 1u);
  EXPECT_TRUE(queue.empty());
}

TEST(BoundedQueueTest, ClearGivesAllRoomBack) {
  BoundedQueue<int> queue(2, 10);
  ASSERT_TRUE(queue.try_push(1, 10));
  queue.clear();
  EXPECT_TRUE(queue.empty());
  EXPECT_EQ(queue.bytes(), 0u);
  EXPECT_TRUE(queue.try_push(2, 10));
}

TEST(BoundedQueueTest, TakingFromAnEmptyQueueIsAProgrammingError) {
  BoundedQueue<int> queue(1, 1);
  EXPECT_DEATH(queue.front(), "empty");
  EXPECT_DEATH(queue.pop(), "empty");
}

// The same queue as a plain list that is searched and summed anew for every question.
struct SlowQueue {
  static constexpr size_t kItemsMax = 8;
  static constexpr size_t kBytesMax = 50;
  std::vector<std::pair<int, size_t>> entries;

  [[nodiscard]] size_t bytes() const {
    size_t sum = 0;
    for (const auto& entry : entries) sum += entry.second;
    return sum;
  }
  [[nodiscard]] bool fits(size_t size) const {
    return entries.size() < kItemsMax && bytes() + size <= kBytesMax;
  }
  size_t push_dropping_oldest(int item, size_t size) {
    if (size > kBytesMax) return 1;
    size_t dropped = 0;
    for (; !fits(size); ++dropped) entries.erase(entries.begin());
    entries.emplace_back(item, size);
    return dropped;
  }
};

TEST(BoundedQueueTest, AgreesWithASlowQueueOnRandomOperations) {
  Rng rng(1);
  SlowQueue slow;
  BoundedQueue<int> queue(SlowQueue::kItemsMax, SlowQueue::kBytesMax);
  for (int i = 0; i < 20'000; ++i) {
    const size_t size = rng.below(60);
    switch (rng.below(3)) {
      case 0: {
        const bool fits = slow.fits(size);
        ASSERT_EQ(queue.try_push(int{i}, size), fits);
        if (fits) slow.entries.emplace_back(i, size);
        break;
      }
      case 1:
        ASSERT_EQ(queue.push_dropping_oldest(int{i}, size), slow.push_dropping_oldest(i, size));
        break;
      default:
        if (slow.entries.empty()) break;
        ASSERT_EQ(queue.pop(), slow.entries.front().first);
        slow.entries.erase(slow.entries.begin());
    }
    ASSERT_EQ(queue.size(), slow.entries.size());
    ASSERT_EQ(queue.bytes(), slow.bytes());
  }
}

}  // namespace bounded_queue_test
}  // namespace starling
