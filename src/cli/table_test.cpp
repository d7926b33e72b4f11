#include "cli/table.h"

#include <gtest/gtest.h>

namespace starling::cli {
namespace table_test {

TEST(TableTest, AlignsColumnsLeftAndRight) {
  Table table({{"NAME"}, {"BYTES", Column::Align::right}, {"NOTE"}});
  table.add_row({"a", "12345678", "x"});
  table.add_row({"longer", "9", ""});
  EXPECT_EQ(table.text(),
            "NAME       BYTES  NOTE\n"
            "a       12345678  x\n"
            "longer         9\n");
}

TEST(TableTest, HasNoTitleLineWithoutTitles) {
  Table table({{}, {}});
  EXPECT_TRUE(table.is_empty());
  EXPECT_EQ(table.text(), "");
  table.add_row({"Key", "k7"});
  table.add_row({"Up", "3 s"});
  EXPECT_EQ(table.text(), "Key  k7\nUp   3 s\n");
}

TEST(TableTest, CountsCharactersAndNotBytes) {
  Table table({{}, {}});
  table.add_row({"dühn", "x"});
  table.add_row({"abcd", "y"});
  EXPECT_EQ(table.text(), "dühn  x\nabcd  y\n");
}

TEST(TableTest, SendsNoControlCharactersToTheTerminal) {
  Table table(std::vector<Column>(1));
  table.add_row({"a\x1B[31m\nb\x7F"});
  EXPECT_EQ(table.text(), "a?[31m?b?\n");
}

}  // namespace table_test
}  // namespace starling::cli
