#include "os/home/home_error.h"

#include <cerrno>
#include <gtest/gtest.h>
#include <set>

namespace starling::os {
namespace home_error_test {

TEST(HomeErrorTest, EveryKindHasASentenceOfItsOwn) {
  std::set<std::string> sentences;
  constexpr auto kLast = static_cast<uint8_t>(HomeErrorKind::api_file_stale);
  for (uint8_t kind = 0; kind <= kLast; ++kind) {
    const std::string sentence =
        describe({.kind = static_cast<HomeErrorKind>(kind), .path = "/h/data"});
    EXPECT_GT(sentence.size(), 10U) << int{kind};
    EXPECT_TRUE(sentences.insert(sentence).second) << sentence;
    const bool names_no_path = static_cast<HomeErrorKind>(kind) == HomeErrorKind::no_home;
    EXPECT_EQ(sentence.find("/h/data") == std::string::npos, names_no_path) << sentence;
  }
}

TEST(HomeErrorTest, NamesTheHolderOfTheLockAndSinceWhen) {
  EXPECT_EQ(describe({.kind = HomeErrorKind::in_use,
                      .path = "/h/data/lock",
                      .process = 1234,
                      .started = WallTime{1'767'225'600}}),
            "this home is in use by process 1234 (started 2026-01-01 00:00:00 UTC); its lock is "
            "/h/data/lock");
  EXPECT_EQ(describe({.kind = HomeErrorKind::in_use, .path = "/h/data/lock"}),
            "this home is in use by another process; its lock is /h/data/lock");
}

TEST(HomeErrorTest, SaysTheModeAndTheCommandThatMendsIt) {
  EXPECT_EQ(describe({.kind = HomeErrorKind::readable_by_others,
                      .path = "/home/o'neil/identity",
                      .mode = 0644}),
            "/home/o'neil/identity holds a secret and is open to other users (mode 0644); mend it "
            "with: chmod 600 '/home/o'\\''neil/identity'");
}

TEST(HomeErrorTest, SaysWhatTheSystemSaid) {
  const std::string sentence = describe(
      {.kind = HomeErrorKind::cannot_write, .path = "/h/data/identity", .system_error = ENOSPC});
  EXPECT_NE(sentence.find("No space left on device"), std::string::npos) << sentence;
}

}  // namespace home_error_test
}  // namespace starling::os
