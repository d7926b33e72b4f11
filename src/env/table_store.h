// env/table_store.h - tables of keys and values that change together, or not at all.
//
// Asynchronous: submit now, completion later on the network thread, in the order of submission. What a completed commit() wrote
// survives a crash. Interface only; os/ has SQLite, sim/ memory that a crash can catch.
#pragma once

#include <expected>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/bytes.h"

namespace starling::env {

enum class TableError : uint8_t { no_space, not_permitted, failed };

struct TableChange {
  std::string table;
  Bytes key;
  std::optional<Bytes> value;  // empty: the row goes
};
using TableRow = std::pair<Bytes, Bytes>;  // key, value

class TableStore {
 public:
  // A larger value is TableError::failed.
  static constexpr size_t kValueSizeMax = 1 << 20;

  using Done = std::function<void(std::expected<void, TableError>)>;
  using RowsDone = std::function<void(std::expected<std::vector<TableRow>, TableError>)>;

  virtual ~TableStore() = default;
  virtual void commit(std::vector<TableChange> changes, Done done) = 0;
  // Rows of the table with keys from `from` on, in ascending order, at most `limit`.
  virtual void read(std::string table, Bytes from, size_t limit, RowsDone done) = 0;
};

}  // namespace starling::env
