#include "sim/markup.h"

#include <cmath>
#include <gtest/gtest.h>

namespace starling::sim {
namespace markup_test {

// The tests are clearer with the character that is meant.
constexpr const char* kUnknown = "\xef\xbf\xbd";

TEST(ReportMarkupTest, EscapesWhatHasAMeaningInMarkup) {
  EXPECT_EQ(escaped(R"(<a href="x">'&'</a>)"),
            "&lt;a href=&quot;x&quot;&gt;&#39;&amp;&#39;&lt;/a&gt;");
  EXPECT_EQ(escaped("&amp;"), "&amp;amp;");
  EXPECT_EQ(escaped("µs, 鳥, 🐦\n\t"), "µs, 鳥, 🐦\n\t");
  EXPECT_EQ(escaped(""), "");
}

TEST(ReportMarkupTest, ReplacesWhatXmlHasNoPlaceFor) {
  const std::string unknown = kUnknown;
  EXPECT_EQ(escaped(std::string_view("a\0b\x1b\x7f", 5)), "a" + unknown + "b" + unknown + unknown);
  EXPECT_EQ(escaped("\xff<"), unknown + "&lt;");
  EXPECT_EQ(escaped("\xc3"), unknown) << "a character that is cut off";
  EXPECT_EQ(escaped("\xc3<"), unknown + "&lt;") << "must not swallow what follows";
  EXPECT_EQ(escaped("\xc0\xbc"), unknown + unknown) << "'<' in two bytes";
  EXPECT_EQ(escaped("\xe0\x80\xbc"), unknown + unknown + unknown) << "'<' in three bytes";
  EXPECT_EQ(escaped("\xed\xa0\x80"), unknown + unknown + unknown) << "a surrogate";
  EXPECT_EQ(escaped("\xf4\x90\x80\x80"), unknown + unknown + unknown + unknown) << "U+110000";
  EXPECT_EQ(escaped("\xef\xbf\xbf"), unknown) << "U+FFFF";
}

TEST(ReportMarkupTest, ShortensAtCharactersAndNotAtBytes) {
  EXPECT_EQ(shortened("äöü", 3), "äöü");
  EXPECT_EQ(shortened("äöüß", 3), "äö…");
  EXPECT_EQ(shortened("", 3), "");
  EXPECT_EQ(shortened("ab", 1), "…");
}

TEST(ReportMarkupTest, WritesNumbersWithSixDigits) {
  EXPECT_EQ(number_text(0), "0");
  EXPECT_EQ(number_text(-0.0), "0");
  EXPECT_EQ(number_text(1), "1");
  EXPECT_EQ(number_text(-3), "−3");
  EXPECT_EQ(number_text(100), "100");
  EXPECT_EQ(number_text(0.1 + 0.2), "0.3");
  EXPECT_EQ(number_text(0.99870049), "0.9987");
  EXPECT_EQ(number_text(0.00123456789), "0.00123457");
  EXPECT_EQ(number_text(1234.5), "1234.5");
  EXPECT_EQ(number_text(12345.678), "12\u2009345.7");
  EXPECT_EQ(number_text(1234567), "1\u2009234\u2009567");
  EXPECT_EQ(number_text(-12345678), "−12\u2009345\u2009678");
  EXPECT_EQ(number_text(3.25e-7), "3.25×10⁻⁷");
  EXPECT_EQ(number_text(-1e20), "−10²⁰");
  EXPECT_EQ(number_text(std::nan("")), "not a number");
  EXPECT_EQ(number_text(-INFINITY), "−∞");
}

TEST(ReportMarkupTest, WritesExactNumbersSoThatUnequalOnesDiffer) {
  const double more = std::nextafter(0.999, 1);
  EXPECT_EQ(number_text(0.999), number_text(more));
  EXPECT_NE(exact_number_text(0.999), exact_number_text(more));
  EXPECT_EQ(exact_number_text(0.999), "0.999");
  EXPECT_EQ(exact_number_text(12345.678), "12\u2009345.678");
}

TEST(ReportMarkupTest, WritesFixedDecimals) {
  EXPECT_EQ(number_text(0.30000000000000004, 1), "0.3");
  EXPECT_EQ(number_text(-0.04, 1), "0.0");
  EXPECT_EQ(number_text(-10000, 2), "−10\u2009000.00");
}

TEST(ReportMarkupTest, EstimatesTheWidthOfWhatIsSeen) {
  EXPECT_DOUBLE_EQ(text_width("ä"), text_width("a"));
  EXPECT_GT(text_width("鳥"), text_width("a"));
  EXPECT_EQ(text_width(""), 0);
}

}  // namespace markup_test
}  // namespace starling::sim
