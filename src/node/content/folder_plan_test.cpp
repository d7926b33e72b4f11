#include "node/content/folder_plan.h"

#include <gtest/gtest.h>

#include "crypto/hash.h"

namespace starling::node {
namespace folder_plan_test {

crypto::BlobId blob_of(std::string_view text) {
  return {crypto::sha256(view_of(text)), text.size()};
}

// The lists by their blobs, as a store would have them.
std::map<crypto::BlobId, content::Manifest> finish(FolderPlan& plan) {
  std::map<crypto::BlobId, content::Manifest> lists;
  while (true) {
    auto bytes = plan.take_deepest();
    EXPECT_TRUE(bytes);
    if (!bytes || !*bytes) return lists;
    const crypto::BlobId blob{crypto::sha256(**bytes), (*bytes)->size()};
    lists[blob] = *content::decode_manifest(**bytes);
    plan.set_blob(blob);
  }
}

TEST(FolderPlanTest, FilesWithPathsBecomeFoldersInFolders) {
  FolderPlan plan;
  for (const char* path : {"z.txt", "a/b/c.txt", "a/d.txt", "a/b/e"})
    ASSERT_TRUE(plan.add(path, blob_of(path), std::string_view(path) == "a/b/e"));
  EXPECT_FALSE(plan.root());
  const auto lists = finish(plan);
  ASSERT_EQ(lists.size(), 3u);
  const auto& top = lists.at(plan.root()->manifest);
  EXPECT_EQ(top.find("z.txt")->blob, blob_of("z.txt"));
  const auto& a = lists.at(top.find("a")->blob);
  EXPECT_EQ(a.find("d.txt")->blob, blob_of("a/d.txt"));
  const auto& b = lists.at(a.find("b")->blob);
  EXPECT_EQ(b.entries.size(), 2u);
  EXPECT_EQ(b.find("e")->kind, content::ManifestEntry::Kind::executable);
}

TEST(FolderPlanTest, TheSameFilesInAnyOrderAreTheSameFolder) {
  FolderPlan one;
  FolderPlan other;
  for (const char* path : {"a/b", "c", "d/e/f"}) ASSERT_TRUE(one.add(path, blob_of(path), false));
  for (const char* path : {"d/e/f", "c", "a/b"}) ASSERT_TRUE(other.add(path, blob_of(path), false));
  finish(one);
  finish(other);
  EXPECT_EQ(one.root(), other.root());
}

TEST(FolderPlanTest, AFolderWithoutFilesIsAFolder) {
  FolderPlan plan;
  EXPECT_EQ(finish(plan).size(), 1u);
  EXPECT_TRUE(plan.root());
}

TEST(FolderPlanTest, NamesThatSomeComputersTakeForOneAreRefused) {
  using Kind = ContentFailure::Kind;
  const auto second_of = [](const char* first, const char* second) {
    FolderPlan plan;
    EXPECT_TRUE(plan.add(first, {}, false));
    const auto added = plan.add(second, {}, false);
    return added ? std::nullopt : std::optional(added.error().kind);
  };
  EXPECT_EQ(second_of("name", "Name"), Kind::same_name);
  EXPECT_EQ(second_of("folder/a", "Folder/b"), Kind::same_name);
  EXPECT_EQ(second_of("a", "A/b"), Kind::same_name);
  EXPECT_EQ(second_of("A/b", "a"), Kind::same_name);
  EXPECT_EQ(second_of("\u00DC", "U\u0308"), Kind::same_name);
  EXPECT_EQ(second_of("a", "b\\c\n"), Kind::bad_name);
  EXPECT_EQ(second_of("a/x", "b/x"), std::nullopt);
}

}  // namespace folder_plan_test
}  // namespace starling::node
