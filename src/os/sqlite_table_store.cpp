#include "os/sqlite_table_store.h"

#include <array>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "os/file_descriptor.h"

namespace starling::os {
namespace {

using env::TableError;

constexpr std::array kUpgrades = {
    "CREATE TABLE rows (name TEXT NOT NULL, key BLOB NOT NULL, value BLOB NOT NULL, "
    "PRIMARY KEY (name, key)) WITHOUT ROWID",
};

TableError table_error_of(DatabaseError error) {
  switch (error) {
    case DatabaseError::no_space:
      return TableError::no_space;
    case DatabaseError::not_permitted:
      return TableError::not_permitted;
    default:
      return TableError::failed;
  }
}

size_t size_of(const std::vector<env::TableChange>& changes) {
  size_t size = 0;
  for (const auto& change : changes)
    size += change.table.size() + change.key.size() + (change.value ? change.value->size() : 0);
  return size;
}

}  // namespace

std::expected<std::unique_ptr<SqliteTableStore>, DatabaseError> SqliteTableStore::open(
    EventLoop& loop, const std::string& path) {
  // SQLite would make it readable for others; its journals take the mode of the file.
  const FileDescriptor file(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
  if (!file.is_open()) return std::unexpected(DatabaseError::not_permitted);
  auto database = SqliteDatabase::open(path, kUpgrades);
  if (!database) return std::unexpected(database.error());
  return std::unique_ptr<SqliteTableStore>(new SqliteTableStore(loop, std::move(*database)));
}

SqliteTableStore::SqliteTableStore(EventLoop& loop, SqliteDatabase database)
    : database_(std::move(database)),
      put_(database_.prepare("INSERT INTO rows (name, key, value) VALUES (?1, ?2, ?3) ON CONFLICT "
                             "DO UPDATE SET value = excluded.value")),
      erase_(database_.prepare("DELETE FROM rows WHERE name = ?1 AND key = ?2")),
      select_(database_.prepare("SELECT key, value FROM rows WHERE name = ?1 AND key >= ?2 ORDER "
                                "BY key LIMIT ?3")),
      thread_(loop, [this] { finish_transaction(); }) {}

void SqliteTableStore::commit(std::vector<env::TableChange> changes, Done done) {
  const size_t bytes = size_of(changes);
  if (!thread_.has_room(bytes)) {
    return thread_.loop().post([done = std::move(done)] {
      if (done) done(std::unexpected(TableError::failed));
    });
  }
  thread_.run(bytes, [this, bytes, changes = std::move(changes), done = std::move(done)] {
    const auto applied = apply(changes);
    if (applied) return waiting_.push_back({bytes, done});
    thread_.complete(bytes, [done, applied] {
      if (done) done(applied);
    });
  });
}

std::expected<void, TableError> SqliteTableStore::apply(
    const std::vector<env::TableChange>& changes) {
  for (const auto& change : changes) {
    if (change.value && change.value->size() > kValueSizeMax)
      return std::unexpected(TableError::failed);
  }
  if (!in_transaction_) {
    if (const auto begun = database_.exec("BEGIN IMMEDIATE"); !begun)
      return std::unexpected(table_error_of(begun.error()));
    in_transaction_ = true;
  }
  // So that a failure in the middle takes back these changes and no others.
  if (const auto marked = database_.exec("SAVEPOINT one"); !marked)
    return std::unexpected(table_error_of(marked.error()));
  for (const auto& change : changes) {
    SqliteStatement& statement = change.value ? put_ : erase_;
    statement.bind(1, change.table).bind(2, ByteView(change.key));
    if (change.value) statement.bind(3, ByteView(*change.value));
    if (const auto done = statement.run(); !done) {
      (void)database_.exec("ROLLBACK TO one; RELEASE one");
      return std::unexpected(table_error_of(done.error()));
    }
  }
  if (const auto done = database_.exec("RELEASE one"); !done)
    return std::unexpected(table_error_of(done.error()));
  return {};
}

void SqliteTableStore::finish_transaction() {
  if (!in_transaction_) return;
  in_transaction_ = false;
  std::expected<void, TableError> outcome;
  if (const auto committed = database_.exec("COMMIT"); !committed) {
    outcome = std::unexpected(table_error_of(committed.error()));
    (void)database_.exec("ROLLBACK");
  }
  for (Waiting& waiting : std::exchange(waiting_, {})) {
    thread_.complete(waiting.bytes, [done = std::move(waiting.done), outcome] {
      if (done) done(outcome);
    });
  }
}

void SqliteTableStore::read(std::string table, Bytes from, size_t limit, RowsDone done) {
  using Rows = std::expected<std::vector<env::TableRow>, TableError>;
  thread_.submit<Rows>(
      0, std::unexpected(TableError::failed),
      [this, table = std::move(table), from = std::move(from), limit] {
        // Completions come in the order of submission: those before this one are committed first.
        finish_transaction();
        return select(table, from, limit);
      },
      std::move(done));
}

std::expected<std::vector<env::TableRow>, TableError> SqliteTableStore::select(
    const std::string& table, const Bytes& from, size_t limit) {
  std::vector<env::TableRow> rows;
  select_.bind(1, table).bind(2, ByteView(from)).bind(3, static_cast<int64_t>(limit));
  while (true) {
    const auto row = select_.step();
    if (!row || !*row) {
      select_.reset();
      if (!row) return std::unexpected(table_error_of(row.error()));
      return rows;
    }
    rows.emplace_back(copy_of(select_.bytes(0)), copy_of(select_.bytes(1)));
  }
}

}  // namespace starling::os
