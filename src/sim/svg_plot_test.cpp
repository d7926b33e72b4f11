#include "sim/svg_plot.h"

#include <cmath>
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <limits>

#include "sim/well_formed.h"

namespace starling::sim {
namespace svg_plot_test {

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
constexpr double kInfinity = std::numeric_limits<double>::infinity();

size_t count_of(const std::string& text, std::string_view part) {
  size_t count = 0;
  for (size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++count;
  return count;
}

// The d attributes of the lines of all series, in order.
std::vector<std::string> lines_of(const std::string& svg) {
  constexpr std::string_view kMark = "\n<path d=\"M";
  constexpr std::string_view kEnd = "\" fill=\"none\"/></g>";
  std::vector<std::string> lines;
  for (size_t at = svg.find(kMark); at != std::string::npos; at = svg.find(kMark, at + 1)) {
    const size_t begin = at + kMark.size() - 1;
    const size_t end = svg.find('"', begin);
    if (svg.substr(end, kEnd.size()) == kEnd) lines.push_back(svg.substr(begin, end - begin));
  }
  return lines;
}

size_t markers_of(const std::string& svg) { return count_of(svg, "translate("); }

void expect_sound(const std::string& svg) {
  EXPECT_EQ(WellFormedCheck::fault_in(svg), "");
  EXPECT_EQ(count_of(svg, "nan"), 0U) << svg;
  EXPECT_EQ(count_of(svg, "inf"), 0U) << svg;
  EXPECT_TRUE(svg.starts_with("<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 720 400\""));
}

ReportPlot plot_of(std::vector<std::pair<double, double>> points) {
  ReportPlot plot;
  plot.series.push_back({.name = "", .points = std::move(points)});
  return plot;
}

TEST(PlotSvgTest, DrawsALineAndAMarkerForEachPoint) {
  const std::string svg = svg_plot(plot_of({{0, 0}, {1, 2}, {2, 1}}));
  expect_sound(svg);
  ASSERT_EQ(lines_of(svg).size(), 1U);
  EXPECT_EQ(count_of(lines_of(svg)[0], "L"), 2U);
  EXPECT_EQ(markers_of(svg), 3U);
}

TEST(PlotSvgTest, PutsLargeValuesAboveSmallOnes) {
  const std::string line = lines_of(svg_plot(plot_of({{0, 0}, {1, 10}}))).at(0);
  double x1 = 0, y1 = 0, x2 = 0, y2 = 0;
  ASSERT_EQ(std::sscanf(line.c_str(), "M%lf %lfL%lf %lf", &x1, &y1, &x2, &y2), 4);
  EXPECT_GT(x2, x1 + 500);
  EXPECT_LT(y2, y1 - 250);
}

TEST(PlotSvgTest, EscapesAllTexts) {
  ReportPlot plot = plot_of({{0, 0}, {1, 1}});
  const std::string nasty = "\"><script>'&\xff\x01";
  plot.title = plot.x_label = plot.y_label = plot.series[0].name = nasty;
  const std::string svg = svg_plot(plot);
  expect_sound(svg);
  EXPECT_EQ(count_of(svg, "<script"), 0U);
  EXPECT_EQ(count_of(svg, "&lt;script&gt;"), 4U + 4U + 2U)
      << "each text as such, all of them in the label, title and series once more as <title>";
}

TEST(PlotSvgTest, SaysWhatItShowsToThoseWhoDoNotSeeIt) {
  ReportPlot plot = plot_of({{0, 0}, {1, 1}});
  plot.title = "Healing";
  plot.x_label = "time (s)";
  plot.y_label = "pairs";
  plot.series[0].name = "loss 5 %";
  const std::string svg = svg_plot(plot);
  EXPECT_NE(
      svg.find("role=\"img\" aria-label=\"Healing. Line plot of pairs over time (s): loss 5 %.\""),
      std::string::npos);
  EXPECT_NE(svg.find("<title>Healing</title>"), std::string::npos);
}

TEST(PlotSvgTest, SaysSoWhenThereIsNothingToDraw) {
  for (const ReportPlot& plot : {ReportPlot{}, plot_of({}), plot_of({{kNan, 1}, {1, kInfinity}})}) {
    const std::string svg = svg_plot(plot);
    expect_sound(svg);
    EXPECT_NE(svg.find(">no data<"), std::string::npos);
    EXPECT_EQ(lines_of(svg).size(), 0U);
  }
}

TEST(PlotSvgTest, NamesASeriesWithoutData) {
  ReportPlot plot = plot_of({{0, 0}, {1, 1}});
  plot.series.push_back({.name = "empty", .points = {}});
  const std::string svg = svg_plot(plot);
  expect_sound(svg);
  EXPECT_NE(svg.find(">empty (no data)<"), std::string::npos);
}

TEST(PlotSvgTest, DrawsASinglePointAsAMarker) {
  for (const bool logarithmic : {false, true}) {
    ReportPlot plot = plot_of({{3, 7}});
    plot.logarithmic_x = plot.logarithmic_y = logarithmic;
    const std::string svg = svg_plot(plot);
    expect_sound(svg);
    EXPECT_EQ(markers_of(svg), 1U);
    EXPECT_EQ(lines_of(svg).size(), 0U);
  }
}

TEST(PlotSvgTest, DrawsConstantNegativeAndExtremeValues) {
  expect_sound(svg_plot(plot_of({{0, 0}, {1, 0}})));
  expect_sound(svg_plot(plot_of({{-5, -3}, {5, -3}})));
  expect_sound(svg_plot(plot_of({{-1e300, 1e300}, {1e300, -1e300}})));
  expect_sound(svg_plot(plot_of({{-1.7e308, 1}, {0, 1.7e308}, {5e-324, 5e-324}})));
}

TEST(PlotSvgTest, InterruptsTheLineAtWhatCannotBeDrawn) {
  const std::string svg =
      svg_plot(plot_of({{0, 0}, {1, 1}, {2, kNan}, {3, 3}, {4, 4}, {5, -kInfinity}, {6, 6}}));
  expect_sound(svg);
  ASSERT_EQ(lines_of(svg).size(), 1U);
  EXPECT_EQ(count_of(lines_of(svg)[0], "M"), 2U);
  EXPECT_EQ(count_of(lines_of(svg)[0], "L"), 2U);
  EXPECT_EQ(markers_of(svg), 5U) << "the last point has no line, but a marker";
}

TEST(PlotSvgTest, LeavesOutWhatALogarithmicAxisCannotShow) {
  ReportPlot plot = plot_of({{-1, 1}, {0, 1}, {1, 0}, {10, -5}, {10, 10}, {100, 100}});
  plot.logarithmic_x = plot.logarithmic_y = true;
  const std::string svg = svg_plot(plot);
  expect_sound(svg);
  EXPECT_EQ(markers_of(svg), 2U);
}

TEST(PlotSvgTest, TellsSeriesApart) {
  ReportPlot plot;
  for (int i = 0; i < 9; ++i)
    plot.series.push_back({.name = fmt::format("series {}", i), .points = {{0, i}, {1, i + 1}}});
  const std::string svg = svg_plot(plot);
  expect_sound(svg);
  EXPECT_EQ(lines_of(svg).size(), 9U);
  EXPECT_EQ(count_of(svg, "<g stroke=\"#363ebb\""), 4U)
      << "legend and line, of the first and the ninth";
  EXPECT_EQ(count_of(svg, "<g stroke=\"#222222\""), 2U);
  EXPECT_EQ(count_of(svg, "stroke-dasharray"), 2U) << "the ninth has the colour of the first";
  for (int i = 0; i < 9; ++i)
    EXPECT_NE(svg.find(fmt::format(">series {}</text>", i)), std::string::npos);
}

TEST(PlotSvgTest, KeepsTheLegendSmall) {
  ReportPlot plot;
  for (int i = 0; i < 200; ++i)
    plot.series.push_back({.name = fmt::format("the series number {}", i), .points = {{0, i}}});
  const std::string svg = svg_plot(plot);
  expect_sound(svg);
  size_t named = 0;
  while (svg.find(fmt::format(">the series number {}</text>", named)) != std::string::npos) ++named;
  EXPECT_GT(named, 8U);
  EXPECT_NE(svg.find(fmt::format(">and {} more<", 200 - named)), std::string::npos);
}

TEST(PlotSvgTest, CutsLongTexts) {
  ReportPlot plot = plot_of({{0, 0}, {1, 1}});
  plot.title = plot.x_label = plot.y_label = plot.series[0].name = std::string(500, 'w');
  const std::string svg = svg_plot(plot);
  expect_sound(svg);
  EXPECT_EQ(count_of(svg, "…</text>"), 4U);
  EXPECT_NE(svg.find("<title>" + plot.title + "</title>"), std::string::npos);
}

TEST(PlotSvgTest, StaysSmallForManyPointsAndKeepsTheirExtremes) {
  std::vector<std::pair<double, double>> points;
  for (int i = 0; i < 200'000; ++i) points.emplace_back(i, i % 2);
  points[77'777].second = 40;
  points[111'111].second = -40;
  const std::string svg = svg_plot(plot_of(points));
  expect_sound(svg);
  EXPECT_LT(svg.size(), 60'000U);
  EXPECT_LE(markers_of(svg), 13U);
  // The one high point is at the top of the frame, the low one at its bottom.
  const std::string line = lines_of(svg).at(0);
  EXPECT_EQ(count_of(line, " 24.0"), 1U);
  EXPECT_EQ(count_of(line, " 366.0"), 1U);
}

TEST(PlotSvgTest, MarksALonelyPointOfALongLine) {
  std::vector<std::pair<double, double>> points;
  for (int i = 0; i < 1000; ++i) points.emplace_back(i, i);
  const size_t before = markers_of(svg_plot(plot_of(points)));
  points[500].second = points[502].second = kNan;
  EXPECT_GE(before, 11U);
  const std::string svg = svg_plot(plot_of(points));
  expect_sound(svg);
  EXPECT_EQ(markers_of(svg), before + 1);
}

TEST(PlotSvgTest, IsTheSameForTheSamePlot) {
  const ReportPlot plot = plot_of({{0, 0.1}, {1, 0.7}});
  EXPECT_EQ(svg_plot(plot), svg_plot(plot));
}

}  // namespace svg_plot_test
}  // namespace starling::sim
