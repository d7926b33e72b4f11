#include "os/blobs/blob_index.h"

#include <array>
#include <fcntl.h>

#include "os/file_descriptor.h"
#include "wire/reader.h"
#include "wire/writer.h"

namespace starling::os {
namespace {

using env::BlobError;

constexpr std::array kIndexUpgrades = {
    "CREATE TABLE blobs (id BLOB PRIMARY KEY, bytes INTEGER NOT NULL, complete INTEGER NOT NULL, "
    "pinned INTEGER NOT NULL, used INTEGER NOT NULL, chunks BLOB) WITHOUT ROWID; "
    "CREATE INDEX by_use ON blobs (pinned, used); "
    "CREATE TABLE contents (id BLOB PRIMARY KEY, bytes BLOB NOT NULL)",
};

BlobError index_error_of(DatabaseError error) {
  switch (error) {
    case DatabaseError::no_space:
      return BlobError::no_space;
    case DatabaseError::not_permitted:
      return BlobError::not_permitted;
    default:
      return BlobError::failed;
  }
}

std::unexpected<BlobError> failure(DatabaseError error) {
  return std::unexpected(index_error_of(error));
}

BlobIndex::Result<> result_of(std::expected<void, DatabaseError> done) {
  if (!done) return failure(done.error());
  return {};
}

Bytes key_of(const BlobId& id) { return wire::Writer().fixed(id.root).u48(id.size).take(); }

BlobId id_of(ByteView key) {
  wire::Reader reader(key);
  BlobId id;
  id.root = reader.fixed<crypto::Digest>();
  id.size = reader.u48();
  return id;
}

}  // namespace

std::expected<BlobIndex, DatabaseError> BlobIndex::open(const std::string& path) {
  const FileDescriptor file(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
  if (!file.is_open()) return std::unexpected(DatabaseError::not_permitted);
  auto database = SqliteDatabase::open(path, kIndexUpgrades);
  if (!database) return std::unexpected(database.error());
  return BlobIndex(std::move(*database));
}

BlobIndex::BlobIndex(SqliteDatabase database)
    : database_(std::move(database)),
      find_(database_.prepare(
          "SELECT bytes, complete, pinned, used, chunks FROM blobs WHERE id = ?1")),
      put_(database_.prepare(
          "INSERT INTO blobs (id, bytes, complete, pinned, used, chunks) VALUES (?1, ?2, ?3, ?4, "
          "?5, ?6) ON CONFLICT DO UPDATE SET bytes = excluded.bytes, complete = excluded.complete, "
          "pinned = excluded.pinned, used = excluded.used, chunks = excluded.chunks")),
      put_contents_(
          database_.prepare("INSERT OR REPLACE INTO contents (id, bytes) VALUES (?1, ?2)")),
      contents_(database_.prepare("SELECT bytes FROM contents WHERE id = ?1")),
      pin_(database_.prepare("UPDATE blobs SET pinned = ?2 WHERE id = ?1")),
      use_(database_.prepare("UPDATE blobs SET used = ?2 WHERE id = ?1")),
      remove_(database_.prepare("DELETE FROM blobs WHERE id = ?1")),
      remove_contents_(database_.prepare("DELETE FROM contents WHERE id = ?1")),
      list_(database_.prepare("SELECT id, bytes, complete, pinned, used FROM blobs ORDER BY id")),
      usage_(database_.prepare(
          "SELECT count(*), coalesce(sum(bytes), 0), coalesce(sum(bytes * pinned), 0) FROM blobs")),
      least_used_(database_.prepare("SELECT id FROM blobs WHERE pinned = 0 AND used < ?1 ORDER BY "
                                    "used LIMIT 1")) {}

BlobIndex::Result<> BlobIndex::begin() { return result_of(database_.exec("BEGIN IMMEDIATE")); }

BlobIndex::Result<> BlobIndex::commit() {
  const auto done = database_.exec("COMMIT");
  if (!done) (void)database_.exec("ROLLBACK");
  return result_of(done);
}

BlobIndex::Result<std::optional<IndexEntry>> BlobIndex::find(const BlobId& id) {
  const Bytes key = key_of(id);
  const auto row = find_.bind(1, key).step();
  if (!row) return failure(row.error());
  std::optional<IndexEntry> entry;
  if (*row) {
    entry = IndexEntry{.bytes = static_cast<uint64_t>(find_.number(0)),
                       .complete = find_.number(1) != 0,
                       .pinned = find_.number(2) != 0,
                       .used_unix_s = find_.number(3)};
    if (!find_.is_null(4))
      entry->chunks = crypto::ChunkSet::from(crypto::chunk_count(id.size), find_.bytes(4));
  }
  find_.reset();
  return entry;
}

BlobIndex::Result<> BlobIndex::put(const BlobId& id, const IndexEntry& entry,
                                   std::optional<ByteView> contents) {
  const Bytes key = key_of(id);
  if (contents) {
    if (const auto done = put_contents_.bind(1, ByteView(key)).bind(2, *contents).run(); !done)
      return failure(done.error());
  }
  put_.bind(1, ByteView(key)).bind(2, static_cast<int64_t>(entry.bytes));
  put_.bind(3, int64_t{entry.complete}).bind(4, int64_t{entry.pinned}).bind(5, entry.used_unix_s);
  if (entry.chunks) {
    put_.bind(6, ByteView(entry.chunks->bits()));
  } else {
    put_.bind_null(6);
  }
  return result_of(put_.run());
}

BlobIndex::Result<std::optional<Bytes>> BlobIndex::contents(const BlobId& id) {
  const Bytes key = key_of(id);
  const auto row = contents_.bind(1, ByteView(key)).step();
  if (!row) return failure(row.error());
  std::optional<Bytes> bytes;
  if (*row) bytes = copy_of(contents_.bytes(0));
  contents_.reset();
  return bytes;
}

BlobIndex::Result<> BlobIndex::set_pinned(const BlobId& id, bool pinned) {
  const Bytes key = key_of(id);
  return result_of(pin_.bind(1, ByteView(key)).bind(2, int64_t{pinned}).run());
}

BlobIndex::Result<> BlobIndex::set_used(const BlobId& id, int64_t unix_s) {
  const Bytes key = key_of(id);
  return result_of(use_.bind(1, ByteView(key)).bind(2, unix_s).run());
}

BlobIndex::Result<> BlobIndex::remove(const BlobId& id) {
  const Bytes key = key_of(id);
  if (const auto done = remove_contents_.bind(1, ByteView(key)).run(); !done)
    return failure(done.error());
  return result_of(remove_.bind(1, ByteView(key)).run());
}

BlobIndex::Result<std::vector<env::BlobInfo>> BlobIndex::list() {
  std::vector<env::BlobInfo> blobs;
  while (true) {
    const auto row = list_.step();
    if (!row) return failure(row.error());
    if (!*row) break;
    blobs.push_back({.id = id_of(list_.bytes(0)),
                     .bytes = static_cast<uint64_t>(list_.number(1)),
                     .complete = list_.number(2) != 0,
                     .pinned = list_.number(3) != 0,
                     .used = {list_.number(4)}});
  }
  list_.reset();
  return blobs;
}

BlobIndex::Result<env::StoreUsage> BlobIndex::usage() {
  const auto row = usage_.step();
  if (!row) return failure(row.error());
  const env::StoreUsage usage{.blobs = static_cast<uint64_t>(usage_.number(0)),
                              .bytes = static_cast<uint64_t>(usage_.number(1)),
                              .pinned_bytes = static_cast<uint64_t>(usage_.number(2))};
  usage_.reset();
  return usage;
}

BlobIndex::Result<std::optional<BlobId>> BlobIndex::least_used(int64_t before_unix_s) {
  const auto row = least_used_.bind(1, before_unix_s).step();
  if (!row) return failure(row.error());
  std::optional<BlobId> id;
  if (*row) id = id_of(least_used_.bytes(0));
  least_used_.reset();
  return id;
}

}  // namespace starling::os
