#include "sim/callback.h"

#include <gtest/gtest.h>
#include <memory>
#include <string>

namespace starling::sim {
namespace callback_test {

TEST(CallbackTest, CanBeCalledAgainAndAgain) {
  int sum = 0;
  Callback<int> callback([&](int value) { sum += value; });
  EXPECT_TRUE(callback(1));
  EXPECT_TRUE(callback(2));
  EXPECT_EQ(sum, 3);
}

TEST(CallbackTest, DoesNothingWhenItHasNoFunction) {
  Callback<int> callback;
  EXPECT_TRUE(callback(1));
}

TEST(CallbackTest, OutlivesItsOwnCallWhenTheCallDestroysItsOwner) {
  std::unique_ptr<Callback<>> owner;
  std::string seen;
  const std::string captured(100, 'x');
  owner = std::make_unique<Callback<>>([&owner, &seen, captured] {
    owner.reset();
    seen = captured;
  });
  EXPECT_FALSE((*owner)());
  EXPECT_EQ(seen, captured);
}

}  // namespace callback_test
}  // namespace starling::sim
