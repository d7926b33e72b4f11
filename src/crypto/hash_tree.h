// crypto/hash_tree.h - the SHA-256 tree of a blob as in BitTorrent v2 (BEP 52): leaves of 16 KiB, so that each can be checked
// before it is used, and the same root that a file has there.
//
// Shape:   the leaves' hashes are padded with zeros to the next power of two, then hashed in pairs up to the root. The empty blob
//          has the root zero; a blob of one leaf has that leaf's hash.
// Chunks:  64 leaves, 1 MiB, aligned: what is asked for and proved at once.
// Wire:    docs/wire/content.md#hash-tree.
#pragma once

#include <span>
#include <unordered_map>
#include <vector>

#include "crypto/blob_id.h"

namespace starling::crypto {

inline constexpr uint64_t kLeafSize = 16 << 10;
inline constexpr uint64_t kChunkLeaves = 64;
inline constexpr uint64_t kChunkSize = kLeafSize * kChunkLeaves;

inline uint64_t leaf_count(uint64_t blob_size) { return (blob_size + kLeafSize - 1) / kLeafSize; }
inline uint64_t chunk_count(uint64_t blob_size) {
  return (blob_size + kChunkSize - 1) / kChunkSize;
}
// Bytes of a leaf or chunk; the last may be shorter. Pre: it exists.
uint64_t leaf_size(uint64_t blob_size, uint64_t leaf);
uint64_t chunk_size(uint64_t blob_size, uint64_t chunk);
inline uint64_t leaves_of_chunk(uint64_t blob_size, uint64_t chunk) {
  return leaf_count(chunk_size(blob_size, chunk));
}
// Hashes from the leaves to the root, without the leaves: the root of 2^height leaves.
size_t tree_height(uint64_t leaves);

// The root of a chunk of a blob with so many chunks. Of a blob's only chunk: the root of the blob.
Digest chunk_root(std::span<const Digest> leaves, uint64_t chunks);

// Nodes beside the way from a chunk to the root, without those that lie wholly behind the end.
size_t uncle_count(uint64_t blob_size, uint64_t chunk);

// A node above the leaves of a chunk. Nodes are numbered from 1, the root; below node n are 2n and 2n + 1; the chunks' own roots
// are first_chunk_node() and after.
struct TreeNode {
  uint64_t number = 0;
  Digest digest;
};
uint64_t first_chunk_node(uint64_t blob_size);
// Numbers of the nodes that uncle_count() counts, from the lowest.
std::vector<uint64_t> uncle_nodes(uint64_t blob_size, uint64_t chunk);
// The nodes from the chunk's root, both ways, to the blob's root and with it; empty when they do not lead there.
std::optional<std::vector<TreeNode>> prove_chunk(const BlobId& id, uint64_t chunk,
                                                 const Digest& root,
                                                 std::span<const Digest> uncles);

// The part of a blob's tree above the chunks, as far as it is known.
//
// How:     begins with the root; each chunk that proves itself adds the nodes of its proof.
// Bounds:  two nodes of some 72 bytes for each chunk that was proved: 150 MiB for all of 1 TiB.
class ChunkTree {
 public:
  explicit ChunkTree(const BlobId& id);
  // All of it, from the roots of all chunks; root() is what comes out.
  ChunkTree(uint64_t size, std::span<const Digest> chunk_roots);

  [[nodiscard]] const Digest& root() const { return nodes_.at(1); }
  // Whether `root` is the root of that chunk, given the nodes beside its way to the top: from the lowest, without those that lie
  // wholly behind the end. Remembers all of them when it is.
  bool accept(uint64_t chunk, const Digest& root, std::span<const Digest> uncles);
  // What accept() needs for that chunk; empty when some of it is not known.
  [[nodiscard]] std::optional<std::vector<Digest>> uncles_of(uint64_t chunk) const;
  [[nodiscard]] std::optional<Digest> root_of(uint64_t chunk) const;
  // By number; what is not known, and padding, is missing.
  [[nodiscard]] const std::unordered_map<uint64_t, Digest>& nodes() const { return nodes_; }

 private:
  [[nodiscard]] uint64_t node_of(uint64_t chunk) const { return first_chunk_ + chunk; }
  uint64_t size_;
  uint64_t chunks_;
  uint64_t first_chunk_;  // node number; a power of two
  std::unordered_map<uint64_t, Digest> nodes_;
};

}  // namespace starling::crypto
