// os/blobs/blob_import.h - takes in bytes whose name is not known before their end.
//
// How:     add() all of them, then finish(). Without finish() nothing stays.
// Threads: as the folder's.
#pragma once

#include "os/blobs/blob_folder.h"

namespace starling::os {

class BlobImport {
 public:
  template <typename Value = void>
  using Result = BlobFolder::Result<Value>;

  // `size` bytes will come. `folder` is borrowed.
  BlobImport(BlobFolder& folder, uint64_t size);
  ~BlobImport();
  BlobImport(const BlobImport&) = delete;
  BlobImport& operator=(const BlobImport&) = delete;

  // Pre: no more than `size` in all.
  Result<> add(ByteView bytes);
  // Fails with `changed` when fewer came. What is there already stays as it is, but for the pin.
  Result<BlobId> finish(bool pinned);
  [[nodiscard]] uint64_t added() const { return added_; }

 private:
  // Of larger blobs; the files are made with the first bytes.
  Result<> create_files();
  Result<> add_leaf(ByteView leaf);
  Result<> finish_chunk();
  Result<BlobId> finish_files(bool pinned);

  BlobFolder& folder_;
  const uint64_t size_;
  uint64_t added_ = 0;
  std::string name_;
  FileDescriptor data_;
  FileDescriptor tree_;
  Bytes part_;                        // of the leaf under way; of small blobs all
  std::vector<Digest> chunk_leaves_;  // of the chunk under way
  std::vector<Digest> chunk_roots_;
};

}  // namespace starling::os
