#include "cli/quantity_text.h"

#include <gtest/gtest.h>

namespace starling::cli {
namespace quantity_text_test {

TEST(QuantityTextTest, ReadsLifetimesWithTheirUnit) {
  EXPECT_EQ(parse_lifetime("90s"), std::chrono::seconds(90));
  EXPECT_EQ(parse_lifetime("15m"), std::chrono::minutes(15));
  EXPECT_EQ(parse_lifetime("36h"), std::chrono::hours(36));
  EXPECT_EQ(parse_lifetime("7d"), std::chrono::days(7));
  EXPECT_EQ(parse_lifetime("2w"), std::chrono::days(14));
}

TEST(QuantityTextTest, RefusesLifetimesThatAreNone) {
  for (const char* text : {"", "d", "7", "7 d", " 7d", "7dd", "0d", "-1d", "+1d", "1.5h", "7y",
                           "9223372036854775807s", "99999999999999999999s", "366000d"}) {
    EXPECT_FALSE(parse_lifetime(text).has_value()) << text;
  }
}

TEST(QuantityTextTest, ShowsTheTwoLargestUnitsOfADuration) {
  EXPECT_EQ(duration_text(0), "0 s");
  EXPECT_EQ(duration_text(59), "59 s");
  EXPECT_EQ(duration_text(60), "1 min");
  EXPECT_EQ(duration_text(61), "1 min 1 s");
  EXPECT_EQ(duration_text(3'600 + 61), "1 h 1 min");
  EXPECT_EQ(duration_text(4 * 86'400 + 3 * 3'600 + 59), "4 d 3 h");
  EXPECT_EQ(duration_text(86'400 + 59), "1 d");
  EXPECT_EQ(duration_text(-90), "-1 min 30 s");
}

TEST(QuantityTextTest, ShowsRoundTripTimesWithTheDigitsThatCount) {
  EXPECT_EQ(rtt_text(87), "87 us");
  EXPECT_EQ(rtt_text(1'250), "1.25 ms");
  EXPECT_EQ(rtt_text(34'567), "34.6 ms");
  EXPECT_EQ(rtt_text(2'100'000), "2.1 s");
}

TEST(QuantityTextTest, ShowsBytesInDecimalUnits) {
  EXPECT_EQ(bytes_text(0), "0 B");
  EXPECT_EQ(bytes_text(999), "999 B");
  EXPECT_EQ(bytes_text(1'500), "1.5 kB");
  EXPECT_EQ(bytes_text(999'999), "1.0 MB");
  EXPECT_EQ(bytes_text(12'345'678'901), "12.3 GB");
  EXPECT_EQ(bytes_text(UINT64_MAX), "18446.7 PB");
}

TEST(QuantityTextTest, ShowsDatesInUtcWhateverTheTimeZone) {
  EXPECT_EQ(date_text(0), "1970-01-01 00:00 UTC");
  EXPECT_EQ(date_text(1'767'225'600), "2026-01-01 00:00 UTC");
  EXPECT_EQ(date_text(INT64_MAX), ">9999");
}

}  // namespace quantity_text_test
}  // namespace starling::cli
