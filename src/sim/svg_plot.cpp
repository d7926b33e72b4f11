#include "sim/svg_plot.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <fmt/format.h>
#include <iterator>
#include <limits>
#include <optional>
#include <span>
#include <string_view>

#include "sim/markup.h"
#include "sim/plot_axis.h"

namespace starling::sim {
namespace {

// Chosen by a search for the largest difference (in OKLab) between any two, as seen by normal eyes and by those with
// protanopia, deuteranopia and tritanopia (Machado 2009), with a contrast to white of at least 2.6.
constexpr std::array<std::string_view, kPlotColours> kColours{
    "#363ebb", "#bc7400", "#0980aa", "#a53729", "#22a7ff", "#6d2867", "#a29f94", "#222222"};
// For the second and third round of colours.
constexpr std::array<std::string_view, 3> kDashes{"", "7 3", "2 3"};

// Drawn around the origin.
constexpr std::array<std::string_view, kPlotColours> kMarkers{
    "M-3.6 0a3.6 3.6 0 1 0 7.2 0a3.6 3.6 0 1 0-7.2 0z",             // disc
    "M-3.2-3.2h6.4v6.4h-6.4z",                                      // square
    "M0-4.4L4.2 3.2H-4.2z",                                         // triangle
    "M0-4.8L4.4 0L0 4.8L-4.4 0z",                                   // diamond
    "M0 4.4L4.2-3.2H-4.2z",                                         // triangle upside down
    "M-1.4-4.2h2.8v2.8h2.8v2.8h-2.8v2.8h-2.8v-2.8h-2.8v-2.8h2.8z",  // cross
    "M0-4.6L4.4-1.4L2.7 3.7H-2.7L-4.4-1.4z",                        // pentagon
    "M-4.2-2h8.4v4h-8.4z"};                                         // bar
// With more points than these a series has a marker only here and there.
constexpr size_t kPointsWithMarkersMax = 40;
constexpr size_t kMarkersOfLongLine = 12;
constexpr size_t kPointsOfThickLineMax = 500;  // one for each pixel and more: thin lines show more

constexpr double kTitleSize = 16;
constexpr double kLabelSize = 13;
constexpr double kTickSize = 12;
constexpr double kEdge = 14;  // free on every side

using Point = std::pair<double, double>;

bool can_draw(double value, bool logarithmic) {
  return std::abs(value) <= kPlotValueMax && (!logarithmic || value >= kPlotValueMin);
}
bool can_draw(const ReportPlot& plot, const Point& point) {
  return can_draw(point.first, plot.logarithmic_x) && can_draw(point.second, plot.logarithmic_y);
}

size_t drawn_points(const ReportPlot& plot, const ReportSeries& series) {
  return static_cast<size_t>(std::ranges::count_if(
      series.points, [&](const Point& point) { return can_draw(plot, point); }));
}

struct Ranges {
  PlotRange x;
  PlotRange y;
};

// Nothing when there is no point to draw.
std::optional<Ranges> ranges_of(const ReportPlot& plot) {
  constexpr double kFar = std::numeric_limits<double>::infinity();
  Ranges ranges{{kFar, -kFar}, {kFar, -kFar}};
  const auto widen = [](PlotRange& range, double value) {
    range = {std::min(range.low, value), std::max(range.high, value)};
  };
  for (const ReportSeries& series : plot.series) {
    for (const Point& point : series.points) {
      if (!can_draw(plot, point)) continue;
      widen(ranges.x, point.first);
      widen(ranges.y, point.second);
    }
  }
  if (ranges.x.low > ranges.x.high) return std::nullopt;
  return ranges;
}

// One text element; `more` are attributes.
std::string svg_text(double x, double y, double size, std::string_view text,
                     std::string_view more) {
  return fmt::format("<text x=\"{:.1f}\" y=\"{:.1f}\" font-size=\"{:g}\"{}{}>{}</text>\n", x, y,
                     size, more.empty() ? "" : " ", more, escaped(text));
}

std::string svg_line(double x1, double y1, double x2, double y2, std::string_view colour) {
  return fmt::format("<path d=\"M{:.1f} {:.1f}L{:.1f} {:.1f}\" stroke=\"{}\" fill=\"none\"/>\n", x1,
                     y1, x2, y2, colour);
}

std::string svg_marker(double x, double y, size_t series) {
  return fmt::format("<path transform=\"translate({:.1f} {:.1f})\" d=\"{}\"/>\n", x, y,
                     kMarkers[series % kPlotColours]);
}

std::string shortened_to(double width, double size, const std::string& text) {
  if (text_width(text) * size <= width) return text;
  return shortened(text, static_cast<size_t>(std::max(1.0, width / (0.62 * size))));
}

// The attributes of a series' line.
std::string stroke_of(size_t series) {
  const std::string_view dash = kDashes[series / kPlotColours % kDashes.size()];
  return fmt::format("stroke=\"{}\"{}", kColours[series % kPlotColours],
                     dash.empty() ? "" : fmt::format(" stroke-dasharray=\"{}\"", dash));
}

// --- the legend: samples with names above the plot, in one row or in columns ----------------------

struct LegendEntry {
  size_t series;  // that of the sample, or none: as many as there are
  std::string text;
};

struct Legend {
  std::vector<LegendEntry> entries;
  std::vector<double> x;  // of the columns; each row begins with the first
  [[nodiscard]] size_t rows() const {
    return entries.empty() ? 0 : (entries.size() - 1) / x.size() + 1;
  }
};

constexpr double kLegendRow = 19;
constexpr double kLegendSample = 30;
constexpr double kLegendGap = 18;
constexpr size_t kLegendRowsMax = 4;  // more would leave the plot too little; the rest is counted
constexpr double kLegendNameWidth = 300;

double width_of(const LegendEntry& entry) {
  return kLegendSample + text_width(entry.text) * kTickSize;
}

Legend lay_out_legend(const ReportPlot& plot) {
  constexpr double kWidth = kSvgPlotWidth - 2 * kEdge;
  Legend legend;
  double end = -kLegendGap;
  double widest = 0;
  for (size_t i = 0; i < plot.series.size(); ++i) {
    const ReportSeries& series = plot.series[i];
    LegendEntry entry{i, shortened_to(kLegendNameWidth, kTickSize, series.name)};
    if (drawn_points(plot, series) == 0)
      entry.text += entry.text.empty() ? "no data" : " (no data)";
    if (entry.text.empty()) continue;
    legend.x.push_back(end + kLegendGap);
    end = legend.x.back() + width_of(entry);
    widest = std::max(widest, width_of(entry));
    legend.entries.push_back(std::move(entry));
  }
  if (end <= kWidth) return legend;
  const auto columns =
      std::max<size_t>(1, static_cast<size_t>((kWidth + kLegendGap) / (widest + kLegendGap)));
  legend.x.resize(columns);
  for (size_t i = 0; i < columns; ++i)
    legend.x[i] = static_cast<double>(i) * kWidth / static_cast<double>(columns);
  if (const size_t most = columns * kLegendRowsMax; legend.entries.size() > most) {
    const size_t hidden = legend.entries.size() - most + 1;
    legend.entries.resize(most);
    legend.entries.back() = {plot.series.size(), fmt::format("and {} more", hidden)};
  }
  return legend;
}

std::string draw_legend(const ReportPlot& plot, const Legend& legend, double top) {
  std::string svg;
  for (size_t i = 0; i < legend.entries.size(); ++i) {
    const LegendEntry& entry = legend.entries[i];
    const size_t columns = legend.x.size();
    const double x = kEdge + legend.x[i % columns];
    const size_t row = i / columns;
    const double y = top + kLegendRow * (static_cast<double>(row) + 0.5);
    if (entry.series < plot.series.size()) {
      svg += fmt::format("<g {} fill=\"none\" stroke-width=\"2\">", stroke_of(entry.series));
      svg += fmt::format("<path d=\"M{:.1f} {:.1f}h24\"/></g>\n", x, y);
      svg += fmt::format("<g fill=\"{}\">", kColours[entry.series % kPlotColours]);
      svg += svg_marker(x + 12, y, entry.series) + "</g>\n";
    }
    svg += svg_text(x + kLegendSample, y + 4, kTickSize, entry.text, "");
  }
  return svg;
}

// --- the axes --------------------------------------------------------------------------------------

// Where the plot lies within the picture, and its axes.
struct Frame {
  double left = 0;
  double top = 0;
  double right = 0;
  double bottom = 0;
  PlotAxis x_axis;
  PlotAxis y_axis;

