// env/blob_store.h - blobs kept on this computer, whole or in part, and the user's files that they come from and go to.
//
// Asynchronous: submit now, completion later on the network thread, in the order of submission. Interface only; os/ has files
// and an index, sim/ memory that a crash can catch.
// Rule:    nothing is checked here: what is written must have been proved. What a completion without error says survives a crash,
//          except for write(), whose bytes count once finish_chunk() has completed.
#pragma once

#include <atomic>
#include <expected>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/time.h"
#include "crypto/chunk_set.h"
#include "crypto/hash_tree.h"

namespace starling::env {

enum class BlobError : uint8_t {
  not_here,  // the blob, or that part of it; of a user's file: there is none
  no_space,
  not_permitted,
  unsuitable,  // a user's file that is no regular file, or lies outside its folder
  changed,     // a user's file that changed while it was read
  exists,      // a user's file that is in the way
  cancelled,
  failed,
};

// Set by whoever no longer wants the result; looked at between steps.
struct Cancellation {
  std::atomic<bool> wanted = false;
};

// What is here of a blob.
struct BlobStatus {
  crypto::ChunkSet chunks;
  bool pinned = false;  // kept until unpinned; others make room when space runs out
};

struct BlobInfo {
  crypto::BlobId id;
  uint64_t bytes = 0;  // of it that are here
  bool complete = false;
  bool pinned = false;
  WallTime used{};
};

struct StoreUsage {
  uint64_t blobs = 0;
  uint64_t bytes = 0;
  uint64_t pinned_bytes = 0;
};

// A file below a folder that the user named.
struct FoundFile {
  std::string path;  // relative, with slashes
  uint64_t size = 0;
  bool executable = false;
};
struct FoundTree {
  bool is_folder = false;        // else the user named one file, whose path here is its name
  std::vector<FoundFile> files;  // in the order of their paths
  // Left out: names that begin with a dot, links that lead out or to folders, and what is no regular file.
  size_t left_out = 0;
};

// A user's file in the making.
class Export {
 public:
  virtual ~Export() = default;
};

class BlobStore {
 public:
  using StatusDone = std::function<void(std::optional<BlobStatus>)>;
  using ReadDone = std::function<void(std::expected<Bytes, BlobError>)>;
  using Done = std::function<void(std::expected<void, BlobError>)>;
  using PutDone = std::function<void(std::expected<crypto::BlobId, BlobError>)>;
  // Bytes so far, now and then.
  using Progress = std::function<void(uint64_t)>;
  // Leaves of one chunk with what proves them.
  struct Proven {
    std::vector<crypto::Digest> uncles;
    std::vector<crypto::Digest> leaves;  // of the whole chunk
    Bytes bytes;
  };
  using ProvenDone = std::function<void(std::expected<Proven, BlobError>)>;

  virtual ~BlobStore() = default;

  // Empty when nothing of it is here.
  virtual void status(const crypto::BlobId& id, StatusDone done) = 0;
  // Pre: within the blob. Whole leaves that were written count before their chunk is finished.
  virtual void read(const crypto::BlobId& id, uint64_t offset, size_t size, ReadDone done) = 0;
  // Pre: leaves of one chunk.
  virtual void prove(const crypto::BlobId& id, uint64_t first_leaf, size_t count,
                     ProvenDone done) = 0;
  // Whole leaves of one chunk.
  virtual void write(const crypto::BlobId& id, uint64_t offset, Bytes bytes, Done done) = 0;
  // All leaves of the chunk are written.
  virtual void finish_chunk(const crypto::BlobId& id, uint64_t chunk,
                            std::vector<crypto::Digest> leaves, std::vector<crypto::Digest> uncles,
                            Done done) = 0;
  virtual void put(Bytes bytes, bool pinned, PutDone done) = 0;
  // Fails with not_here when nothing of it is.
  virtual void pin(const crypto::BlobId& id, bool pinned, Done done) = 0;
  // No error when there is none.
  virtual void remove(const crypto::BlobId& id, Done done) = 0;
  virtual void list(std::function<void(std::vector<BlobInfo>)> done) = 0;
  virtual void usage(std::function<void(StoreUsage)> done) = 0;

  // The files at and below `path`, which is absolute.
  virtual void find_files(std::string path, bool with_hidden,
                          std::function<void(std::expected<FoundTree, BlobError>)> done) = 0;
  // Copies a user's file: `relative` below `folder`, or `folder` itself when `relative` is empty.
  virtual void import_file(std::string folder, std::string relative, bool pinned,
                           std::shared_ptr<Cancellation> cancellation, Progress progress,
                           PutDone done) = 0;
  // A user's file, to be made of parts of a blob: `relative` below `folder`, with the folders that are missing; never outside of
  // it, whatever links there are. Nothing happens before the first part.
  virtual std::shared_ptr<Export> begin_export(std::string folder, std::string relative,
                                               bool executable) = 0;
  // Appends a part of the blob, which must be here, to the file. With the last part the file takes its name, in place of a file
  // that is there; until then nobody sees it.
  virtual void export_part(std::shared_ptr<Export> to, const crypto::BlobId& id, uint64_t offset,
                           size_t size, bool last, Done done) = 0;
  // No part of it begins any more; what is not finished leaves nothing behind.
  virtual void drop_export(std::shared_ptr<Export> which) = 0;
};

}  // namespace starling::env
