// node/content/file_export.h - copies a blob from the store to a user's file while it is still being fetched.
//
// How:     allow() says how much is here; parts of at most kPartSize follow, one at a time, so that others find their turn.
// Life:    destroyed before the end, it leaves no file behind.
// Threads: network thread.
#pragma once

#include "base/lifetime.h"
#include "env/blob_store.h"

namespace starling::node {

class FileExport {
 public:
  static constexpr size_t kPartSize = 4 << 20;
  using Done = env::BlobStore::Done;

  // The file is `relative` below `folder`, as in env::BlobStore::begin_export(). `done` comes once: with the last part or the
  // first that failed; it may destroy this. `store` is borrowed.
  FileExport(env::BlobStore& store, const crypto::BlobId& blob, std::string folder,
             std::string relative, bool executable, Done done);
  ~FileExport();
  FileExport(const FileExport&) = delete;
  FileExport& operator=(const FileExport&) = delete;

  // The first `bytes` can be read from the store: as many as before or more, up to all.
  void allow(uint64_t bytes);

 private:
  void go_on();
  void handle_part(size_t size, const std::expected<void, env::BlobError>& result);

  env::BlobStore& store_;
  crypto::BlobId blob_;
  std::shared_ptr<env::Export> file_;
  Done done_;
  uint64_t allowed_ = 0;
  uint64_t copied_ = 0;
  bool busy_ = false;
  bool over_ = false;
  Lifetime lifetime_;
};

}  // namespace starling::node
