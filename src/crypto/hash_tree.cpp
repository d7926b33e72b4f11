#include "crypto/hash_tree.h"

#include <algorithm>
#include <bit>

#include "base/check.h"
#include "crypto/hash.h"

namespace starling::crypto {
namespace {

constexpr size_t kChunkHeight = 6;
static_assert(uint64_t{1} << kChunkHeight == kChunkLeaves);

Digest parent_of(const Digest& left, const Digest& right) {
  return sha256({left.view(), right.view()});
}

// The root of 2^height leaves that are all padding.
Digest padding_root(size_t height) {
  Digest root{};
  for (size_t i = 0; i < height; ++i) root = parent_of(root, root);
  return root;
}

// The tree above the chunks. Nodes are numbered from 1, the root; below node n are 2n and 2n + 1.
struct Shape {
  uint64_t chunks;
  uint64_t first_chunk;  // its node; a power of two

  explicit Shape(uint64_t blob_size)
      : chunks(chunk_count(blob_size)),
        first_chunk(uint64_t{1} << tree_height(std::max<uint64_t>(chunks, 1))) {}

  [[nodiscard]] size_t levels_below(uint64_t node) const {
    return static_cast<size_t>(std::bit_width(first_chunk) - std::bit_width(node));
  }
  // Whether it lies wholly behind the end.
  [[nodiscard]] bool is_padding(uint64_t node) const {
    return (node << levels_below(node)) - first_chunk >= chunks;
  }
  [[nodiscard]] Digest padding_of(uint64_t node) const {
    return padding_root(kChunkHeight + levels_below(node));
  }
};

}  // namespace

uint64_t leaf_size(uint64_t blob_size, uint64_t leaf) {
  STARLING_CHECK(leaf < leaf_count(blob_size));
  return std::min(kLeafSize, blob_size - leaf * kLeafSize);
}

uint64_t chunk_size(uint64_t blob_size, uint64_t chunk) {
  STARLING_CHECK(chunk < chunk_count(blob_size));
  return std::min(kChunkSize, blob_size - chunk * kChunkSize);
}

size_t tree_height(uint64_t leaves) {
  return leaves <= 1 ? 0 : static_cast<size_t>(std::bit_width(leaves - 1));
}

Digest chunk_root(std::span<const Digest> leaves, uint64_t chunks) {
  STARLING_CHECK(!leaves.empty() && leaves.size() <= kChunkLeaves);
  std::vector<Digest> row(leaves.begin(), leaves.end());
  const size_t height = chunks == 1 ? tree_height(row.size()) : kChunkHeight;
  Digest padding{};
  for (size_t level = 0; level < height; ++level) {
    if (row.size() % 2 == 1) row.push_back(padding);
    for (size_t i = 0; i < row.size() / 2; ++i) row[i] = parent_of(row[2 * i], row[2 * i + 1]);
    row.resize(row.size() / 2);
    padding = parent_of(padding, padding);
  }
  return row.front();
}

uint64_t first_chunk_node(uint64_t blob_size) { return Shape(blob_size).first_chunk; }

std::vector<uint64_t> uncle_nodes(uint64_t blob_size, uint64_t chunk) {
  const Shape shape(blob_size);
  std::vector<uint64_t> nodes;
  for (uint64_t node = shape.first_chunk + chunk; node > 1; node /= 2)
    if (!shape.is_padding(node ^ 1)) nodes.push_back(node ^ 1);
  return nodes;
}

size_t uncle_count(uint64_t blob_size, uint64_t chunk) {
  return uncle_nodes(blob_size, chunk).size();
}

std::optional<std::vector<TreeNode>> prove_chunk(const BlobId& id, uint64_t chunk,
                                                 const Digest& root,
                                                 std::span<const Digest> uncles) {
  if (uncles.size() != uncle_count(id.size, chunk)) return std::nullopt;
  const Shape shape(id.size);
  std::vector<TreeNode> nodes;
  Digest digest = root;
  uint64_t node = shape.first_chunk + chunk;
  size_t used = 0;
  for (; node > 1; node /= 2) {
    nodes.push_back({node, digest});
    Digest beside;
    if (shape.is_padding(node ^ 1)) {
      beside = shape.padding_of(node ^ 1);
    } else {
      beside = uncles[used++];
      nodes.push_back({node ^ 1, beside});
    }
    digest = node % 2 == 0 ? parent_of(digest, beside) : parent_of(beside, digest);
  }
  if (digest != id.root) return std::nullopt;
  nodes.push_back({1, digest});
  return nodes;
}

ChunkTree::ChunkTree(const BlobId& id)
    : size_(id.size), chunks_(chunk_count(id.size)), first_chunk_(Shape(id.size).first_chunk) {
  nodes_[1] = id.root;
}

ChunkTree::ChunkTree(uint64_t size, std::span<const Digest> chunk_roots)
    : ChunkTree(BlobId{{}, size}) {
  STARLING_CHECK(chunk_roots.size() == chunks_);
  if (chunks_ == 0) return;
  const Shape shape(size);
  for (uint64_t chunk = 0; chunk < chunks_; ++chunk) nodes_[node_of(chunk)] = chunk_roots[chunk];
  for (uint64_t node = first_chunk_; node-- > 1;) {
    if (shape.is_padding(node)) continue;
    const uint64_t right = 2 * node + 1;
    nodes_[node] = parent_of(nodes_.at(2 * node),
                             shape.is_padding(right) ? shape.padding_of(right) : nodes_.at(right));
  }
}

bool ChunkTree::accept(uint64_t chunk, const Digest& root, std::span<const Digest> uncles) {
  STARLING_CHECK(chunk < chunks_);
  const auto nodes = prove_chunk(BlobId{this->root(), size_}, chunk, root, uncles);
  if (!nodes) return false;
  for (const TreeNode& node : *nodes) nodes_[node.number] = node.digest;
  return true;
}

std::optional<std::vector<Digest>> ChunkTree::uncles_of(uint64_t chunk) const {
  std::vector<Digest> uncles;
  for (const uint64_t number : uncle_nodes(size_, chunk)) {
    const auto uncle = nodes_.find(number);
    if (uncle == nodes_.end()) return std::nullopt;
    uncles.push_back(uncle->second);
  }
  return uncles;
}

std::optional<Digest> ChunkTree::root_of(uint64_t chunk) const {
  const auto node = nodes_.find(node_of(chunk));
  return node == nodes_.end() ? std::nullopt : std::optional(node->second);
}

}  // namespace starling::crypto
