#include "os/sqlite_database.h"

#include <fmt/format.h>
#include <sqlite3.h>

#include "base/check.h"

namespace starling::os {
namespace {

DatabaseError database_error_of(int code) {
  switch (code & 0xff) {
    case SQLITE_FULL:
      return DatabaseError::no_space;
    case SQLITE_PERM:
    case SQLITE_READONLY:
    case SQLITE_AUTH:
    case SQLITE_CANTOPEN:
      return DatabaseError::not_permitted;
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
      return DatabaseError::damaged;
    default:
      return DatabaseError::failed;
  }
}

}  // namespace

void SqliteStatement::Finalize::operator()(sqlite3_stmt* statement) const {
  sqlite3_finalize(statement);
}

SqliteStatement& SqliteStatement::bind(int parameter, ByteView value) {
  // A null pointer would bind NULL.
  const uint8_t* data = value.empty() ? reinterpret_cast<const uint8_t*>("") : value.data();
  sqlite3_bind_blob64(statement_.get(), parameter, data, value.size(), SQLITE_STATIC);
  return *this;
}

SqliteStatement& SqliteStatement::bind(int parameter, std::string_view value) {
  const char* data = value.empty() ? "" : value.data();
  sqlite3_bind_text64(statement_.get(), parameter, data, value.size(), SQLITE_STATIC, SQLITE_UTF8);
  return *this;
}

SqliteStatement& SqliteStatement::bind(int parameter, int64_t value) {
  sqlite3_bind_int64(statement_.get(), parameter, value);
  return *this;
}

SqliteStatement& SqliteStatement::bind_null(int parameter) {
  sqlite3_bind_null(statement_.get(), parameter);
  return *this;
}

std::expected<bool, DatabaseError> SqliteStatement::step() {
  const int code = sqlite3_step(statement_.get());
  if (code == SQLITE_ROW) return true;
  if (code == SQLITE_DONE) return false;
  return std::unexpected(database_error_of(code));
}

std::expected<void, DatabaseError> SqliteStatement::run() {
  const auto row = step();
  reset();
  if (!row) return std::unexpected(row.error());
  return {};
}

ByteView SqliteStatement::bytes(int column) const {
  const auto* data = static_cast<const uint8_t*>(sqlite3_column_blob(statement_.get(), column));
  return {data, static_cast<size_t>(sqlite3_column_bytes(statement_.get(), column))};
}

int64_t SqliteStatement::number(int column) const {
  return sqlite3_column_int64(statement_.get(), column);
}

bool SqliteStatement::is_null(int column) const {
  return sqlite3_column_type(statement_.get(), column) == SQLITE_NULL;
}

void SqliteStatement::reset() {
  sqlite3_reset(statement_.get());
  sqlite3_clear_bindings(statement_.get());
}

void SqliteDatabase::Close::operator()(sqlite3* database) const { sqlite3_close_v2(database); }

std::expected<SqliteDatabase, DatabaseError> SqliteDatabase::open(
    const std::string& path, std::span<const char* const> upgrades) {
  sqlite3* handle = nullptr;
  const int code =
      sqlite3_open_v2(path.c_str(), &handle,
                      SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX, nullptr);
  SqliteDatabase database(handle);
  if (code != SQLITE_OK) return std::unexpected(database_error_of(code));
  sqlite3_extended_result_codes(handle, 1);
  sqlite3_busy_timeout(handle, 10'000);
  for (const char* pragma : {"PRAGMA journal_mode=WAL", "PRAGMA synchronous=FULL",
                             "PRAGMA foreign_keys=ON", "PRAGMA wal_autocheckpoint=1000"}) {
    if (const auto done = database.exec(pragma); !done) return std::unexpected(done.error());
  }
  if (const auto done = database.upgrade(upgrades); !done) return std::unexpected(done.error());
  return database;
}

std::expected<void, DatabaseError> SqliteDatabase::upgrade(std::span<const char* const> upgrades) {
  SqliteStatement version = prepare("PRAGMA user_version");
  const auto row = version.step();
  if (!row) return std::unexpected(row.error());
  const auto found = static_cast<size_t>(version.number(0));
  version.reset();
  if (found > upgrades.size()) return std::unexpected(DatabaseError::newer_schema);
  for (size_t schema = found; schema < upgrades.size(); ++schema) {
    const std::string sql = fmt::format("BEGIN IMMEDIATE; {}; PRAGMA user_version={}; COMMIT",
                                        upgrades[schema], schema + 1);
    if (auto done = exec(sql.c_str()); !done) {
      (void)exec("ROLLBACK");
      return done;
    }
  }
  return {};
}

SqliteStatement SqliteDatabase::prepare(const char* sql) {
  sqlite3_stmt* statement = nullptr;
  const int code =
      sqlite3_prepare_v3(database_.get(), sql, -1, SQLITE_PREPARE_PERSISTENT, &statement, nullptr);
  STARLING_CHECK(code == SQLITE_OK);
  return SqliteStatement(statement);
}

std::expected<void, DatabaseError> SqliteDatabase::exec(const char* sql) {
  const int code = sqlite3_exec(database_.get(), sql, nullptr, nullptr, nullptr);
  if (code != SQLITE_OK) return std::unexpected(database_error_of(code));
  return {};
}

}  // namespace starling::os
