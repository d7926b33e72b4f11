#include "sim/sim_blob_store.h"

#include <algorithm>

#include "crypto/hash.h"

namespace starling::sim {
namespace {

using crypto::BlobId;
using crypto::kChunkLeaves;
using crypto::kLeafSize;
using env::BlobError;

Duration time_of(uint64_t bytes) {
  return SimBlobStore::kStepTime +
         std::chrono::nanoseconds(
             static_cast<int64_t>(static_cast<double>(bytes) * 1e9 / SimBlobStore::kBytesPerS));
}

std::vector<crypto::Digest> leaves_of(ByteView chunk) {
  std::vector<crypto::Digest> leaves;
  for (size_t at = 0; at < chunk.size(); at += kLeafSize)
    leaves.push_back(
        crypto::sha256(chunk.subspan(at, std::min<size_t>(kLeafSize, chunk.size() - at))));
  return leaves;
}

}  // namespace

SimBlobStore::SimBlobStore(EventQueue& queue, SimDisk& disk, SimBlobs& blobs)
    : disk_(disk), blobs_(blobs), steps_(queue, disk) {
  for (auto& [id, blob] : blobs_.blobs) blob.loose_leaves.clear();
  std::erase_if(blobs_.blobs, [](const auto& entry) { return entry.second.chunks.count() == 0; });
}

template <typename Value>
void SimBlobStore::submit(Duration time, std::function<Value()> work,
                          std::function<void(Value)> done) {
  const auto value = std::make_shared<std::optional<Value>>();
  steps_.submit(
      time, [value, work = std::move(work)] { value->emplace(work()); },
      [value, done = std::move(done)] {
        if (done) done(std::move(**value));
      });
}

void SimBlobStore::status(const BlobId& id, StatusDone done) {
  submit<std::optional<env::BlobStatus>>(
      kStepTime,
      [this, id]() -> std::optional<env::BlobStatus> {
        const auto blob = blobs_.blobs.find(id);
        if (blob == blobs_.blobs.end()) return std::nullopt;
        return env::BlobStatus{blob->second.chunks, blob->second.pinned};
      },
      std::move(done));
}

std::expected<Bytes, BlobError> SimBlobStore::read_now(const BlobId& id, uint64_t offset,
                                                       size_t size) const {
  if (size == 0) return Bytes();
  const auto found = blobs_.blobs.find(id);
  if (found == blobs_.blobs.end()) return std::unexpected(BlobError::not_here);
  const SimBlobs::Blob& blob = found->second;
  for (uint64_t leaf = offset / kLeafSize; leaf <= (offset + size - 1) / kLeafSize; ++leaf) {
    if (!blob.chunks.contains(leaf / kChunkLeaves) && !blob.loose_leaves.contains(leaf))
      return std::unexpected(BlobError::not_here);
  }
  const auto begin = blob.bytes.begin() + static_cast<std::ptrdiff_t>(offset);
  return Bytes(begin, begin + static_cast<std::ptrdiff_t>(size));
}

void SimBlobStore::read(const BlobId& id, uint64_t offset, size_t size, ReadDone done) {
  submit<std::expected<Bytes, BlobError>>(
      time_of(size), [this, id, offset, size] { return read_now(id, offset, size); },
      std::move(done));
}

void SimBlobStore::prove(const BlobId& id, uint64_t first_leaf, size_t count, ProvenDone done) {
  submit<std::expected<Proven, BlobError>>(
      time_of(count * kLeafSize),
      [this, id, first_leaf, count]() -> std::expected<Proven, BlobError> {
        const uint64_t chunk = first_leaf / kChunkLeaves;
        const auto blob = blobs_.blobs.find(id);
        if (blob == blobs_.blobs.end() || !blob->second.chunks.contains(chunk))
          return std::unexpected(BlobError::not_here);
        const uint64_t offset = first_leaf * kLeafSize;
        auto bytes = read_now(id, offset, std::min<uint64_t>(count * kLeafSize, id.size - offset));
        if (!bytes) return std::unexpected(bytes.error());
        return Proven{*blob->second.tree.uncles_of(chunk), blob->second.leaves.at(chunk),
                      std::move(*bytes)};
      },
      std::move(done));
}

void SimBlobStore::write(const BlobId& id, uint64_t offset, Bytes bytes, Done done) {
  const size_t size = bytes.size();
  submit<std::expected<void, BlobError>>(
      time_of(size),
      [this, id, offset, bytes = std::move(bytes)]() -> std::expected<void, BlobError> {
        if (disk_.full()) return std::unexpected(BlobError::no_space);
        SimBlobs::Blob& blob = blobs_.blobs.try_emplace(id, id).first->second;
        blob.bytes.resize(std::max<size_t>(blob.bytes.size(), offset + bytes.size()));
        std::ranges::copy(bytes, blob.bytes.begin() + static_cast<std::ptrdiff_t>(offset));
        for (uint64_t at = 0; at < bytes.size(); at += kLeafSize)
          blob.loose_leaves.insert((offset + at) / kLeafSize);
        return {};
      },
      std::move(done));
}

void SimBlobStore::finish_chunk(const BlobId& id, uint64_t chunk,
                                std::vector<crypto::Digest> leaves,
                                std::vector<crypto::Digest> uncles, Done done) {
  submit<std::expected<void, BlobError>>(
      kSyncTime,
      [this, id, chunk, leaves = std::move(leaves),
       uncles = std::move(uncles)]() -> std::expected<void, BlobError> {
        if (disk_.full()) return std::unexpected(BlobError::no_space);
        SimBlobs::Blob& blob = blobs_.blobs.try_emplace(id, id).first->second;
        const crypto::Digest root = crypto::chunk_root(leaves, crypto::chunk_count(id.size));
        if (!blob.tree.accept(chunk, root, uncles)) return std::unexpected(BlobError::failed);
        blob.leaves[chunk] = leaves;
        blob.chunks.add(chunk);
        std::erase_if(blob.loose_leaves,
                      [&](uint64_t leaf) { return leaf / kChunkLeaves == chunk; });
        return {};
      },
      std::move(done));
}

std::expected<BlobId, BlobError> SimBlobStore::put_now(ByteView bytes, bool pinned) {
  if (disk_.full()) return std::unexpected(BlobError::no_space);
  const uint64_t chunks = crypto::chunk_count(bytes.size());
  std::vector<crypto::Digest> roots;
  std::map<uint64_t, std::vector<crypto::Digest>> leaves;
  for (uint64_t chunk = 0; chunk < chunks; ++chunk) {
    leaves[chunk] = leaves_of(
        bytes.subspan(chunk * crypto::kChunkSize, crypto::chunk_size(bytes.size(), chunk)));
    roots.push_back(crypto::chunk_root(leaves[chunk], chunks));
  }
  crypto::ChunkTree tree(bytes.size(), roots);
  const BlobId id{tree.root(), bytes.size()};
  if (bytes.empty()) return id;
  SimBlobs::Blob& blob = blobs_.blobs.try_emplace(id, id).first->second;
  blob.bytes = copy_of(bytes);
  blob.chunks = crypto::ChunkSet(chunks, /*all=*/true);
  blob.tree = std::move(tree);
  blob.leaves = std::move(leaves);
  blob.pinned |= pinned;
  return id;
}

void SimBlobStore::put(Bytes bytes, bool pinned, PutDone done) {
  const size_t size = bytes.size();
  submit<std::expected<BlobId, BlobError>>(
      time_of(size) + kSyncTime,
      [this, pinned, bytes = std::move(bytes)] { return put_now(bytes, pinned); }, std::move(done));
}

void SimBlobStore::pin(const BlobId& id, bool pinned, Done done) {
  submit<std::expected<void, BlobError>>(
      kSyncTime,
      [this, id, pinned]() -> std::expected<void, BlobError> {
        const auto blob = blobs_.blobs.find(id);
        if (blob == blobs_.blobs.end()) return std::unexpected(BlobError::not_here);
        blob->second.pinned = pinned;
        return {};
      },
      std::move(done));
}

void SimBlobStore::remove(const BlobId& id, Done done) {
  submit<std::expected<void, BlobError>>(
      kSyncTime,
      [this, id]() -> std::expected<void, BlobError> {
        blobs_.blobs.erase(id);
        return {};
      },
      std::move(done));
}

void SimBlobStore::list(std::function<void(std::vector<env::BlobInfo>)> done) {
  submit<std::vector<env::BlobInfo>>(
      kStepTime,
      [this] {
        std::vector<env::BlobInfo> infos;
        for (const auto& [id, blob] : blobs_.blobs)
          infos.push_back({.id = id,
                           .bytes = blob.bytes.size(),
                           .complete = blob.chunks.is_full(),
                           .pinned = blob.pinned});
        return infos;
      },
      std::move(done));
}

void SimBlobStore::usage(std::function<void(env::StoreUsage)> done) {
  submit<env::StoreUsage>(
      kStepTime,
      [this] {
        env::StoreUsage usage;
        for (const auto& [id, blob] : blobs_.blobs) {
          ++usage.blobs;
          usage.bytes += blob.bytes.size();
          if (blob.pinned) usage.pinned_bytes += blob.bytes.size();
        }
        return usage;
      },
      std::move(done));
}

void SimBlobStore::find_files(std::string path, bool with_hidden,
                              std::function<void(std::expected<env::FoundTree, BlobError>)> done) {
  submit<std::expected<env::FoundTree, BlobError>>(
      kStepTime,
      [this, path = std::move(path), with_hidden]() -> std::expected<env::FoundTree, BlobError> {
        env::FoundTree tree;
        if (const auto file = blobs_.user_files.find(path); file != blobs_.user_files.end()) {
          tree.files.push_back({path.substr(path.rfind('/') + 1), file->second.size(), false});
          return tree;
        }
        tree.is_folder = true;
        const std::string prefix = path + "/";
        for (const auto& [name, bytes] : blobs_.user_files) {
          if (!name.starts_with(prefix)) continue;
          const std::string relative = name.substr(prefix.size());
          if (!with_hidden && (relative.starts_with('.') || relative.contains("/."))) {
            ++tree.left_out;
          } else {
            tree.files.push_back({relative, bytes.size(), false});
          }
        }
        if (tree.files.empty() && tree.left_out == 0) return std::unexpected(BlobError::not_here);
        return tree;
      },
      std::move(done));
}

void SimBlobStore::import_file(std::string folder, std::string relative, bool pinned,
                               std::shared_ptr<env::Cancellation> cancellation, Progress,
                               PutDone done) {
  const std::string path = relative.empty() ? folder : folder + "/" + relative;
  const auto file = blobs_.user_files.find(path);
  const uint64_t size = file == blobs_.user_files.end() ? 0 : file->second.size();
  submit<std::expected<BlobId, BlobError>>(
      time_of(size) + kSyncTime,
      [this, path, pinned, cancellation]() -> std::expected<BlobId, BlobError> {
        if (cancellation && cancellation->wanted) return std::unexpected(BlobError::cancelled);
        const auto found = blobs_.user_files.find(path);
        if (found == blobs_.user_files.end()) return std::unexpected(BlobError::not_here);
        return put_now(found->second, pinned);
      },
      std::move(done));
}

std::shared_ptr<env::Export> SimBlobStore::begin_export(std::string folder, std::string relative,
                                                        bool) {
  auto file = std::make_shared<UserFile>();
  file->path = folder + "/" + relative;
  return file;
}

void SimBlobStore::export_part(std::shared_ptr<env::Export> to, const BlobId& id, uint64_t offset,
                               size_t size, bool last, Done done) {
  auto file = std::static_pointer_cast<UserFile>(std::move(to));
  submit<std::expected<void, BlobError>>(
      time_of(size) + kStepTime,
      [this, file = std::move(file), id, offset, size, last]() -> std::expected<void, BlobError> {
        if (file->dropped) return std::unexpected(BlobError::cancelled);
        if (disk_.full()) return std::unexpected(BlobError::no_space);
        if (blobs_.forbidden_files.contains(file->path))
          return std::unexpected(BlobError::not_permitted);
        const auto bytes = read_now(id, offset, size);
        if (!bytes) return std::unexpected(bytes.error());
        append(file->bytes, *bytes);
        if (last) blobs_.user_files[file->path] = std::move(file->bytes);
        return {};
      },
      std::move(done));
}

void SimBlobStore::drop_export(std::shared_ptr<env::Export> which) {
  std::static_pointer_cast<UserFile>(std::move(which))->dropped = true;
}

}  // namespace starling::sim
