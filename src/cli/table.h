// cli/table.h - text in aligned columns.
//
// Widths count UTF-8 characters. Control characters become '?': some cells hold what other nodes say,
// and a terminal obeys what it is sent.
#pragma once

#include <string>
#include <vector>

namespace starling::cli {

struct Column {
  enum class Align : uint8_t { left, right };
  std::string title;  // all empty: the table has no title line
  Align align = Align::left;
};

class Table {
 public:
  explicit Table(std::vector<Column> columns);

  // Pre: as many cells as columns (checked).
  void add_row(std::vector<std::string> cells);
  [[nodiscard]] bool is_empty() const { return rows_.empty(); }
  // Each line ends with '\n' and with no blanks before it.
  [[nodiscard]] std::string text() const;

 private:
  std::vector<Column> columns_;
  std::vector<std::vector<std::string>> rows_;
};

}  // namespace starling::cli
