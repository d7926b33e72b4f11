#include "crypto/hash_tree.h"

#include <gtest/gtest.h>

#include "base/rng.h"
#include "crypto/hash.h"

namespace starling::crypto {
namespace hash_tree_test {

// The bytes that the vectors below are the roots of.
Bytes pattern(size_t size) {
  Bytes bytes(size);
  for (size_t i = 0; i < size; ++i) bytes[i] = static_cast<uint8_t>(i * 7 + i / 251);
  return bytes;
}

std::vector<Digest> leaves_of(ByteView bytes, uint64_t chunk) {
  std::vector<Digest> leaves;
  const ByteView part = bytes.subspan(chunk * kChunkSize, chunk_size(bytes.size(), chunk));
  for (size_t at = 0; at < part.size(); at += kLeafSize) {
    leaves.push_back(sha256(part.subspan(at, std::min<size_t>(kLeafSize, part.size() - at))));
  }
  return leaves;
}

std::vector<Digest> chunk_roots_of(ByteView bytes) {
  std::vector<Digest> roots;
  const uint64_t chunks = chunk_count(bytes.size());
  for (uint64_t i = 0; i < chunks; ++i) roots.push_back(chunk_root(leaves_of(bytes, i), chunks));
  return roots;
}

// `pieces root` of a file with these bytes in a v2 torrent made by libtorrent 2.0.8.
TEST(HashTreeTest, HasTheRootsThatLibtorrentComputes) {
  const std::pair<size_t, const char*> vectors[] = {
      {1, "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d"},
      {16'384, "15345b8bcf83c9acd70121ebacc0aae2b90b2995b90a5143382a4f29fd125083"},
      {16'385, "4f06ab5d81301a6be8740291d8491edb35843daecf491a50c4d22d92eaf9acbc"},
      {32'768, "6aeeb2f304b96333c9af0d0a646d227f4413e4dfde8da317eabcb92bf234ba61"},
      {49'152, "96c2e87d63edd32ff0d095deeb22c80b0b5dea5853a35c8e8ecec7ab918a8658"},
      {50'000, "8c818dded825a0577503d527522e83f824ce2e63d418ce70b76feb36b5c9ea13"},
      {1'048'576, "6d5976bfd3ac283d3c5d43e7e4bdd44ae62a7e4cd4c87c82bef45c27cd37e92d"},
      {1'048'577, "6e3b166202d7346cbc39cf82acde1db093c0df77f42838ed38863e2ddefeb601"},
      {3'145'733, "f5466c35e41191155b6789be9584b5809d2501ed1d6d7eacf243848c7e0f3497"},
  };
  for (const auto& [size, root] : vectors) {
    const Bytes bytes = pattern(size);
    EXPECT_EQ(to_hex(ChunkTree(size, chunk_roots_of(bytes)).root().view()), root) << size;
  }
}

TEST(HashTreeTest, TheEmptyBlobHasTheRootZero) {
  EXPECT_EQ(ChunkTree(0, {}).root(), Digest{});
  EXPECT_EQ(leaf_count(0), 0u);
  EXPECT_EQ(chunk_count(0), 0u);
}

TEST(HashTreeTest, ProvesEachChunkOfATreeOfAnySizeAgainstTheRootAlone) {
  for (uint64_t chunks = 1; chunks <= 20; ++chunks) {
    const uint64_t size = (chunks - 1) * kChunkSize + 5;
    std::vector<Digest> roots;
    for (uint64_t i = 0; i < chunks; ++i) roots.push_back(sha256({view_of(std::to_string(i))}));
    const ChunkTree whole(size, roots);
    for (uint64_t chunk = 0; chunk < chunks; ++chunk) {
      const auto uncles = whole.uncles_of(chunk);
      ASSERT_TRUE(uncles);
      ASSERT_EQ(uncles->size(), uncle_count(size, chunk));
      ChunkTree reader(BlobId{whole.root(), size});
      EXPECT_TRUE(reader.accept(chunk, roots[chunk], *uncles));
      EXPECT_EQ(reader.root_of(chunk), roots[chunk]);
      // Again, and wrong after that.
      EXPECT_TRUE(reader.accept(chunk, roots[chunk], *uncles));
      EXPECT_FALSE(reader.accept(chunk, Digest{}, *uncles));
    }
  }
}

TEST(HashTreeTest, RefusesWrongChunksPlacesAndProofsAndLearnsNothingFromThem) {
  constexpr uint64_t kChunks = 13;
  std::vector<Digest> roots;
  for (uint64_t i = 0; i < kChunks; ++i) roots.push_back(sha256({view_of(std::to_string(i))}));
  const uint64_t size = kChunks * kChunkSize;
  const ChunkTree whole(size, roots);
  Rng rng(3);
  ChunkTree reader(BlobId{whole.root(), size});
  for (int i = 0; i < 1'000; ++i) {
    const uint64_t chunk = rng.below(kChunks);
    Digest root = roots[chunk];
    auto uncles = *whole.uncles_of(chunk);
    switch (rng.below(5)) {
      case 0:
        root.value[rng.below(32)] ^= 1;
        break;
      case 1:
        uncles[rng.below(uncles.size())].value[rng.below(32)] ^= 1;
        break;
      case 2:
        uncles.pop_back();
        break;
      case 3:
        uncles.push_back(Digest{});
        break;
      default:
        ASSERT_FALSE(reader.accept((chunk + 1 + rng.below(kChunks - 1)) % kChunks, root, uncles));
        continue;
    }
    ASSERT_FALSE(reader.accept(chunk, root, uncles));
  }
  for (uint64_t chunk = 0; chunk < kChunks; ++chunk) {
    EXPECT_EQ(reader.root_of(chunk), std::nullopt);
    EXPECT_EQ(reader.uncles_of(chunk), std::nullopt);
  }
  for (uint64_t chunk = 0; chunk < kChunks; ++chunk)
    EXPECT_TRUE(reader.accept(chunk, roots[chunk], *whole.uncles_of(chunk)));
  // A reader that knows everything can prove everything.
  for (uint64_t chunk = 0; chunk < kChunks; ++chunk)
    EXPECT_EQ(reader.uncles_of(chunk), whole.uncles_of(chunk));
}

TEST(HashTreeTest, The64BytesThatAreTheHashesOfTwoLeavesHaveTheirRootButNotTheirName) {
  const Bytes honest = pattern(2 * kLeafSize);
  const auto leaves = leaves_of(honest, 0);
  Bytes forged = copy_of(leaves[0].view());
  append(forged, leaves[1].view());
  const BlobId honest_id{ChunkTree(honest.size(), chunk_roots_of(honest)).root(), honest.size()};
  const BlobId forged_id{ChunkTree(forged.size(), chunk_roots_of(forged)).root(), forged.size()};
  EXPECT_EQ(honest_id.root, forged_id.root);
  EXPECT_NE(honest_id, forged_id);
}

TEST(HashTreeTest, KnowsTheSizesOfLeavesAndChunks) {
  const uint64_t size = 2 * kChunkSize + kLeafSize + 1;
  EXPECT_EQ(leaf_count(size), 130u);
  EXPECT_EQ(chunk_count(size), 3u);
  EXPECT_EQ(leaf_size(size, 129), 1u);
  EXPECT_EQ(leaf_size(size, 0), kLeafSize);
  EXPECT_EQ(chunk_size(size, 2), kLeafSize + 1);
  EXPECT_EQ(leaves_of_chunk(size, 0), 64u);
  EXPECT_EQ(leaves_of_chunk(size, 2), 2u);
  EXPECT_EQ(tree_height(0), 0u);
  EXPECT_EQ(tree_height(1), 0u);
  EXPECT_EQ(tree_height(2), 1u);
  EXPECT_EQ(tree_height(5), 3u);
  EXPECT_EQ(tree_height(64), 6u);
}

}  // namespace hash_tree_test
}  // namespace starling::crypto
