// os/blobs/blob_index.h - which blobs are here, how much of each, and the bytes of the small ones: an SQLite file.
//
// Threads: one at a time.
#pragma once

#include <expected>
#include <optional>
#include <string>
#include <vector>

#include "crypto/blob_id.h"
#include "crypto/chunk_set.h"
#include "env/blob_store.h"
#include "os/sqlite_database.h"

namespace starling::os {

using crypto::BlobId;

struct IndexEntry {
  uint64_t bytes = 0;  // of it that are here
  bool complete = false;
  bool pinned = false;
  int64_t used_unix_s = 0;
  std::optional<crypto::ChunkSet> chunks = {};  // of one that is not whole
};

class BlobIndex {
 public:
  template <typename Value = void>
  using Result = std::expected<Value, env::BlobError>;

  // Makes the file (0600) if there is none.
  static std::expected<BlobIndex, DatabaseError> open(const std::string& path);

  // Changes between begin() and commit() are written together.
  Result<> begin();
  Result<> commit();

  [[nodiscard]] Result<std::optional<IndexEntry>> find(const BlobId& id);
  // `contents`: all bytes of a blob that is kept here.
  Result<> put(const BlobId& id, const IndexEntry& entry, std::optional<ByteView> contents);
  // Empty when they are not kept here.
  Result<std::optional<Bytes>> contents(const BlobId& id);
  Result<> set_pinned(const BlobId& id, bool pinned);
  Result<> set_used(const BlobId& id, int64_t unix_s);
  Result<> remove(const BlobId& id);
  Result<std::vector<env::BlobInfo>> list();
  Result<env::StoreUsage> usage();
  // Not pinned, whole or not, and not used since `before`; the one used least lately.
  Result<std::optional<BlobId>> least_used(int64_t before_unix_s);

 private:
  explicit BlobIndex(SqliteDatabase database);
  SqliteDatabase database_;
  SqliteStatement find_;
  SqliteStatement put_;
  SqliteStatement put_contents_;
  SqliteStatement contents_;
  SqliteStatement pin_;
  SqliteStatement use_;
  SqliteStatement remove_;
  SqliteStatement remove_contents_;
  SqliteStatement list_;
  SqliteStatement usage_;
  SqliteStatement least_used_;
};

}  // namespace starling::os
