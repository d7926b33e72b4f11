#include "api/qr_rows.h"

#include <gtest/gtest.h>

namespace starling::api {
namespace qr_rows_test {

// ISO/IEC 18004: version 1 has 21 modules a side, and three finder patterns.
TEST(QrRowsTest, AShortTextIsASmallSquareWithItsThreeFinders) {
  const auto rows = qr_rows("starling");
  ASSERT_EQ(rows.size(), 21u);
  for (const std::string& row : rows) EXPECT_EQ(row.size(), rows.size());
  for (const size_t row : {size_t{0}, size_t{6}}) {
    EXPECT_EQ(rows[row].substr(0, 7), "1111111");
    EXPECT_EQ(rows[row].substr(14), "1111111");
    EXPECT_EQ(rows[14 + row].substr(0, 7), "1111111");
  }
  EXPECT_EQ(rows[3].substr(0, 7), "1011101");
}

TEST(QrRowsTest, WhatDoesNotFitIsNoCode) {
  EXPECT_FALSE(qr_rows(std::string(2'000, 'k')).empty());
  EXPECT_TRUE(qr_rows(std::string(4'000, 'k')).empty());
  EXPECT_TRUE(qr_rows("").empty());
}

}  // namespace qr_rows_test
}  // namespace starling::api
