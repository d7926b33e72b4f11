#include "os/home/home_paths.h"

#include <gtest/gtest.h>

#include "os/home/temporary_home.h"

namespace starling::os {
namespace home_paths_test {

namespace fs = std::filesystem;

constexpr uid_t kAnotherUser = 12345;

TEST(HomePathsTest, PutsEverythingBelowTheFolderThatIsNamed) {
  const HomePaths paths = *home_paths(
      "/srv/flock", {.home = "/home/ada", .xdg_config_home = "/c", .xdg_data_home = "/d"});
  EXPECT_EQ(paths.config_file, "/srv/flock/config.toml");
  EXPECT_EQ(paths.data_dir, "/srv/flock/data");
  EXPECT_EQ(paths.run_dir, "/srv/flock/data/run");
  EXPECT_EQ(paths.lock_file, "/srv/flock/data/lock");
  EXPECT_EQ(paths.identity_file, "/srv/flock/data/identity");
  EXPECT_EQ(paths.api_file, "/srv/flock/data/run/api.json");
}

TEST(HomePathsTest, MakesARelativeFolderAbsolute) {
  EXPECT_EQ(paths_below("flock")->data_dir, fs::current_path() / "flock/data");
  EXPECT_EQ(paths_below("/srv/flock/")->data_dir, "/srv/flock/data");
}

TEST(HomePathsTest, RefusesAnEmptyFolderName) {
  EXPECT_EQ(paths_below("").error().kind, HomeErrorKind::no_home);
}

TEST(HomePathsTest, FollowsTheXdgVariables) {
  const HomePaths paths = *home_paths(
      std::nullopt, {.home = "/home/ada", .xdg_config_home = "/c", .xdg_data_home = "/d"});
  EXPECT_EQ(paths.config_file, "/c/starling/config.toml");
  EXPECT_EQ(paths.data_dir, "/d/starling");
  EXPECT_EQ(paths.run_dir, "/d/starling/run");
  EXPECT_EQ(paths.identity_file, "/d/starling/identity");
}

TEST(HomePathsTest, FallsBackToTheXdgDefaultsBelowHome) {
  const HomePaths paths = *paths_by_xdg(
      {.home = "/home/ada", .xdg_config_home = "", .xdg_data_home = "relative/is/ignored"});
  EXPECT_EQ(paths.config_file, "/home/ada/.config/starling/config.toml");
  EXPECT_EQ(paths.data_dir, "/home/ada/.local/share/starling");
  EXPECT_EQ(paths.run_dir, "/home/ada/.local/share/starling/run");
}

TEST(HomePathsTest, FindsTheRunFolderInEverySessionOfTheUser) {
  ASSERT_EQ(::setenv("XDG_RUNTIME_DIR", "/run/user/1000", 1), 0);
  HomeEnvironment environment = HomeEnvironment::of_this_process();
  environment.xdg_data_home = "/d";
  EXPECT_EQ(paths_by_xdg(environment)->run_dir, "/d/starling/run");
  ASSERT_EQ(::unsetenv("XDG_RUNTIME_DIR"), 0);
  EXPECT_EQ(paths_by_xdg(environment)->run_dir, "/d/starling/run");
}

TEST(HomePathsTest, SaysSoWhenNothingNamesAHome) {
  EXPECT_EQ(paths_by_xdg({}).error().kind, HomeErrorKind::no_home);
  HomeEnvironment without_data;
  without_data.xdg_config_home = "/c";
  EXPECT_EQ(paths_by_xdg(without_data).error().kind, HomeErrorKind::no_home);
  without_data.xdg_data_home = "/d";
  EXPECT_TRUE(paths_by_xdg(without_data).has_value());
}

TEST(HomePathsTest, MakesTheMissingFoldersForTheirOwnerOnly) {
  const TemporaryHome home;
  const HomePaths paths = *paths_below(home.folder() / "new" / "home");
  ASSERT_TRUE(make_folders(paths).has_value());
  for (const fs::path& made :
       {home.folder() / "new", home.folder() / "new/home", paths.data_dir, paths.run_dir}) {
    EXPECT_EQ(mode_of(made), 0700U) << made;
  }
  EXPECT_TRUE(make_folders(paths).has_value()) << "a second time changes nothing";
}

TEST(HomePathsTest, LeavesFoldersThatExistAsTheyAreAndFollowsLinksToFolders) {
  const TemporaryHome home;
  fs::create_directory(home.folder() / "disk");
  ASSERT_EQ(::chmod((home.folder() / "disk").c_str(), 0755), 0);
  fs::create_directory_symlink(home.folder() / "disk", home.paths().data_dir);
  ASSERT_TRUE(make_folders(home.paths()).has_value());
  EXPECT_EQ(mode_of(home.folder() / "disk"), 0755U);
  EXPECT_TRUE(fs::is_symlink(home.paths().data_dir));
}

TEST(HomePathsTest, RefusesAFileWhereAFolderBelongs) {
  const TemporaryHome home;
  write_file(home.paths().data_dir, "");
  const auto made = make_folders(home.paths());
  ASSERT_FALSE(made.has_value());
  EXPECT_EQ(made.error().kind, HomeErrorKind::not_a_folder);
  EXPECT_EQ(made.error().path, home.paths().data_dir);
}

TEST(HomePathsTest, SaysWhyAFolderCannotBeMade) {
  const TemporaryHome home;
  ASSERT_EQ(::mkdir(home.paths().data_dir.c_str(), 0700), 0);
  fs::create_symlink("nowhere", home.paths().run_dir);
  const auto made = make_folders(home.paths());
  ASSERT_FALSE(made.has_value());
  EXPECT_EQ(made.error().kind, HomeErrorKind::cannot_make_folder);
  EXPECT_EQ(made.error().path, home.paths().run_dir);
  EXPECT_NE(made.error().system_error, 0);
}

TEST(HomePathsTest, RefusesFoldersThatOthersMayWriteTo) {
  for (const mode_t mode : {mode_t{0770}, mode_t{0707}, mode_t{0720}, mode_t{01777}}) {
    const TemporaryHome home;
    ASSERT_TRUE(make_folders(home.paths()).has_value());
    ASSERT_EQ(::chmod(home.paths().run_dir.c_str(), mode), 0);
    const auto made = make_folders(home.paths());
    ASSERT_FALSE(made.has_value());
    EXPECT_EQ(made.error().kind, HomeErrorKind::folder_writable_by_others);
    EXPECT_EQ(made.error().path, home.paths().run_dir);
    EXPECT_EQ(made.error().mode, mode);
  }
}

TEST(HomePathsTest, RefusesAFolderOfAnotherUser) {
  if (::geteuid() != 0) GTEST_SKIP() << "only root can give a folder to another user";
  const TemporaryHome home;
  ASSERT_TRUE(make_folders(home.paths()).has_value());
  ASSERT_EQ(::chown(home.paths().data_dir.c_str(), kAnotherUser, kAnotherUser), 0);
  const auto made = make_folders(home.paths());
  ASSERT_FALSE(made.has_value());
  EXPECT_EQ(made.error().kind, HomeErrorKind::belongs_to_another_user);
  EXPECT_EQ(made.error().path, home.paths().data_dir);
}

}  // namespace home_paths_test
}  // namespace starling::os
