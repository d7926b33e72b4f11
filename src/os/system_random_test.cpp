#include "os/system_random.h"

#include <algorithm>
#include <gtest/gtest.h>

namespace starling::os {
namespace system_random_test {

TEST(SystemRandomTest, FillsEverySizeAndNeverTwiceTheSame) {
  SystemRandom random;
  random.fill({});
  Bytes first(1 << 20);
  Bytes second(1 << 20);
  random.fill(first);
  random.fill(second);
  EXPECT_NE(first, second);
  // A run of 64 zeros at the end would be a part that was not filled.
  EXPECT_TRUE(std::any_of(first.end() - 64, first.end(), [](uint8_t b) { return b != 0; }));
}

}  // namespace system_random_test
}  // namespace starling::os
