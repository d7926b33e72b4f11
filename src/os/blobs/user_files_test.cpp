#include "os/blobs/user_files.h"

#include <fstream>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include "os/test_loop.h"

namespace starling::os {
namespace user_files_test {

using env::BlobError;
namespace fs = std::filesystem;

class UserFilesTest : public testing::Test {
 protected:
  UserFilesTest() {
    make("site/index.html", "hello");
    make("site/b/two.txt", "2");
    make("site/a/one.txt", "1");
    make("site/.git/config", "hidden");
    make("site/.secret", "hidden");
    make("outside.txt", "private");
  }
  std::string at(const std::string& name) { return folder_.path() + "/" + name; }
  void make(const std::string& name, const std::string& text) {
    fs::create_directories(fs::path(at(name)).parent_path());
    std::ofstream(at(name)) << text;
  }
  std::string text_at(const std::string& name) {
    std::ifstream file(at(name));
    return {std::istreambuf_iterator<char>(file), {}};
  }
  std::vector<std::string> names(bool with_hidden = false) {
    std::vector<std::string> names;
    const auto tree = find_user_files(at("site"), with_hidden);
    for (const auto& file : tree->files) names.push_back(file.path);
    return names;
  }
  UserFileResult<> write(const std::string& folder, const std::string& relative,
                         const std::string& text) {
    auto writer = UserFileWriter::create(at(folder), relative, false);
    if (!writer) return std::unexpected(writer.error());
    if (const auto added = writer->add(view_of(text)); !added) return added;
    return writer->finish();
  }

  TestFolder folder_;
};

TEST_F(UserFilesTest, FindsFilesInOrderAndLeavesHiddenOnesOut) {
  EXPECT_EQ(names(), (std::vector<std::string>{"a/one.txt", "b/two.txt", "index.html"}));
  EXPECT_EQ(find_user_files(at("site"), false)->left_out, 2u);
  EXPECT_EQ(names(true), (std::vector<std::string>{".git/config", ".secret", "a/one.txt",
                                                   "b/two.txt", "index.html"}));
}

TEST_F(UserFilesTest, FollowsLinksInsideAndNoneThatLeadOut) {
  fs::create_symlink("a/one.txt", at("site/inside"));
  fs::create_symlink("../outside.txt", at("site/outside"));
  fs::create_symlink(at("outside.txt"), at("site/absolute"));
  fs::create_symlink("nothing", at("site/broken"));
  fs::create_directory_symlink("..", at("site/up"));
  fs::create_directory_symlink(".", at("site/circle"));
  EXPECT_EQ(names(), (std::vector<std::string>{"a/one.txt", "b/two.txt", "index.html", "inside"}));
  EXPECT_EQ(find_user_files(at("site"), false)->left_out, 2u + 5u);
  EXPECT_TRUE(open_user_file(at("site"), "inside"));
  for (const char* name : {"outside", "absolute", "up/outside.txt", "../outside.txt"})
    EXPECT_FALSE(open_user_file(at("site"), name)) << name;
}

TEST_F(UserFilesTest, LeavesOutWhatIsNoFileAndDoesNotWaitForIt) {
  ASSERT_EQ(::mkfifo(at("site/pipe").c_str(), 0600), 0);
  EXPECT_EQ(names().size(), 3u);
  EXPECT_EQ(open_user_file(at("site"), "pipe").error(), BlobError::unsuitable);
  EXPECT_EQ(open_user_file(at("site"), "a").error(), BlobError::unsuitable);
}

TEST_F(UserFilesTest, KnowsASingleFileAndWhatIsNotThere) {
  const auto tree = find_user_files(at("site/index.html"), false);
  ASSERT_TRUE(tree);
  EXPECT_FALSE(tree->is_folder);
  ASSERT_EQ(tree->files.size(), 1u);
  EXPECT_EQ(tree->files[0].path, "index.html");
  EXPECT_EQ(tree->files[0].size, 5u);
  EXPECT_EQ(find_user_files(at("nothing"), false).error(), BlobError::not_here);
}

TEST_F(UserFilesTest, WritesBelowItsFolderAndReplacesFiles) {
  EXPECT_TRUE(write("target", "x/y/z.txt", "new"));
  EXPECT_EQ(text_at("target/x/y/z.txt"), "new");
  EXPECT_TRUE(write("target", "x/y/z.txt", "newer"));
  EXPECT_EQ(text_at("target/x/y/z.txt"), "newer");
  EXPECT_EQ(write("target", "x/y", "folder").error(), BlobError::exists);
}

TEST_F(UserFilesTest, NeverWritesOutsideOfItsFolder) {
  fs::create_directories(at("target"));
  fs::create_directories(at("elsewhere"));
  fs::create_directory_symlink("../elsewhere", at("target/out"));
  fs::create_directory_symlink(at("elsewhere"), at("target/absolute"));
  fs::create_symlink(at("outside.txt"), at("target/file"));
  EXPECT_FALSE(write("target", "out/x", "bad"));
  EXPECT_FALSE(write("target", "absolute/x", "bad"));
  EXPECT_FALSE(write("target", "../elsewhere/x", "bad"));
  EXPECT_TRUE(fs::is_empty(at("elsewhere")));
  // A link in the place of the file is replaced, not followed.
  EXPECT_TRUE(write("target", "file", "good"));
  EXPECT_EQ(text_at("outside.txt"), "private");
  EXPECT_EQ(text_at("target/file"), "good");
}

TEST_F(UserFilesTest, AFileThatIsNotFinishedLeavesNothing) {
  {
    auto writer = UserFileWriter::create(at("target"), "half", false);
    ASSERT_TRUE(writer);
    EXPECT_TRUE(writer->add(view_of("half")));
  }
  EXPECT_TRUE(fs::is_empty(at("target")));
}

TEST_F(UserFilesTest, TakesPartsOfAnotherFile) {
  const auto source = open_user_file(at("site"), "a/one.txt");
  ASSERT_TRUE(source);
  const std::string text = text_at("site/a/one.txt");
  auto writer = UserFileWriter::create(at("target"), "parts", false);
  ASSERT_TRUE(writer);
  EXPECT_TRUE(writer->add(view_of("before ")));
  EXPECT_TRUE(writer->add_from(source->file.number(), 1, source->size - 1));
  EXPECT_TRUE(writer->add(view_of(" after")));
  EXPECT_EQ(writer->add_from(source->file.number(), source->size, 1).error(), BlobError::not_here);
  ASSERT_TRUE(writer->finish());
  EXPECT_EQ(text_at("target/parts"), "before " + text.substr(1) + " after");
}

TEST_F(UserFilesTest, KeepsTheExecutableBit) {
  ::chmod(at("site/a/one.txt").c_str(), 0755);
  EXPECT_TRUE(find_user_files(at("site"), false)->files[0].executable);
  EXPECT_FALSE(find_user_files(at("site"), false)->files[1].executable);
  auto writer = UserFileWriter::create(at("target"), "run", true);
  ASSERT_TRUE(writer->finish());
  struct stat status{};
  ASSERT_EQ(::stat(at("target/run").c_str(), &status), 0);
  EXPECT_NE(status.st_mode & 0100, 0u);
}

}  // namespace user_files_test
}  // namespace starling::os
