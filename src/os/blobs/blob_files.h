// os/blobs/blob_files.h - the files of blobs of more than one leaf: their bytes, and their tree beside.
//
// Layout:  ab/<name>.part until the blob is whole, then ab/<name>; ab/<name>.tree: the nodes above the chunks by their numbers, 32
//          bytes each, then the leaves' hashes. ab: the first byte of the root.
// Threads: one at a time.
#pragma once

#include <expected>
#include <string>
#include <vector>

#include "crypto/hash_tree.h"
#include "env/blob_store.h"
#include "os/file_descriptor.h"

namespace starling::os {

using crypto::BlobId;
using crypto::Digest;

// errno as what it means for blobs.
env::BlobError blob_error_of(int error_number);
// All of it, at an offset; the functions below give 0 or an errno.
int write_all_at(int file, ByteView bytes, uint64_t offset);
// EIO when the file ends before.
int read_all_at(int file, MutableByteView bytes, uint64_t offset);

// Where the tree of a blob keeps what.
struct TreeLayout {
  explicit TreeLayout(uint64_t blob_size) : first_chunk(crypto::first_chunk_node(blob_size)) {}
  [[nodiscard]] uint64_t node(uint64_t number) const { return number * Digest::kSize; }
  [[nodiscard]] uint64_t leaf(uint64_t leaf) const {
    return (2 * first_chunk + leaf) * Digest::kSize;
  }
  uint64_t first_chunk;
};

class BlobFiles {
 public:
  template <typename Value = void>
  using Result = std::expected<Value, env::BlobError>;

  // Makes the folder (0700) if there is none.
  static Result<BlobFiles> open(const std::string& path);

  enum class Stage : uint8_t { part, whole };
  Result<FileDescriptor> open_data(const BlobId& id, Stage stage, bool create);
  Result<FileDescriptor> open_tree(const BlobId& id, bool create);
  // Its bytes are all there and synced.
  Result<> finish(const BlobId& id);
  void remove(const BlobId& id);

  // A file without a name among the blobs; `name` is free.
  Result<FileDescriptor> create_temporary(const std::string& name);
  // Gives the temporary files, which are synced, to a blob that is whole.
  Result<> adopt(const std::string& data, const std::string& tree, const BlobId& id);
  void remove_temporary(const std::string& name);
  // Removes temporary files, and those of blobs for which `is_known` is false.
  void remove_strangers(const std::function<bool(const BlobId&)>& is_known);

 private:
  explicit BlobFiles(FileDescriptor folder) : folder_(std::move(folder)) {}
  Result<> sync_folder_of(const BlobId& id);

  FileDescriptor folder_;
};

}  // namespace starling::os
