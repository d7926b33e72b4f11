// sim/svg_plot.h - draws a line plot as SVG that stands alone or within a page.
//
// How:     give it series of points; it chooses axes, colours and markers. What cannot be drawn (not a number, infinite,
//          not positive on a logarithmic axis) is left out and interrupts the line.
// Drawing: no styles, scripts, identifiers or references, so that any number of plots fits into one page. The same plot
//          gives the same bytes.
#pragma once

#include <string>
#include <utility>
#include <vector>

namespace starling::sim {

inline constexpr int kSvgPlotWidth = 720;
inline constexpr int kSvgPlotHeight = 400;

// Eight series can be told apart well; more repeat the colours with dashed lines, and 24 also these.
inline constexpr size_t kPlotColours = 8;

struct ReportSeries {
  std::string name{};
  std::vector<std::pair<double, double>> points{};  // x and y; joined in this order
};

struct ReportPlot {
  std::string title{};
  std::string x_label{};  // with the unit: "time (s)"
  std::string y_label{};
  bool logarithmic_x = false;
  bool logarithmic_y = false;
  std::vector<ReportSeries> series{};
};

// An <svg> element. Long texts are cut with "…"; the title is whole in <title>.
std::string svg_plot(const ReportPlot& plot);

}  // namespace starling::sim