  [[nodiscard]] double x(double value) const {
    return left + x_axis.share_of(value) * (right - left);
  }
  [[nodiscard]] double y(double value) const {
    return bottom - y_axis.share_of(value) * (bottom - top);
  }
};

double label_width(const PlotTick& tick) { return text_width(tick.label) * kTickSize; }

bool x_labels_fit(const Frame& frame) {
  constexpr double kGap = 14;
  double end = -std::numeric_limits<double>::infinity();
  for (const PlotTick& tick : frame.x_axis.ticks) {
    if (tick.label.empty()) continue;
    const double begin = frame.x(tick.value) - label_width(tick) / 2;
    if (begin < end + kGap) return false;
    end = begin + label_width(tick);
  }
  return true;
}

void lay_out_axes(Frame& frame, const ReportPlot& plot, const Ranges& ranges) {
  constexpr double kYLabelDistance = 36;
  constexpr size_t kXLabelsMax = 10;
  constexpr size_t kXLabelsMin = 3;
  const auto y_labels = static_cast<size_t>((frame.bottom - frame.top) / kYLabelDistance);
  frame.y_axis = make_plot_axis(
      ranges.y, {.logarithmic = plot.logarithmic_y, .labels_max = std::max<size_t>(3, y_labels)});
  double widest = 0;
  for (const PlotTick& tick : frame.y_axis.ticks) widest = std::max(widest, label_width(tick));
  frame.left += widest + 8;
  const double right = frame.right;
  for (size_t labels = kXLabelsMax; labels >= kXLabelsMin; --labels) {
    frame.x_axis = make_plot_axis(
        ranges.x, {.logarithmic = plot.logarithmic_x, .labels_max = labels, .end_share = 0.2});
    double overhang = 0;  // of the last label
    for (const PlotTick& tick : frame.x_axis.ticks) {
      const double end = frame.x_axis.share_of(tick.value) * (right - frame.left) + frame.left;
      overhang = std::max(overhang, end + label_width(tick) / 2 - right);
    }
    frame.right = right - overhang;
    if (x_labels_fit(frame)) return;
  }
}

std::string draw_axes(const Frame& frame) {
  constexpr std::string_view kFaint = "#f1f1f1";
  constexpr std::string_view kGrid = "#dedede";
  constexpr std::string_view kLine = "#555555";
  constexpr double kTickLength = 4;
  std::string lines[2];  // the faint ones first: the others lie on top
  std::string marks;
  std::string labels;
  for (const PlotTick& tick : frame.x_axis.ticks) {
    const double x = frame.x(tick.value);
    const bool faint = tick.label.empty();
    lines[faint ? 0 : 1] += svg_line(x, frame.top, x, frame.bottom, faint ? kFaint : kGrid);
    if (faint) continue;
    marks += svg_line(x, frame.bottom, x, frame.bottom + kTickLength, kLine);
    labels += svg_text(x, frame.bottom + 18, kTickSize, tick.label, "text-anchor=\"middle\"");
  }
  for (const PlotTick& tick : frame.y_axis.ticks) {
    const double y = frame.y(tick.value);
    const bool faint = tick.label.empty();
    lines[faint ? 0 : 1] += svg_line(frame.left, y, frame.right, y, faint ? kFaint : kGrid);
    if (faint) continue;
    labels += svg_text(frame.left - 8, y + 4.3, kTickSize, tick.label, "text-anchor=\"end\"");
  }
  const auto zero_within = [](const PlotAxis& axis) {
    return !axis.logarithmic && axis.low < 0 && axis.high > 0;
  };
  if (zero_within(frame.y_axis))
    marks += svg_line(frame.left, frame.y(0), frame.right, frame.y(0), "#999999");
  marks += svg_line(frame.left, frame.bottom, frame.right, frame.bottom, kLine);
  marks += svg_line(frame.left, frame.top, frame.left, frame.bottom, kLine);
  return lines[0] + lines[1] + marks + labels;
}

// --- the series ------------------------------------------------------------------------------------

struct Place {
  double x;
  double y;
};

// Appends a line through `places`. Of many within one column of pixels only the first, lowest, highest and last show.
void append_line(std::string& path, std::span<const Place> places) {
  const auto append = [&](const Place& place, char command) {
    fmt::format_to(std::back_inserter(path), "{}{:.1f} {:.1f}", command, place.x, place.y);
  };
  for (size_t begin = 0, end = 0; begin < places.size(); begin = end) {
    size_t low = begin;
    size_t high = begin;
    for (end = begin + 1;
         end < places.size() && std::floor(places[end].x) == std::floor(places[begin].x); ++end) {
      if (places[end].y < places[low].y) low = end;
      if (places[end].y > places[high].y) high = end;
    }
    std::array<size_t, 4> shown{begin, low, high, end - 1};
    std::ranges::sort(shown);
    const auto twice = std::ranges::unique(shown);
    for (const size_t at : std::span(shown.begin(), twice.begin()))
      append(places[at], at == 0 ? 'M' : 'L');
  }
}

std::string draw_series(const ReportPlot& plot, const Frame& frame, size_t index) {
  const ReportSeries& series = plot.series[index];
  const size_t count = drawn_points(plot, series);
  if (count == 0) return "";
  const size_t marker_distance =
      count <= kPointsWithMarkersMax ? 1 : (count - 1) / (kMarkersOfLongLine - 1);
  // Markers of different series are not above each other.
  size_t until_marker = marker_distance * (index % kPlotColours) / kPlotColours;
  std::string path;
  std::string markers;
  std::vector<Place> places;  // since the last interruption
  const auto finish_line = [&] {
    if (places.size() > 1) append_line(path, places);
    if (places.size() == 1 && marker_distance > 1)
      markers += svg_marker(places[0].x, places[0].y, index);  // there is no line that shows it
    places.clear();
  };
  for (const Point& point : series.points) {
    if (!can_draw(plot, point)) {
      finish_line();
      continue;
    }
    places.push_back({frame.x(point.first), frame.y(point.second)});
    if (until_marker == 0) {
      markers += svg_marker(places.back().x, places.back().y, index);
      until_marker = marker_distance;
    }
    --until_marker;
  }
  finish_line();
  std::string svg =
      fmt::format("<g {} stroke-width=\"{}\" stroke-linejoin=\"round\" stroke-linecap=\"{}\">",
                  stroke_of(index), count > kPointsOfThickLineMax ? "1.4" : "2",
                  index < kPlotColours ? "round" : "butt");
  if (!series.name.empty()) svg += fmt::format("<title>{}</title>", escaped(series.name));
  if (!path.empty()) svg += fmt::format("\n<path d=\"{}\" fill=\"none\"/>", path);
  svg += "</g>\n";
  svg += fmt::format("<g fill=\"{}\" stroke=\"#ffffff\" stroke-width=\"0.8\">\n{}</g>\n",
                     kColours[index % kPlotColours], markers);
  return svg;
}

std::string draw_labels(const ReportPlot& plot, const Frame& frame) {
  std::string svg;
  const double width = frame.right - frame.left;
  const double height = frame.bottom - frame.top;
  if (!plot.x_label.empty()) {
    svg += svg_text((frame.left + frame.right) / 2, kSvgPlotHeight - kEdge, kLabelSize,
                    shortened_to(width, kLabelSize, plot.x_label), "text-anchor=\"middle\"");
  }
  if (!plot.y_label.empty()) {
    const double x = kEdge + 10;
    const double y = (frame.top + frame.bottom) / 2;
    svg += svg_text(
        x, y, kLabelSize, shortened_to(height + 40, kLabelSize, plot.y_label),
        fmt::format("text-anchor=\"middle\" transform=\"rotate(-90 {:.1f} {:.1f})\"", x, y));
  }
  return svg;
}

// For those who do not see the picture.
std::string description_of(const ReportPlot& plot) {
  std::string text = plot.title.empty() ? "Plot" : plot.title;
  text += ". Line plot";
  if (!plot.y_label.empty()) text += " of " + plot.y_label;
  if (!plot.x_label.empty()) text += " over " + plot.x_label;
  for (size_t i = 0; i < plot.series.size(); ++i)
    text += (i == 0 ? ": " : ", ") + plot.series[i].name;
  return text + ".";
}

}  // namespace

std::string svg_plot(const ReportPlot& plot) {
  const Legend legend = lay_out_legend(plot);
  const double legend_top = kEdge + (plot.title.empty() ? 0 : kTitleSize + 8);
  Frame frame{.left = kEdge + (plot.y_label.empty() ? 0 : 22),
              .top = legend_top + static_cast<double>(legend.rows()) * kLegendRow + 10,
              .right = kSvgPlotWidth - kEdge - 4,
              .bottom = kSvgPlotHeight - kEdge - (plot.x_label.empty() ? 20 : 42),
              .x_axis = {},
              .y_axis = {}};
  const std::optional<Ranges> ranges = ranges_of(plot);
  if (ranges) lay_out_axes(frame, plot, *ranges);

  std::string svg = fmt::format(
      "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {0} {1}\" width=\"{0}\" "
      "height=\"{1}\" role=\"img\" aria-label=\"{2}\" font-family=\"system-ui, 'Segoe UI', "
      "Roboto, 'Helvetica Neue', Arial, sans-serif\" fill=\"#222222\">\n<title>{3}</title>\n"
      "<rect width=\"{0}\" height=\"{1}\" fill=\"#ffffff\"/>\n",
      kSvgPlotWidth, kSvgPlotHeight, escaped(description_of(plot)),
      escaped(plot.title.empty() ? "Plot" : plot.title));
  if (!plot.title.empty()) {
    svg += svg_text(kEdge, kEdge + kTitleSize - 3, kTitleSize,
                    shortened_to(kSvgPlotWidth - 2 * kEdge, kTitleSize, plot.title),
                    "font-weight=\"600\"");
  }
  svg += draw_legend(plot, legend, legend_top);
  svg += draw_axes(frame);
  svg += draw_labels(plot, frame);
  for (size_t i = 0; i < plot.series.size(); ++i) svg += draw_series(plot, frame, i);
  if (!ranges) {
    svg += svg_text((frame.left + frame.right) / 2, (frame.top + frame.bottom) / 2, kLabelSize,
                    "no data", "text-anchor=\"middle\" fill=\"#666666\"");
  }
  return svg + "</svg>\n";
}

}  // namespace starling::sim
