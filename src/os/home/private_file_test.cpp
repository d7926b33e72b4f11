#include "os/home/private_file.h"

#include <gtest/gtest.h>

#include "os/home/temporary_home.h"

namespace starling::os {
namespace private_file_test {

namespace fs = std::filesystem;

constexpr size_t kSizeMax = 10;

HomeErrorKind refusal_of(const fs::path& path) {
  const auto contents = read_private_file(path, kSizeMax);
  EXPECT_FALSE(contents.has_value());
  if (contents) return {};
  EXPECT_EQ(contents.error().path, path);
  return contents.error().kind;
}

class PrivateFileTest : public ::testing::Test {
 protected:
  TemporaryHome home_;
  fs::path path_ = home_.folder() / "secret";
};

TEST_F(PrivateFileTest, ReadsBackWhatWasWrittenForTheOwnerOnly) {
  ASSERT_TRUE(write_private_file(path_, view_of("contents"), IfExists::refuse).has_value());
  EXPECT_EQ(mode_of(path_), 0600U);
  EXPECT_EQ(files_in(home_.folder()), 1U);
  EXPECT_EQ(text_of(read_private_file(path_, kSizeMax)->reveal()), "contents");
}

TEST_F(PrivateFileTest, WritesForTheOwnerWhateverTheUmask) {
  const mode_t before = ::umask(0777);
  const auto narrow = write_private_file(path_, view_of("a"), IfExists::refuse);
  ::umask(0);
  const auto wide = write_private_file(home_.folder() / "wide", view_of("a"), IfExists::refuse);
  ::umask(before);
  ASSERT_TRUE(narrow.has_value() && wide.has_value());
  EXPECT_EQ(mode_of(path_), 0600U);
  EXPECT_EQ(mode_of(home_.folder() / "wide"), 0600U);
}

TEST_F(PrivateFileTest, ReadsOneByteTooManyAndNoMore) {
  write_file(path_, std::string(kSizeMax, 'x'));
  EXPECT_EQ(read_private_file(path_, kSizeMax)->reveal().size(), kSizeMax);
  write_file(path_, std::string(kSizeMax + 100, 'x'));
  EXPECT_EQ(read_private_file(path_, kSizeMax)->reveal().size(), kSizeMax + 1);
}

TEST_F(PrivateFileTest, RefusesEveryPermissionForGroupOrOthers) {
  for (mode_t bit = S_IXOTH; bit <= S_IRGRP; bit <<= 1) {
    write_file(path_, "x", 0600 | bit);
    EXPECT_EQ(refusal_of(path_), HomeErrorKind::readable_by_others);
    EXPECT_EQ(read_private_file(path_, kSizeMax).error().mode, 0600 | bit);
  }
  for (const mode_t mode : {mode_t{0400}, mode_t{0600}, mode_t{0700}}) {
    write_file(path_, "x", mode);
    EXPECT_TRUE(read_private_file(path_, kSizeMax).has_value()) << mode;
    ASSERT_EQ(::chmod(path_.c_str(), 0600), 0);
  }
}

TEST_F(PrivateFileTest, RefusesAFileOfAnotherUser) {
  if (::geteuid() != 0) GTEST_SKIP() << "only root can give a file to another user";
  write_file(path_, "x");
  ASSERT_EQ(::chown(path_.c_str(), 12345, 12345), 0);
  EXPECT_EQ(refusal_of(path_), HomeErrorKind::belongs_to_another_user);
}

TEST_F(PrivateFileTest, RefusesLinksFoldersAndPipes) {
  EXPECT_EQ(refusal_of(path_), HomeErrorKind::not_found);
  write_file(home_.folder() / "target", "x");
  fs::create_symlink("target", path_);
  EXPECT_EQ(refusal_of(path_), HomeErrorKind::not_a_regular_file);
  fs::remove(path_);
  fs::create_symlink("nowhere", path_);
  EXPECT_EQ(refusal_of(path_), HomeErrorKind::not_a_regular_file);
  fs::remove(path_);
  fs::create_directory(path_);
  EXPECT_EQ(refusal_of(path_), HomeErrorKind::not_a_regular_file);
  fs::remove(path_);
  ASSERT_EQ(::mkfifo(path_.c_str(), 0600), 0);
  EXPECT_EQ(refusal_of(path_), HomeErrorKind::not_a_regular_file);
}

TEST_F(PrivateFileTest, SaysWhatTheSystemSaid) {
  write_file(path_, "x");
  const auto read = read_private_file(path_ / "below", kSizeMax);
  ASSERT_FALSE(read.has_value());
  EXPECT_EQ(read.error().kind, HomeErrorKind::cannot_read);
  EXPECT_EQ(read.error().system_error, ENOTDIR);
  const auto written =
      write_private_file(home_.folder() / "missing/file", view_of("x"), IfExists::refuse);
  ASSERT_FALSE(written.has_value());
  EXPECT_EQ(written.error().kind, HomeErrorKind::cannot_write);
  EXPECT_EQ(written.error().system_error, ENOENT);
}

TEST_F(PrivateFileTest, NeverReplacesAnythingUnlessAskedTo) {
  write_file(path_, "old", 0644);
  const auto written = write_private_file(path_, view_of("new"), IfExists::refuse);
  ASSERT_FALSE(written.has_value());
  EXPECT_EQ(written.error().kind, HomeErrorKind::already_exists);
  EXPECT_EQ(read_file(path_), "old");
  EXPECT_EQ(mode_of(path_), 0644U);
  EXPECT_EQ(files_in(home_.folder()), 1U) << "the temporary file is taken away";

  fs::remove(path_);
  fs::create_symlink("nowhere", path_);
  EXPECT_FALSE(write_private_file(path_, view_of("new"), IfExists::refuse).has_value());
  EXPECT_TRUE(fs::is_symlink(path_));
}

TEST_F(PrivateFileTest, ReplacesWhenAskedToAndTheNewFileIsPrivate) {
  write_file(path_, "old", 0644);
  ASSERT_TRUE(write_private_file(path_, view_of("new"), IfExists::replace).has_value());
  EXPECT_EQ(read_file(path_), "new");
  EXPECT_EQ(mode_of(path_), 0600U);
  EXPECT_EQ(files_in(home_.folder()), 1U);
}

TEST_F(PrivateFileTest, ACrashAfterAnyStepLeavesTheOldFileOrTheNew) {
  const std::string contents(5000, 'n');
  for (const IfExists if_exists : {IfExists::refuse, IfExists::replace}) {
    for (uint8_t step = 0; step <= static_cast<uint8_t>(kLastWriteStep); ++step) {
      const TemporaryHome home;
      const fs::path path = home.folder() / "secret";
      if (if_exists == IfExists::replace) write_file(path, "old");
      const int status = wait_for(start_child([&] {
        (void)write_private_file(path, view_of(contents), if_exists, [&](WriteStep done) {
          if (done == static_cast<WriteStep>(step)) ::kill(::getpid(), SIGKILL);
        });
        return 0;
      }));
      ASSERT_TRUE(WIFSIGNALED(status)) << "step " << int{step} << " does not exist";
      const bool published = step >= static_cast<uint8_t>(WriteStep::published);
      const std::string before = if_exists == IfExists::replace ? "old" : "";
      EXPECT_EQ(read_file(path), published ? contents : before) << int{step};
      EXPECT_EQ(fs::exists(path), published || if_exists == IfExists::replace) << int{step};
      for (const auto& left : fs::directory_iterator(home.folder())) {
        EXPECT_EQ(mode_of(left.path()), 0600U) << left.path();
      }
    }
  }
}

}  // namespace private_file_test
}  // namespace starling::os
