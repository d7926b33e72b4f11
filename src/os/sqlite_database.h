// os/sqlite_database.h - an SQLite file, opened so that what was committed survives a crash.
//
// How:     open() with the statements that bring a file from each schema number to the next; prepare() statements; exec().
// Rule:    a file of a later schema number is refused and left untouched.
// Threads: one at a time. Source: https://sqlite.org/c3ref/intro.html
#pragma once

#include <expected>
#include <memory>
#include <optional>
#include <span>
#include <string>

#include "base/bytes.h"

struct sqlite3;
struct sqlite3_stmt;

namespace starling::os {

enum class DatabaseError : uint8_t { newer_schema, damaged, no_space, not_permitted, failed };

class SqliteStatement {
 public:
  // Parameters are numbered from 1. Views must stay as they are until the next reset().
  SqliteStatement& bind(int parameter, ByteView value);
  SqliteStatement& bind(int parameter, std::string_view value);
  SqliteStatement& bind(int parameter, int64_t value);
  SqliteStatement& bind_null(int parameter);
  // True: there is a row.
  std::expected<bool, DatabaseError> step();
  // For statements without rows: step() and reset().
  std::expected<void, DatabaseError> run();
  // Columns are numbered from 0. Valid until the next step() or reset().
  [[nodiscard]] ByteView bytes(int column) const;
  [[nodiscard]] int64_t number(int column) const;
  [[nodiscard]] bool is_null(int column) const;
  void reset();

 private:
  friend class SqliteDatabase;
  struct Finalize {
    void operator()(sqlite3_stmt* statement) const;
  };
  explicit SqliteStatement(sqlite3_stmt* statement) : statement_(statement) {}
  std::unique_ptr<sqlite3_stmt, Finalize> statement_;
};

class SqliteDatabase {
 public:
  // Makes the file if there is none. `upgrades`: the statements that make schema 1 of an empty file, 2 of 1, and so on.
  static std::expected<SqliteDatabase, DatabaseError> open(const std::string& path,
                                                           std::span<const char* const> upgrades);

  // Pre: valid SQL.
  SqliteStatement prepare(const char* sql);
  std::expected<void, DatabaseError> exec(const char* sql);

 private:
  struct Close {
    void operator()(sqlite3* database) const;
  };
  explicit SqliteDatabase(sqlite3* database) : database_(database) {}
  std::expected<void, DatabaseError> upgrade(std::span<const char* const> upgrades);
  std::unique_ptr<sqlite3, Close> database_;
};

}  // namespace starling::os
