// sim/plot_axis.h - one axis of a plot: which values it shows, and where its ticks are.
//
// How:     linear ticks are 1, 2 or 5 times a power of ten apart; logarithmic axes have their labels at powers of ten, and
//          at 2 and 5 where there is room. Ends are rounded outwards; zero is shown when it is not far away.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace starling::sim {

// Larger values count as infinite and smaller ones as zero, so that rounding outwards cannot overflow.
inline constexpr double kPlotValueMax = 1e300;
inline constexpr double kPlotValueMin = 1e-300;

struct PlotRange {
  double low = 0;
  double high = 0;
};

struct PlotAxisOptions {
  bool logarithmic = false;
  // At most so many labels; at least 3.
  size_t labels_max = 7;
  // A linear axis ends at multiples of this share of the distance between its ticks: with 1 at ticks.
  double end_share = 1;
};

struct PlotTick {
  double value = 0;
  std::string label;  // empty: only a faint line
};

struct PlotAxis {
  double low = 0;
  double high = 1;
  bool logarithmic = false;
  std::vector<PlotTick> ticks;  // ascending, within low and high

  // From 0 at `low` to 1 at `high`. Pre: value > 0 if logarithmic.
  [[nodiscard]] double share_of(double value) const;
};

// Pre: low <= high, at most kPlotValueMax in size; low >= kPlotValueMin if logarithmic.
PlotAxis make_plot_axis(const PlotRange& values, const PlotAxisOptions& options);

}  // namespace starling::sim
