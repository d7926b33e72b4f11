#include "base/counters.h"

#include <gtest/gtest.h>
#include <string>
#include <string_view>
#include <vector>

namespace starling {
namespace counters_test {

enum class Drop : uint8_t { too_short, bad_tag, replayed, count_ };

std::string_view name_of(Drop drop) {
  switch (drop) {
    case Drop::too_short:
      return "too_short";
    case Drop::bad_tag:
      return "bad_tag";
    case Drop::replayed:
      return "replayed";
    case Drop::count_:
      break;
  }
  return "?";
}

TEST(CountersTest, StartAtZero) {
  const Counters<Drop> counters;
  EXPECT_EQ(counters.of(Drop::too_short), 0u);
  EXPECT_EQ(counters.of(Drop::bad_tag), 0u);
  EXPECT_EQ(counters.of(Drop::replayed), 0u);
}

TEST(CountersTest, CountEachReasonByItself) {
  Counters<Drop> counters;
  counters.add(Drop::bad_tag);
  counters.add(Drop::bad_tag);
  counters.add(Drop::replayed, 5);
  EXPECT_EQ(counters.of(Drop::too_short), 0u);
  EXPECT_EQ(counters.of(Drop::bad_tag), 2u);
  EXPECT_EQ(counters.of(Drop::replayed), 5u);
}

TEST(CountersTest, AddUpReasonByReason) {
  Counters<Drop> sum;
  sum.add(Drop::too_short, 1);
  Counters<Drop> other;
  other.add(Drop::too_short, 2);
  other.add(Drop::replayed, 3);
  sum.add_all(other);
  EXPECT_EQ(sum.of(Drop::too_short), 3u);
  EXPECT_EQ(sum.of(Drop::replayed), 3u);
  EXPECT_EQ(other.of(Drop::too_short), 2u);
}

TEST(CountersTest, AreVisitedInTheOrderOfTheEnumWithoutTheLastValue) {
  Counters<Drop> counters;
  counters.add(Drop::bad_tag, 7);
  std::vector<std::string> seen;
  counters.for_each([&](Drop drop, uint64_t value) {
    seen.push_back(std::string(name_of(drop)) + "=" + std::to_string(value));
  });
  EXPECT_EQ(seen, (std::vector<std::string>{"too_short=0", "bad_tag=7", "replayed=0"}));
}

}  // namespace counters_test
}  // namespace starling
