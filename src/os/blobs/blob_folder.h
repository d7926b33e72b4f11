// os/blobs/blob_folder.h - blobs in a folder: the blocking part below DiskBlobStore.
//
// Layout:  index.db (blob_index.h) knows all blobs and holds those of one leaf; larger ones are files (blob_files.h).
// Crashes: a chunk counts once the index says so, which it does after its bytes were synced, kUnsyncedMax later at most. What
//          is there of a blob that the index does not know is removed by open().
// Bounds:  when the bytes that are not pinned exceed the limit, what was used least lately goes, but nothing that was used in the
//          last kKeepSeconds.
// Threads: one at a time.
#pragma once

#include <list>
#include <map>
#include <memory>
#include <optional>
#include <set>

#include "os/blobs/blob_files.h"
#include "os/blobs/blob_index.h"
#include "os/blobs/user_files.h"

namespace starling::os {

class BlobFolder {
 public:
  // Bytes of one blob that a crash may cost; they are fetched again.
  static constexpr uint64_t kUnsyncedMax = 64 << 20;
  // Blobs whose files are open at once. Overflow: the one used least lately is closed.
  static constexpr size_t kOpenMax = 128;
  static constexpr int64_t kKeepSeconds = 60;

  enum class OpenError : uint8_t { newer_schema, damaged, no_space, not_permitted, failed };
  // Makes the folder (0700) if there is none. `unpinned_max` in bytes.
  static std::expected<std::unique_ptr<BlobFolder>, OpenError> open(const std::string& path,
                                                                    uint64_t unpinned_max);
  ~BlobFolder();

  template <typename Value = void>
  using Result = std::expected<Value, env::BlobError>;

  // As env::BlobStore.
  std::optional<env::BlobStatus> status(const BlobId& id);
  Result<Bytes> read(const BlobId& id, uint64_t offset, size_t size);
  // Appends a part of the blob to a user's file.
  Result<> copy_to(const BlobId& id, uint64_t offset, size_t size, UserFileWriter& file);
  Result<env::BlobStore::Proven> prove(const BlobId& id, uint64_t first_leaf, size_t count);
  Result<> write(const BlobId& id, uint64_t offset, ByteView bytes);
  Result<> finish_chunk(const BlobId& id, uint64_t chunk, const std::vector<Digest>& leaves,
                        const std::vector<Digest>& uncles);
  Result<> pin(const BlobId& id, bool pinned);
  Result<> remove(const BlobId& id);
  std::vector<env::BlobInfo> list();
  env::StoreUsage usage();

  // For BlobImport: a blob that is whole. `contents` of one leaf, else its files have been adopted.
  Result<> enter(const BlobId& id, bool pinned, std::optional<ByteView> contents);
  BlobFiles& files() { return files_; }
  std::string temporary_name() { return "import-" + std::to_string(++temporary_names_); }

 private:
  struct OpenBlob {
    IndexEntry entry;
    FileDescriptor data;
    FileDescriptor tree;
    uint64_t unsynced = 0;
    std::set<uint64_t> loose_leaves;  // written, of chunks that are not finished
    std::list<BlobId>::iterator use;

    // Whether these bytes are there, and are not just a hole in the file.
    [[nodiscard]] bool has(const BlobId& id, uint64_t offset, size_t size) const;
  };
  BlobFolder(BlobFiles files, BlobIndex index, uint64_t unpinned_max)
      : files_(std::move(files)), index_(std::move(index)), unpinned_max_(unpinned_max) {}

  // Where a part of a blob comes from.
  struct Source {
    Bytes bytes;              // the part itself, of a small blob
    std::optional<int> file;  // else the file of the whole blob, open until the next call
  };
  Result<Source> source_of(const BlobId& id, uint64_t offset, size_t size);
  // The entry and open files. Fails with not_here when nothing of it is, unless `create`.
  Result<OpenBlob*> open_blob(const BlobId& id, bool create);
  Result<> open_files(const BlobId& id, OpenBlob& blob, bool create);
  Result<> save(const BlobId& id, OpenBlob& blob);
  void close_blob(const BlobId& id);
  void touch(const BlobId& id, IndexEntry& entry);
  Result<> make_room();

  BlobFiles files_;
  BlobIndex index_;
  uint64_t unpinned_max_;
  std::map<BlobId, OpenBlob> open_;
  std::list<BlobId> by_use_;  // last used first
  uint64_t temporary_names_ = 0;
};

}  // namespace starling::os
