#include "os/home/home_lock.h"

#include <gtest/gtest.h>
#include <sys/file.h>
#include <vector>

#include "os/home/temporary_home.h"

namespace starling::os {
namespace home_lock_test {

constexpr WallTime kStarted{1'767'225'600};

class HomeLockTest : public ::testing::Test {
 protected:
  void SetUp() override { ASSERT_TRUE(make_folders(home_.paths()).has_value()); }

  // A child that holds the lock until it is killed; returns when it has it.
  pid_t start_holder() {
    Pipe ready;
    const pid_t child = start_child([&] {
      const auto lock = HomeLock::acquire(home_.paths(), kStarted);
      ready.send(lock.has_value());
      for (;;) ::pause();
      return 0;
    });
    bool locked = false;
    EXPECT_TRUE(ready.receive(locked));
    EXPECT_TRUE(locked);
    return child;
  }

  TemporaryHome home_;
};

TEST_F(HomeLockTest, WritesWhoHoldsItAndEmptiesTheFileAtRelease) {
  {
    const auto lock = HomeLock::acquire(home_.paths(), kStarted);
    ASSERT_TRUE(lock.has_value());
    EXPECT_EQ(read_file(home_.paths().lock_file),
              "pid " + std::to_string(::getpid()) + "\nstarted 1767225600\n");
    EXPECT_EQ(mode_of(home_.paths().lock_file), 0600U);
    EXPECT_EQ(recorded_lock_holder(home_.paths()),
              (LockHolder{.process = ::getpid(), .started = kStarted}));
  }
  EXPECT_EQ(read_file(home_.paths().lock_file), "");
  EXPECT_EQ(recorded_lock_holder(home_.paths()), std::nullopt);
  EXPECT_TRUE(HomeLock::acquire(home_.paths(), kStarted).has_value());
}

TEST_F(HomeLockTest, TellsASecondHolderWhoTheFirstIs) {
  const auto lock = HomeLock::acquire(home_.paths(), kStarted);
  ASSERT_TRUE(lock.has_value());
  const auto second = HomeLock::acquire(home_.paths(), WallTime{1});
  ASSERT_FALSE(second.has_value());
  EXPECT_EQ(second.error().kind, HomeErrorKind::in_use);
  EXPECT_EQ(second.error().process, ::getpid());
  EXPECT_EQ(second.error().started, kStarted);
  EXPECT_EQ(describe(second.error()), "this home is in use by process " +
                                          std::to_string(::getpid()) +
                                          " (started 2026-01-01 00:00:00 UTC); its lock is " +
                                          home_.paths().lock_file.string());
}

TEST_F(HomeLockTest, KilledHolderReleasesTheLock) {
  const pid_t holder = start_holder();
  const auto refused = HomeLock::acquire(home_.paths(), kStarted);
  ASSERT_FALSE(refused.has_value());
  EXPECT_EQ(refused.error().kind, HomeErrorKind::in_use);
  EXPECT_EQ(refused.error().process, holder);

  ASSERT_EQ(::kill(holder, SIGKILL), 0);
  wait_for(holder);
  EXPECT_NE(read_file(home_.paths().lock_file), "") << "a killed holder cannot empty the file";
  EXPECT_EQ(recorded_lock_holder(home_.paths()), std::nullopt) << "but nobody believes it";
  const auto lock = HomeLock::acquire(home_.paths(), kStarted);
  ASSERT_TRUE(lock.has_value());
  EXPECT_EQ(recorded_lock_holder(home_.paths())->process, ::getpid());
}

TEST_F(HomeLockTest, OneOfManyProcessesGetsIt) {
  constexpr int kProcesses = 8;
  struct Outcome {
    pid_t process;
    int64_t holder;
  };
  Pipe start;
  Pipe outcomes;
  Pipe finish;
  std::vector<pid_t> children;
  for (int i = 0; i < kProcesses; ++i) {
    children.push_back(start_child([&] {
      start.close_writer();
      finish.close_writer();
      char never = 0;
      start.receive(never);  // returns when the parent closes
      for (;;) {
        const auto lock = HomeLock::acquire(home_.paths(), kStarted);
        // Tried again while the holder has not written its name yet.
        if (!lock && lock.error().process == 0) continue;
        outcomes.send(Outcome{::getpid(), lock ? ::getpid() : lock.error().process});
        finish.receive(never);
        return 0;
      }
    }));
  }
  start.close_writer();
  int winners = 0;
  int64_t holder = 0;
  for (int i = 0; i < kProcesses; ++i) {
    Outcome outcome{};
    ASSERT_TRUE(outcomes.receive(outcome));
    if (holder == 0) holder = outcome.holder;
    EXPECT_EQ(outcome.holder, holder);
    winners += outcome.process == outcome.holder ? 1 : 0;
  }
  EXPECT_EQ(winners, 1);
  finish.close_writer();
  for (const pid_t child : children) EXPECT_EQ(wait_for(child), 0);
}

TEST_F(HomeLockTest, HolderWithoutAReadableNameIsAnotherProcess) {
  for (const std::string_view contents : {"", "nonsense", "pid 0\nstarted 1\n"}) {
    write_file(home_.paths().lock_file, contents);
    const FileDescriptor holder(::open(home_.paths().lock_file.c_str(), O_RDWR | O_CLOEXEC));
    ASSERT_EQ(::flock(holder.number(), LOCK_EX | LOCK_NB), 0);
    const auto refused = HomeLock::acquire(home_.paths(), kStarted);
    ASSERT_FALSE(refused.has_value());
    EXPECT_EQ(refused.error().kind, HomeErrorKind::in_use);
    EXPECT_EQ(refused.error().process, 0);
  }
}

TEST_F(HomeLockTest, ForkedChildDoesNotReleaseItsParentsLock) {
  auto lock = HomeLock::acquire(home_.paths(), kStarted);
  ASSERT_TRUE(lock.has_value());
  const int status = wait_for(start_child([&] {
    const HomeLock moved = std::move(*lock);
    return 0;
  }));
  EXPECT_EQ(status, 0);
  EXPECT_EQ(HomeLock::acquire(home_.paths(), kStarted).error().process, ::getpid());
}

TEST_F(HomeLockTest, ReleasesWhileAForkedChildLives) {
  Pipe finish;
  pid_t child = 0;
  {
    const auto lock = HomeLock::acquire(home_.paths(), kStarted);
    ASSERT_TRUE(lock.has_value());
    child = start_child([&] {
      finish.close_writer();
      char never = 0;
      finish.receive(never);
      return 0;
    });
  }
  EXPECT_TRUE(HomeLock::acquire(home_.paths(), kStarted).has_value());
  finish.close_writer();
  EXPECT_EQ(wait_for(child), 0);
}

TEST_F(HomeLockTest, RefusesALinkAFolderAndAPipe) {
  const auto refusal = [&] {
    const auto lock = HomeLock::acquire(home_.paths(), kStarted);
    return lock ? HomeErrorKind::no_home : lock.error().kind;
  };
  const std::filesystem::path& path = home_.paths().lock_file;
  std::filesystem::create_symlink("nowhere", path);
  EXPECT_EQ(refusal(), HomeErrorKind::not_a_regular_file);
  EXPECT_FALSE(std::filesystem::exists(home_.paths().data_dir / "nowhere"));
  std::filesystem::remove(path);
  std::filesystem::create_directory(path);
  EXPECT_EQ(refusal(), HomeErrorKind::not_a_regular_file);
  std::filesystem::remove(path);
  ASSERT_EQ(::mkfifo(path.c_str(), 0600), 0);
  EXPECT_EQ(refusal(), HomeErrorKind::not_a_regular_file);
}

TEST_F(HomeLockTest, SaysWhyItCannotLock) {
  std::filesystem::remove_all(home_.paths().data_dir);
  const auto lock = HomeLock::acquire(home_.paths(), kStarted);
  ASSERT_FALSE(lock.has_value());
  EXPECT_EQ(lock.error().kind, HomeErrorKind::cannot_lock);
  EXPECT_EQ(lock.error().system_error, ENOENT);
}

TEST(LockHolderTest, ReadsItsOwnFormatAndNothingElse) {
  EXPECT_EQ(parse_lock_holder("pid 1234\nstarted 1767225600\n"),
            (LockHolder{.process = 1234, .started = kStarted}));
  for (const std::string_view text :
       {"", "pid", "pid 1\n", "pid 1\nstarted 2", "pid 1\nstarted 2\n ", "pid 0\nstarted 2\n",
        "pid -1\nstarted 2\n", "pid 1\nstarted -2\n", "pid 99999999999\nstarted 2\n",
        "pid 1\nstarted 99999999999999\n", "pid x\nstarted 2\n", "pid  1\nstarted 2\n",
        "pid 99999999999999999999999\nstarted 2\n"}) {
    EXPECT_EQ(parse_lock_holder(text), std::nullopt) << text;
  }
}

}  // namespace home_lock_test
}  // namespace starling::os
