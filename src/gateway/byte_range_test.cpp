#include "gateway/byte_range.h"

#include <gtest/gtest.h>

namespace starling::gateway {
namespace byte_range_test {

using Range = std::variant<WholeFile, ByteRange, NotInFile>;

TEST(ByteRangeTest, TheThreeFormsOfTheStandard) {
  EXPECT_EQ(parse_byte_range("bytes=0-499", 10'000), Range(ByteRange{0, 500}));
  EXPECT_EQ(parse_byte_range("bytes=500-999", 10'000), Range(ByteRange{500, 500}));
  EXPECT_EQ(parse_byte_range("bytes=-500", 10'000), Range(ByteRange{9'500, 500}));
  EXPECT_EQ(parse_byte_range("bytes=9500-", 10'000), Range(ByteRange{9'500, 500}));
  EXPECT_EQ(parse_byte_range("bytes=0-0", 10'000), Range(ByteRange{0, 1}));
}

TEST(ByteRangeTest, WhatGoesBeyondTheEndIsCut) {
  EXPECT_EQ(parse_byte_range("bytes=9999-20000", 10'000), Range(ByteRange{9'999, 1}));
  EXPECT_EQ(parse_byte_range("bytes=-20000", 10'000), Range(ByteRange{0, 10'000}));
  EXPECT_EQ(parse_byte_range("bytes=0-99999999999999999999999", 10'000),
            Range(ByteRange{0, 10'000}));
}

TEST(ByteRangeTest, WhatIsBehindTheEndIsNotInTheFile) {
  EXPECT_EQ(parse_byte_range("bytes=10000-", 10'000), Range(NotInFile{}));
  EXPECT_EQ(parse_byte_range("bytes=99999999999999999999999-", 10'000), Range(NotInFile{}));
  EXPECT_EQ(parse_byte_range("bytes=-0", 10'000), Range(NotInFile{}));
  EXPECT_EQ(parse_byte_range("bytes=0-", 0), Range(NotInFile{}));
  EXPECT_EQ(parse_byte_range("bytes=-1", 0), Range(NotInFile{}));
}

TEST(ByteRangeTest, SeveralRangesAndNonsenseGetTheWholeFile) {
  for (const char* header :
       {"", "bytes", "bytes=", "bytes=-", "bytes=a-b", "bytes=5-4", "bytes=0-1,3-4", "bytes= 0-1",
        "items=0-1", "bytes=+1-2", "bytes=--1", "bytes=1"}) {
    EXPECT_EQ(parse_byte_range(header, 10'000), Range(WholeFile{})) << header;
  }
}

}  // namespace byte_range_test
}  // namespace starling::gateway
