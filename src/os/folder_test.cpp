#include "os/folder.h"

#include <filesystem>
#include <fstream>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include "os/test_loop.h"

namespace starling::os {
namespace folder_test {

using env::FileError;
using Names = std::vector<std::string>;

Bytes bytes_of(std::string_view text) { return copy_of(view_of(text)); }

Folder open_folder(const std::string& path) {
  auto folder = Folder::open(path);
  if (!folder) throw std::runtime_error("cannot open " + path);
  return std::move(*folder);
}

TEST(FolderTest, ReadsBackWhatWasWrittenLast) {
  const TestFolder place;
  Folder folder = open_folder(place.path());
  ASSERT_TRUE(folder.write("peers", view_of("a long first value")));
  ASSERT_TRUE(folder.write("peers", view_of("short")));
  EXPECT_EQ(folder.read("peers"), bytes_of("short"));
  ASSERT_TRUE(folder.write("empty", {}));
  EXPECT_EQ(folder.read("empty"), Bytes{});
}

TEST(FolderTest, MakesItselfAndItsFilesUnreadableForOthers) {
  const TestFolder place;
  Folder folder = open_folder(place.path("above/inner"));
  ASSERT_TRUE(folder.write("key", view_of("secret")));
  struct stat about{};
  ASSERT_EQ(stat(place.path("above/inner").c_str(), &about), 0);
  EXPECT_EQ(about.st_mode & 0777U, 0700U);
  ASSERT_EQ(stat(place.path("above/inner/key").c_str(), &about), 0);
  EXPECT_EQ(about.st_mode & 0777U, 0600U);
}

TEST(FolderTest, RemovesLeftoversOfACrashWhenOpenedAndNothingElse) {
  const TestFolder place;
  std::ofstream(place.path(".new-peers")) << "half";
  std::ofstream(place.path(".other")) << "not ours";
  std::ofstream(place.path("peers")) << "whole";
  const Folder folder = open_folder(place.path());
  EXPECT_FALSE(std::filesystem::exists(place.path(".new-peers")));
  EXPECT_TRUE(std::filesystem::exists(place.path(".other")));
  EXPECT_EQ(folder.read("peers"), bytes_of("whole"));
}

TEST(FolderTest, ListsRegularFilesWithProperNamesInAscendingOrder) {
  const TestFolder place;
  Folder folder = open_folder(place.path());
  EXPECT_EQ(folder.list(), Names{});
  for (const char* name : {"b", "a.1", "Z_z-0"}) ASSERT_TRUE(folder.write(name, view_of("x")));
  std::ofstream(place.path(".hidden")) << "x";
  std::ofstream(place.path("bad name")) << "x";
  std::filesystem::create_directory(place.path("directory"));
  EXPECT_EQ(folder.list(), (Names{"Z_z-0", "a.1", "b"}));
  EXPECT_EQ(folder.list(), (Names{"Z_z-0", "a.1", "b"}));
}

TEST(FolderTest, RemovesWithoutErrorAlsoWhatIsNotThere) {
  const TestFolder place;
  Folder folder = open_folder(place.path());
  ASSERT_TRUE(folder.write("a", view_of("x")));
  EXPECT_TRUE(folder.remove("a"));
  EXPECT_TRUE(folder.remove("a"));
  EXPECT_EQ(folder.read("a"), std::unexpected(FileError::not_found));
}

TEST(FolderTest, RefusesNamesThatAreNotOnePlainComponent) {
  const TestFolder place;
  Folder folder = open_folder(place.path());
  const std::string too_long(Folder::kNameBytesMax + 1, 'a');
  for (const std::string& name : {std::string(), std::string("."), std::string(".."),
                                  std::string(".hidden"), std::string("a/b"), std::string("a b"),
                                  std::string("a\0b", 3), std::string("\xc3\xa4"), too_long}) {
    EXPECT_EQ(folder.write(name, view_of("x")), std::unexpected(FileError::failed)) << name;
    EXPECT_EQ(folder.read(name), std::unexpected(FileError::failed)) << name;
    EXPECT_EQ(folder.remove(name), std::unexpected(FileError::failed)) << name;
  }
  EXPECT_TRUE(std::filesystem::is_empty(place.path()));
  EXPECT_TRUE(folder.write(std::string(Folder::kNameBytesMax, 'a'), view_of("x")));
}

TEST(FolderTest, RefusesFilesAboveTheLimitBothWays) {
  const TestFolder place;
  Folder folder = open_folder(place.path());
  const Bytes large(env::FileStore::kFileSizeMax + 1);
  EXPECT_EQ(folder.write("large", large), std::unexpected(FileError::too_large));
  ASSERT_TRUE(folder.write("large", ByteView(large).first(large.size() - 1)));
  EXPECT_EQ(folder.read("large")->size(), large.size() - 1);
  std::filesystem::resize_file(place.path("large"), large.size());
  EXPECT_EQ(folder.read("large"), std::unexpected(FileError::too_large));
}

TEST(FolderTest, FollowsNoLinksAndWaitsForNoPipes) {
  const TestFolder place;
  Folder folder = open_folder(place.path());
  ASSERT_TRUE(folder.write("target", view_of("x")));
  std::filesystem::create_symlink("target", place.path("link"));
  ASSERT_EQ(mkfifo(place.path("pipe").c_str(), 0600), 0);
  EXPECT_FALSE(folder.read("link"));
  EXPECT_EQ(folder.read("pipe"), std::unexpected(FileError::failed));
}

TEST(FolderTest, LeavesTheOldContentsWhenAWriteFails) {
  const TestFolder place;
  Folder folder = open_folder(place.path());
  std::filesystem::create_directory(place.path("a"));  // a file cannot replace it
  EXPECT_FALSE(folder.write("a", view_of("x")));
  EXPECT_TRUE(std::filesystem::is_directory(place.path("a")));
  EXPECT_FALSE(std::filesystem::exists(place.path(".new-a")));
}

TEST(FolderTest, SaysWhyItCannotBeOpened) {
  const TestFolder place;
  std::ofstream(place.path("file")) << "x";
  EXPECT_FALSE(Folder::open(place.path("file")));
  EXPECT_FALSE(Folder::open(place.path("file/below")));
}

}  // namespace folder_test
}  // namespace starling::os
