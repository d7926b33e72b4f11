#include "base/lifetime.h"

#include <functional>
#include <gtest/gtest.h>
#include <string>

namespace starling {
namespace lifetime_test {

struct Listener {
  explicit Listener(int& heard) : heard_(heard) {}
  std::function<void(std::string)> call() {
    return lifetime_.guard([this](std::string text) { heard_ += static_cast<int>(text.size()); });
  }
  int& heard_;
  Lifetime lifetime_;
};

TEST(Lifetime, CallsComeAsLongAsTheObjectLives) {
  int heard = 0;
  auto listener = std::make_unique<Listener>(heard);
  const auto call = listener->call();
  call("four");
  EXPECT_EQ(heard, 4);
  listener.reset();
  call("more");
  EXPECT_EQ(heard, 4);
}

TEST(Lifetime, ALoopSeesThatItsObjectIsGone) {
  auto lifetime = std::make_unique<Lifetime>();
  const auto watch = lifetime->watch();
  EXPECT_FALSE(watch.expired());
  lifetime.reset();
  EXPECT_TRUE(watch.expired());
}

}  // namespace lifetime_test
}  // namespace starling
