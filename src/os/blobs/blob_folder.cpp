#include "os/blobs/blob_folder.h"

#include <algorithm>
#include <cerrno>
#include <unistd.h>

#include "base/check.h"
#include "os/clock.h"

namespace starling::os {
namespace {

using crypto::ChunkSet;
using env::BlobError;

// A use is written down at most so often.
constexpr int64_t kTouchSeconds = 60;

BlobFolder::OpenError open_error_of(DatabaseError error) {
  switch (error) {
    case DatabaseError::newer_schema:
      return BlobFolder::OpenError::newer_schema;
    case DatabaseError::damaged:
      return BlobFolder::OpenError::damaged;
    case DatabaseError::no_space:
      return BlobFolder::OpenError::no_space;
    case DatabaseError::not_permitted:
      return BlobFolder::OpenError::not_permitted;
    case DatabaseError::failed:
      break;
  }
  return BlobFolder::OpenError::failed;
}

bool is_in_index(const BlobId& id) { return id.size <= crypto::kLeafSize; }

}  // namespace

std::expected<std::unique_ptr<BlobFolder>, BlobFolder::OpenError> BlobFolder::open(
    const std::string& path, uint64_t unpinned_max) {
  auto files = BlobFiles::open(path);
  if (!files) {
    return std::unexpected(files.error() == BlobError::no_space ? OpenError::no_space
                                                                : OpenError::not_permitted);
  }
  auto index = BlobIndex::open(path + "/index.db");
  if (!index) return std::unexpected(open_error_of(index.error()));
  auto folder = std::unique_ptr<BlobFolder>(
      new BlobFolder(std::move(*files), std::move(*index), unpinned_max));
  folder->files_.remove_strangers([&](const BlobId& id) {
    const auto entry = folder->index_.find(id);
    return !entry || entry->has_value();
  });
  return folder;
}

BlobFolder::~BlobFolder() {
  for (auto& [id, blob] : open_) (void)save(id, blob);
}

// --- opening and closing -----------------------------------------------------------------------------------

BlobFolder::Result<BlobFolder::OpenBlob*> BlobFolder::open_blob(const BlobId& id, bool create) {
  if (const auto entry = open_.find(id); entry != open_.end()) {
    by_use_.splice(by_use_.begin(), by_use_, entry->second.use);
    return &entry->second;
  }
  auto found = index_.find(id);
  if (!found) return std::unexpected(found.error());
  if (!*found && !create) return std::unexpected(BlobError::not_here);
  OpenBlob blob;
  if (*found) {
    blob.entry = std::move(**found);
  } else {
    blob.entry.chunks = ChunkSet(crypto::chunk_count(id.size));
  }
  if (!blob.entry.complete && !blob.entry.chunks) return std::unexpected(BlobError::failed);
  if (!is_in_index(id)) {
    const auto opened = open_files(id, blob, !*found);
    // The index and the files disagree: somebody meddled. What is not there can be fetched again.
    if (!opened && opened.error() == BlobError::not_here) (void)remove(id);
    if (!opened) return std::unexpected(opened.error());
  }
  if (open_.size() >= kOpenMax) close_blob(by_use_.back());
  by_use_.push_front(id);
  blob.use = by_use_.begin();
  OpenBlob& opened = open_.insert_or_assign(id, std::move(blob)).first->second;
  touch(id, opened.entry);
  return &opened;
}

BlobFolder::Result<> BlobFolder::open_files(const BlobId& id, OpenBlob& blob, bool create) {
  using Stage = BlobFiles::Stage;
  auto data = files_.open_data(id, blob.entry.complete ? Stage::whole : Stage::part, create);
  if (!data) return std::unexpected(data.error());
  auto tree = files_.open_tree(id, create);
  if (!tree) return std::unexpected(tree.error());
  blob.data = std::move(*data);
  blob.tree = std::move(*tree);
  return {};
}

void BlobFolder::touch(const BlobId& id, IndexEntry& entry) {
  const int64_t now = wall_now().unix_seconds;
  if (now - entry.used_unix_s < kTouchSeconds) return;
  entry.used_unix_s = now;
  (void)index_.set_used(id, now);
}

void BlobFolder::close_blob(const BlobId& id) {
  const auto entry = open_.find(id);
  if (entry == open_.end()) return;
  (void)save(id, entry->second);
  by_use_.erase(entry->second.use);
  open_.erase(entry);
}

// Writes down which chunks are there, once they surely are.
BlobFolder::Result<> BlobFolder::save(const BlobId& id, OpenBlob& blob) {
  if (blob.unsynced == 0) return {};
  if (!is_in_index(id) &&
      (::fdatasync(blob.data.number()) != 0 || ::fdatasync(blob.tree.number()) != 0)) {
    return std::unexpected(blob_error_of(errno));
  }
  blob.unsynced = 0;
  blob.entry.used_unix_s = wall_now().unix_seconds;
  return index_.put(id, blob.entry, std::nullopt);
}

bool BlobFolder::OpenBlob::has(const BlobId& id, uint64_t offset, size_t size) const {
  if (entry.complete || size == 0) return true;
  for (uint64_t leaf = offset / crypto::kLeafSize;
       leaf <= (offset + size - 1) / crypto::kLeafSize && leaf < crypto::leaf_count(id.size);
       ++leaf) {
    if (!entry.chunks->contains(leaf / crypto::kChunkLeaves) && !loose_leaves.contains(leaf))
      return false;
  }
  return true;
}

// --- reading -----------------------------------------------------------------------------------------------

std::optional<env::BlobStatus> BlobFolder::status(const BlobId& id) {
  const auto blob = open_blob(id, /*create=*/false);
  if (!blob) return std::nullopt;
  const IndexEntry& entry = (*blob)->entry;
  return env::BlobStatus{
      entry.complete ? ChunkSet(crypto::chunk_count(id.size), /*all=*/true) : *entry.chunks,
      entry.pinned};
}

BlobFolder::Result<BlobFolder::Source> BlobFolder::source_of(const BlobId& id, uint64_t offset,
                                                             size_t size) {
  STARLING_CHECK(offset <= id.size && size <= id.size - offset);
  if (size == 0) return Source{};
  const auto blob = open_blob(id, /*create=*/false);
  if (!blob) return std::unexpected(blob.error());
  touch(id, (*blob)->entry);
  if (is_in_index(id)) {
    auto contents = index_.contents(id);
    if (!contents) return std::unexpected(contents.error());
    if (!*contents) return std::unexpected(BlobError::not_here);
    return Source{copy_of(ByteView(**contents).subspan(offset, size)), std::nullopt};
  }
  if (!(*blob)->has(id, offset, size)) return std::unexpected(BlobError::not_here);
  return Source{{}, (*blob)->data.number()};
}

BlobFolder::Result<Bytes> BlobFolder::read(const BlobId& id, uint64_t offset, size_t size) {
  auto source = source_of(id, offset, size);
  if (!source) return std::unexpected(source.error());
  if (!source->file) return std::move(source->bytes);
  Bytes bytes(size);
  if (const int error = read_all_at(*source->file, bytes, offset); error != 0)
    return std::unexpected(error == EIO ? BlobError::not_here : blob_error_of(error));
  return bytes;
}

BlobFolder::Result<> BlobFolder::copy_to(const BlobId& id, uint64_t offset, size_t size,
                                         UserFileWriter& file) {
  const auto source = source_of(id, offset, size);
  if (!source) return std::unexpected(source.error());
  return source->file ? file.add_from(*source->file, offset, size) : file.add(source->bytes);
}

BlobFolder::Result<env::BlobStore::Proven> BlobFolder::prove(const BlobId& id, uint64_t first_leaf,
                                                             size_t count) {
  const uint64_t chunk = first_leaf / crypto::kChunkLeaves;
  const auto found = open_blob(id, /*create=*/false);
  if (!found) return std::unexpected(found.error());
  OpenBlob& blob = **found;
  if (!blob.entry.complete && !blob.entry.chunks->contains(chunk))
    return std::unexpected(BlobError::not_here);
  env::BlobStore::Proven proven;
  if (is_in_index(id)) {
    proven.leaves = {id.root};
  } else {
    const TreeLayout layout(id.size);
    const int tree = blob.tree.number();
    const auto read_digest = [&](uint64_t offset, Digest& digest) {
      return read_all_at(tree, digest.value, offset) == 0;
    };
    for (const uint64_t node : crypto::uncle_nodes(id.size, chunk)) {
      if (!read_digest(layout.node(node), proven.uncles.emplace_back()))
        return std::unexpected(BlobError::failed);
    }
    Bytes leaves(crypto::leaves_of_chunk(id.size, chunk) * Digest::kSize);
    if (read_all_at(tree, leaves, layout.leaf(chunk * crypto::kChunkLeaves)) != 0)
      return std::unexpected(BlobError::failed);
    for (size_t at = 0; at < leaves.size(); at += Digest::kSize)
      proven.leaves.push_back(*Digest::from(ByteView(leaves).subspan(at, Digest::kSize)));
  }
  const uint64_t offset = first_leaf * crypto::kLeafSize;
  const uint64_t size = std::min<uint64_t>(count * crypto::kLeafSize, id.size - offset);
  auto bytes = read(id, offset, size);
  if (!bytes) return std::unexpected(bytes.error());
  proven.bytes = std::move(*bytes);
  return proven;
}

// --- writing -----------------------------------------------------------------------------------------------

BlobFolder::Result<> BlobFolder::write(const BlobId& id, uint64_t offset, ByteView bytes) {
  if (is_in_index(id)) {
    // Its only leaf: whole at once.
    const auto there = index_.contents(id);
    if (there && *there) return {};
    return enter(id, /*pinned=*/false, bytes);
  }
  const auto blob = open_blob(id, /*create=*/true);
  if (!blob) return std::unexpected(blob.error());
  if ((*blob)->entry.complete) return {};
  if (const int error = write_all_at((*blob)->data.number(), bytes, offset); error != 0)
    return std::unexpected(blob_error_of(error));
  for (uint64_t at = 0; at < bytes.size(); at += crypto::kLeafSize)
    (*blob)->loose_leaves.insert((offset + at) / crypto::kLeafSize);
  return {};
}

BlobFolder::Result<> BlobFolder::finish_chunk(const BlobId& id, uint64_t chunk,
                                              const std::vector<Digest>& leaves,
                                              const std::vector<Digest>& uncles) {
  if (is_in_index(id)) return {};
  const auto found = open_blob(id, /*create=*/true);
  if (!found) return std::unexpected(found.error());
  OpenBlob& blob = **found;
  if (blob.entry.complete || blob.entry.chunks->contains(chunk)) return {};
  const Digest root = crypto::chunk_root(leaves, crypto::chunk_count(id.size));
  const auto nodes = crypto::prove_chunk(id, chunk, root, uncles);
  if (!nodes) return std::unexpected(BlobError::failed);
  const TreeLayout layout(id.size);
  Bytes hashes;
  for (const Digest& leaf : leaves) append(hashes, leaf.view());
  int error = write_all_at(blob.tree.number(), hashes, layout.leaf(chunk * crypto::kChunkLeaves));
  for (const crypto::TreeNode& node : *nodes) {
    if (error == 0)
      error = write_all_at(blob.tree.number(), node.digest.view(), layout.node(node.number));
  }
  if (error != 0) return std::unexpected(blob_error_of(error));
  const uint64_t size = crypto::chunk_size(id.size, chunk);
  const bool is_first = blob.entry.bytes == 0;
  blob.entry.chunks->add(chunk);
  for (uint64_t i = 0; i < crypto::kChunkLeaves; ++i)
    blob.loose_leaves.erase(chunk * crypto::kChunkLeaves + i);
  blob.entry.bytes += size;
  blob.unsynced += size;
  const bool complete = blob.entry.chunks->is_full();
  if (!complete && !is_first && blob.unsynced < kUnsyncedMax) return {};
  if (complete) {
    if (::fdatasync(blob.data.number()) != 0) return std::unexpected(blob_error_of(errno));
    if (const auto done = files_.finish(id); !done) return done;
    blob.entry.complete = true;
    blob.entry.chunks.reset();
  }
  if (const auto done = save(id, blob); !done) return done;
  return make_room();
}

BlobFolder::Result<> BlobFolder::enter(const BlobId& id, bool pinned,
                                       std::optional<ByteView> contents) {
  close_blob(id);
  const auto before = index_.find(id);
  const bool was_pinned = before && *before && (**before).pinned;
  if (const auto begun = index_.begin(); !begun) return begun;
  const auto put = index_.put(id,
                              {.bytes = id.size,
                               .complete = true,
                               .pinned = pinned || was_pinned,
                               .used_unix_s = wall_now().unix_seconds},
                              contents);
  const auto done = index_.commit();
  if (!put) return put;
  if (!done) return done;
  return make_room();
}

BlobFolder::Result<> BlobFolder::pin(const BlobId& id, bool pinned) {
  const auto blob = open_blob(id, /*create=*/false);
  if (!blob) return std::unexpected(blob.error());
  (*blob)->entry.pinned = pinned;
  if (const auto done = index_.set_pinned(id, pinned); !done) return done;
  return pinned ? Result<>() : make_room();
}

BlobFolder::Result<> BlobFolder::remove(const BlobId& id) {
  if (const auto entry = open_.find(id); entry != open_.end()) {
    by_use_.erase(entry->second.use);
    open_.erase(entry);
  }
  const auto done = index_.remove(id);
  if (!is_in_index(id)) files_.remove(id);
  return done;
}

BlobFolder::Result<> BlobFolder::make_room() {
  while (true) {
    const auto usage = index_.usage();
    if (!usage) return std::unexpected(usage.error());
    if (usage->bytes - usage->pinned_bytes <= unpinned_max_) return {};
    const auto victim = index_.least_used(wall_now().unix_seconds - kKeepSeconds);
    if (!victim) return std::unexpected(victim.error());
    if (!*victim) return {};
    if (const auto done = remove(**victim); !done) return done;
  }
}

std::vector<env::BlobInfo> BlobFolder::list() {
  for (auto& [id, blob] : open_) (void)save(id, blob);
  return index_.list().value_or(std::vector<env::BlobInfo>{});
}

env::StoreUsage BlobFolder::usage() { return index_.usage().value_or(env::StoreUsage{}); }

}  // namespace starling::os
