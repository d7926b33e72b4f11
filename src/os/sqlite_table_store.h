// os/sqlite_table_store.h - env::TableStore in an SQLite file, on a thread of its own.
//
// How:     changes that come within a few milliseconds are committed together; each completes after that.
// Order, threads and lifetime: as os/storage_thread.h.
#pragma once

#include <memory>
#include <vector>

#include "env/table_store.h"
#include "os/sqlite_database.h"
#include "os/storage_thread.h"

namespace starling::os {

class SqliteTableStore final : public env::TableStore {
 public:
  // `loop` is borrowed. Makes the file (0600) if there is none. Blocks.
  static std::expected<std::unique_ptr<SqliteTableStore>, DatabaseError> open(
      EventLoop& loop, const std::string& path);

  void commit(std::vector<env::TableChange> changes, Done done) override;
  void read(std::string table, Bytes from, size_t limit, RowsDone done) override;

 private:
  // A commit whose transaction is still open.
  struct Waiting {
    size_t bytes;
    Done done;
  };

  SqliteTableStore(EventLoop& loop, SqliteDatabase database);
  std::expected<void, env::TableError> apply(const std::vector<env::TableChange>& changes);
  std::expected<std::vector<env::TableRow>, env::TableError> select(const std::string& table,
                                                                    const Bytes& from,
                                                                    size_t limit);
  void finish_transaction();

  // Storage thread only.
  SqliteDatabase database_;
  SqliteStatement put_;
  SqliteStatement erase_;
  SqliteStatement select_;
  bool in_transaction_ = false;
  std::vector<Waiting> waiting_;

  StorageThread thread_;
};

}  // namespace starling::os
