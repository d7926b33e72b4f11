#include "sim/report_page.h"

#include <cmath>
#include <gtest/gtest.h>

#include "sim/well_formed.h"

namespace starling::sim {
namespace report_page_test {

std::string page_of(const Report& report) {
  std::vector<std::string> svgs;
  for (const ReportPlot& plot : report.plots) svgs.push_back(svg_plot(plot));
  return report_page(report, report_file_names(report.plots), svgs);
}

bool has(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

TEST(ReportBarTest, IsKeptAtTheBarItself) {
  EXPECT_TRUE((ReportBar{.what = "a", .measured = 1, .bar = 1, .at_least = true}.is_kept()));
  EXPECT_TRUE((ReportBar{.what = "a", .measured = 1, .bar = 1, .at_least = false}.is_kept()));
  EXPECT_FALSE((ReportBar{.what = "a", .measured = 0.9, .bar = 1, .at_least = true}.is_kept()));
  EXPECT_FALSE((ReportBar{.what = "a", .measured = 1.1, .bar = 1, .at_least = false}.is_kept()));
  EXPECT_TRUE((ReportBar{.what = "a", .measured = 7}.is_kept()));
}

TEST(ReportBarTest, IsNotKeptByWhatIsNotANumber) {
  EXPECT_FALSE((ReportBar{.what = "a", .measured = NAN, .bar = 1, .at_least = true}.is_kept()));
  EXPECT_FALSE((ReportBar{.what = "a", .measured = NAN, .bar = 1, .at_least = false}.is_kept()));
}

TEST(ReportPageTest, ShowsValueAndBarAndWhetherItIsKept) {
  Report report{.bars = {{"pairs answered", 0.9987, 0.999, true, ""},
                         {"slowest", 4.25, 10, false, "s"},
                         {"events", 1234567, {}, false, ""}}};
  const std::string page = page_of(report);
  EXPECT_EQ(WellFormedCheck::fault_in(page), "");
  EXPECT_TRUE(
      has(page,
          "<tr><th scope=\"row\">pairs answered</th><td class=\"number\">0.9987</td>"
          "<td class=\"number\">at least 0.999</td><td class=\"missed\">✗ missed</td></tr>"));
  EXPECT_TRUE(
      has(page,
          "<tr><th scope=\"row\">slowest</th><td class=\"number\">4.25\u00a0s</td>"
          "<td class=\"number\">at most 10\u00a0s</td><td class=\"kept\">✓ kept</td></tr>"));
  EXPECT_TRUE(has(page,
                  "<tr><th scope=\"row\">events</th><td class=\"number\">1\u2009234\u2009567</td>"
                  "<td class=\"number\">–</td><td>–</td></tr>"));
  EXPECT_TRUE(has(page, "✗ 1 of 2 bars missed"));
  EXPECT_FALSE(report.is_kept());
  report.bars[0].measured = 1;
  EXPECT_TRUE(has(page_of(report), "✓ All 2 bars are kept"));
  EXPECT_TRUE(report.is_kept());
}

TEST(ReportPageTest, ShowsADifferenceThatRoundingWouldHide) {
  const std::string page = page_of({.bars = {{"delivered", 0.99899999, 0.999, true, ""}}});
  EXPECT_TRUE(has(page, "0.99899999</td><td class=\"number\">at least 0.999</td>"));
}

TEST(ReportPageTest, EscapesAllTexts) {
  const std::string nasty = "\"></style><script>'&\xff\x01";
  Report report{.scenario = nasty, .description = nasty, .command = nasty};
  report.settings = report.remarks = {{nasty, nasty}};
  report.bars = {{nasty, 1, 2, false, nasty}};
  report.plots = {{.title = nasty, .series = {{nasty, {{0, 0}, {1, 1}}}}}};
  const std::string page = page_of(report);
  EXPECT_EQ(WellFormedCheck::fault_in(page), "");
  EXPECT_FALSE(has(page, "<script"));
}

TEST(ReportPageTest, HasItsPartsAndNeedsNothingElse) {
  const Report report{.scenario = "settle",
                      .description = "Nodes start at once.",
                      .command = "starling-sim settle --seed 7 --report out",
                      .settings = {{"nodes", "200"}},
                      .plots = {{.title = "Healing", .series = {{"a", {{0, 0}, {1, 1}}}}}},
                      .remarks = {{"Trace", "0123456789abcdef"}}};
  const std::string page = page_of(report);
  EXPECT_EQ(WellFormedCheck::fault_in(page), "");
  for (const std::string_view part :
       {"<h1>settle</h1>", "Nodes start at once.", "<th scope=\"row\">nodes</th><td>200</td>",
        "<dt>Trace</dt>\n<dd>0123456789abcdef</dd>", "href=\"healing.csv\"",
        "<pre><code>starling-sim settle --seed 7 --report out</code></pre>"}) {
    EXPECT_TRUE(has(page, part)) << part;
  }
  EXPECT_TRUE(has(page, svg_plot(report.plots[0])));
  for (const std::string_view part :
       {"<script", "<link", "<img", "src=", "url(", "@import", "https:"})
    EXPECT_FALSE(has(page, part)) << part;
}

TEST(ReportPageTest, IsWellFormedWhenEmpty) {
  EXPECT_EQ(WellFormedCheck::fault_in(page_of({})), "");
}

TEST(ReportFileNamesTest, AreSlugsOfTheTitlesAndDiffer) {
  const auto names_of = [](const std::vector<std::string>& titles) {
    std::vector<ReportPlot> plots;
    for (const std::string& title : titles) plots.push_back({.title = title});
    return report_file_names(plots);
  };
  using Names = std::vector<std::string>;
  EXPECT_EQ(names_of({"Loss & time (s)", "../../etc/passwd", "", "¡鳥!"}),
            (Names{"loss-time-s", "etc-passwd", "plot", "plot-2"}));
  EXPECT_EQ(names_of({"a", "a", "a 2", "A"}), (Names{"a", "a-2", "a-2-2", "a-3"}));
  EXPECT_EQ(names_of({std::string(500, 'x')})[0].size(), 60U);
}

TEST(ReportCsvTest, HasAColumnForEachSeriesWhenXAgrees) {
  const ReportPlot plot{.series = {{"loss, 5 %", {{0, 0.1}, {1, 1e-9}, {2.5, NAN}}},
                                   {"a \"b\"", {{0, -1}, {1, 123456789}, {2.5, INFINITY}}}}};
  EXPECT_EQ(report_csv(plot),
            "x,\"loss, 5 %\",\"a \"\"b\"\"\"\n0,0.1,-1\n1,1e-09,123456789\n2.5,,inf\n");
}

TEST(ReportCsvTest, IsLongWhenXDiffers) {
  EXPECT_EQ(report_csv({.series = {{"a", {{0, 1}}}, {"b", {{0, 2}, {1, 3}}}}}),
            "series,x,y\na,0,1\nb,0,2\nb,1,3\n");
  EXPECT_EQ(report_csv({.series = {{"a", {{0, 1}}}, {"b", {{0.5, 2}}}}}),
            "series,x,y\na,0,1\nb,0.5,2\n");
  EXPECT_EQ(report_csv({.series = {{"a", {{0, 1}}}, {"b", {}}}}), "series,x,y\na,0,1\n");
}

TEST(ReportCsvTest, KeepsAllDigits) {
  EXPECT_EQ(report_csv({.series = {{"a", {{0.1 + 0.2, 1.0 / 3}}}}}),
            "x,a\n0.30000000000000004,0.3333333333333333\n");
}

TEST(ReportCsvTest, HasAHeadWithoutSeries) { EXPECT_EQ(report_csv({}), "x\n"); }

}  // namespace report_page_test
}  // namespace starling::sim
