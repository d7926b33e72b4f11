#include "os/blobs/blob_import.h"

#include <algorithm>
#include <cerrno>
#include <unistd.h>

#include "base/check.h"
#include "crypto/hash.h"

namespace starling::os {

using crypto::kLeafSize;
using env::BlobError;

BlobImport::BlobImport(BlobFolder& folder, uint64_t size) : folder_(folder), size_(size) {}

BlobImport::~BlobImport() {
  if (name_.empty()) return;
  folder_.files().remove_temporary(name_);
  folder_.files().remove_temporary(name_ + "-tree");
}

BlobImport::Result<> BlobImport::create_files() {
  name_ = folder_.temporary_name();
  auto data = folder_.files().create_temporary(name_);
  if (!data) return std::unexpected(data.error());
  auto tree = folder_.files().create_temporary(name_ + "-tree");
  if (!tree) return std::unexpected(tree.error());
  data_ = std::move(*data);
  tree_ = std::move(*tree);
  return {};
}

BlobImport::Result<> BlobImport::add(ByteView bytes) {
  STARLING_CHECK(bytes.size() <= size_ - added_);
  if (size_ > kLeafSize) {
    if (name_.empty()) {
      if (const auto done = create_files(); !done) return done;
    }
    if (const int error = write_all_at(data_.number(), bytes, added_); error != 0)
      return std::unexpected(blob_error_of(error));
  }
  added_ += bytes.size();
  // Whole leaves are hashed where they are.
  while (!bytes.empty()) {
    const bool is_direct = part_.empty() && bytes.size() >= kLeafSize && size_ > kLeafSize;
    const size_t take =
        is_direct ? kLeafSize : std::min<size_t>(bytes.size(), kLeafSize - part_.size());
    if (!is_direct) append(part_, bytes.first(take));
    const ByteView leaf = is_direct ? bytes.first(take) : ByteView(part_);
    if (leaf.size() == kLeafSize && size_ > kLeafSize) {
      if (const auto done = add_leaf(leaf); !done) return done;
      part_.clear();
    }
    bytes = bytes.subspan(take);
  }
  return {};
}

BlobImport::Result<> BlobImport::add_leaf(ByteView leaf) {
  chunk_leaves_.push_back(crypto::sha256(leaf));
  return chunk_leaves_.size() == crypto::kChunkLeaves ? finish_chunk() : Result<>();
}

BlobImport::Result<> BlobImport::finish_chunk() {
  const TreeLayout layout(size_);
  Bytes hashes;
  for (const Digest& leaf : chunk_leaves_) append(hashes, leaf.view());
  const uint64_t first = chunk_roots_.size() * crypto::kChunkLeaves;
  if (const int error = write_all_at(tree_.number(), hashes, layout.leaf(first)); error != 0)
    return std::unexpected(blob_error_of(error));
  chunk_roots_.push_back(crypto::chunk_root(chunk_leaves_, crypto::chunk_count(size_)));
  chunk_leaves_.clear();
  return {};
}

BlobImport::Result<BlobId> BlobImport::finish(bool pinned) {
  if (added_ != size_) return std::unexpected(BlobError::changed);
  if (size_ > kLeafSize) return finish_files(pinned);
  BlobId id;
  id.size = size_;
  // The empty blob is everywhere.
  if (size_ == 0) return id;
  id.root = crypto::sha256(part_);
  if (const auto done = folder_.enter(id, pinned, ByteView(part_)); !done)
    return std::unexpected(done.error());
  return id;
}

BlobImport::Result<BlobId> BlobImport::finish_files(bool pinned) {
  if (!part_.empty()) {
    if (const auto done = add_leaf(part_); !done) return std::unexpected(done.error());
  }
  if (!chunk_leaves_.empty()) {
    if (const auto done = finish_chunk(); !done) return std::unexpected(done.error());
  }
  const crypto::ChunkTree tree(size_, chunk_roots_);
  const BlobId id{tree.root(), size_};
  const auto there = folder_.status(id);
  if (there && there->chunks.is_full()) {
    if (pinned) {
      if (const auto done = folder_.pin(id, true); !done) return std::unexpected(done.error());
    }
    return id;
  }
  const TreeLayout layout(size_);
  for (const auto& [number, digest] : tree.nodes()) {
    if (const int error = write_all_at(tree_.number(), digest.view(), layout.node(number));
        error != 0) {
      return std::unexpected(blob_error_of(error));
    }
  }
  if (::fdatasync(data_.number()) != 0 || ::fdatasync(tree_.number()) != 0)
    return std::unexpected(blob_error_of(errno));
  if (const auto done = folder_.files().adopt(name_, name_ + "-tree", id); !done)
    return std::unexpected(done.error());
  if (const auto done = folder_.enter(id, pinned, std::nullopt); !done)
    return std::unexpected(done.error());
  return id;
}

}  // namespace starling::os
