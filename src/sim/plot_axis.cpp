#include "sim/plot_axis.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <string_view>

#include "base/check.h"
#include "sim/markup.h"

namespace starling::sim {
namespace {

constexpr double kRounding = 1e-6;  // of a step: what counts as exactly at a tick

// A range that has some width, and begins at zero when most of it would otherwise be empty of meaning.
PlotRange widened(PlotRange range) {
  // A double has 15 digits: on a narrower range neighbouring labels could not differ by a sensible step.
  constexpr double kWidthMin = 1e-9;
  constexpr double kZeroIsNear = 0.25;
  const double size = std::max(std::abs(range.low), std::abs(range.high));
  if (size < kPlotValueMin) return {0, 1};
  if (range.high - range.low <= kWidthMin * size) {
    return {std::min(0.0, 2 * range.low), std::max(0.0, 2 * range.high)};
  }
  if (range.low > 0 && range.low <= kZeroIsNear * range.high) range.low = 0;
  if (range.high < 0 && range.high >= kZeroIsNear * range.low) range.high = 0;
  return range;
}

int exponent_of(double size) { return static_cast<int>(std::floor(std::log10(size) + 1e-12)); }

// The largest multiple of `step` at or below `value`, and the smallest at or above it, in steps.
double steps_below(double value, double step) { return std::floor(value / step + kRounding); }
double steps_above(double value, double step) { return std::ceil(value / step - kRounding); }

// The ends of an axis and the distance between its ticks.
struct LinearScale {
  double low;
  double high;
  double step;
  [[nodiscard]] double first() const { return steps_above(low, step); }  // in steps
  [[nodiscard]] double last() const { return steps_below(high, step); }
};

LinearScale scale_with(const PlotRange& range, double step, double end_step) {
  return {steps_below(range.low, end_step) * end_step, steps_above(range.high, end_step) * end_step,
          step};
}

// The one with most ticks, but at most `labels_max`, and at least two.
LinearScale scale_of(const PlotRange& range, size_t labels_max, double end_share) {
  const int exponent =
      exponent_of((range.high - range.low) / static_cast<double>(labels_max - 1)) - 1;
  for (int e = exponent;; ++e) {
    for (const double factor : {1.0, 2.0, 5.0}) {
      const double step = factor * std::pow(10.0, e);
      LinearScale scale = scale_with(range, step, step * end_share);
      if (scale.last() - scale.first() + 1 > static_cast<double>(labels_max)) continue;
      return scale.last() > scale.first() ? scale : scale_with(range, step, step);
    }
  }
}

struct Suffix {
  double factor;
  std::string_view text;
};

// How the ticks of one linear axis are written: all in the same way.
class LabelStyle {
 public:
  LabelStyle(double size_max, double step) {
    constexpr std::array<Suffix, 4> kSuffixes{{{1e12, "T"}, {1e9, "G"}, {1e6, "M"}, {1e3, "k"}}};
    if (size_max < 1e-3 || size_max >= 1e15) {
      exponent_ = exponent_of(size_max);
      suffix_.factor = std::pow(10.0, exponent_);
    } else if (size_max >= 1e5) {
      // The numbers have two digits after the point at most, else they are written in full.
      const auto found = std::ranges::find_if(
          kSuffixes, [&](const Suffix& suffix) { return size_max >= suffix.factor; });
      if (decimals_of(step / found->factor) <= 2) suffix_ = *found;
    }
    decimals_ = decimals_of(step / suffix_.factor);
  }

  [[nodiscard]] std::string label(double value) const {
    if (value == 0) return "0";
    const std::string number = number_text(value / suffix_.factor, decimals_);
    if (exponent_ != 0) return power_text(number, exponent_);
    return suffix_.text.empty() ? number : number + "\u2009" + std::string(suffix_.text);
  }

 private:
  static int decimals_of(double step) { return std::max(0, -exponent_of(step)); }

  Suffix suffix_{1, ""};
  int exponent_ = 0;
  int decimals_ = 0;
};

PlotAxis linear_axis(const PlotRange& values, const PlotAxisOptions& options) {
  const PlotRange range = widened(values);
  const LinearScale scale = scale_of(range, options.labels_max, options.end_share);
  PlotAxis axis{scale.low, scale.high, false, {}};
  const LabelStyle style(std::max(std::abs(axis.low), std::abs(axis.high)), scale.step);
  for (double number = scale.first(); number <= scale.last(); ++number) {
    const double value = number * scale.step + 0.0;  // no minus zero
    axis.ticks.push_back({std::clamp(value, axis.low, axis.high), style.label(value)});
  }
  return axis;
}

// A number factor * 10^exponent with a factor from 1 to 9.
struct Decimal {
  int factor = 1;
  int exponent = 0;
  // Of 1, 2 and 5: 0, 1 and 2.
  [[nodiscard]] int place() const { return factor / 2; }
  [[nodiscard]] double value() const {
    // Dividing by a power of ten, which is exact as far as 10^22, gives the double nearest to 0.003.
    return exponent < 0 ? factor / std::pow(10.0, -exponent) : factor * std::pow(10.0, exponent);
  }
};

// The nearest 1, 2 or 5 times a power of ten at or below `value`, or at or above it.
Decimal rounded_down(double value) {
  for (int exponent = exponent_of(value);; --exponent) {
    for (const int factor : {5, 2, 1}) {
      if (Decimal{factor, exponent}.value() <= value * (1 + kRounding)) return {factor, exponent};
    }
  }
}
Decimal rounded_up(double value) {
  for (int exponent = exponent_of(value);; ++exponent) {
    for (const int factor : {1, 2, 5}) {
      if (Decimal{factor, exponent}.value() >= value * (1 - kRounding)) return {factor, exponent};
    }
  }
}

std::string log_label(const Decimal& decimal, bool as_power) {
  if (as_power) return power_text(number_text(decimal.factor, 0), decimal.exponent);
  return number_text(decimal.value(), std::max(0, -decimal.exponent));
}

PlotAxis log_axis(const PlotRange& values, size_t labels_max) {
  constexpr int kDecadesWithFaintLines = 6;  // in more they would merge into a grey area
  Decimal first = rounded_down(values.low);
  Decimal last = rounded_up(values.high);
  if (first.factor == last.factor && first.exponent == last.exponent) {
    --first.exponent;
    ++last.exponent;
  }
  PlotAxis axis{first.value(), last.value(), true, {}};
  const int decades = last.exponent - first.exponent;
  const int labels = static_cast<int>(labels_max);
  const int first_power = first.exponent + (first.factor == 1 ? 0 : 1);
  const int powers = last.exponent - first_power + 1;
  const int stride = (powers + labels - 1) / labels;
  const int steps = 3 * decades + last.place() - first.place();
  const bool label_2_and_5 = powers < 2 || steps < labels;
  const bool as_power = axis.low < 1e-3 || axis.high > 1e6;
  for (int exponent = first.exponent; exponent <= last.exponent; ++exponent) {
    for (int factor = 1; factor <= 9; ++factor) {
      const Decimal decimal{factor, exponent};
      const double value = decimal.value();
      if (value < axis.low || value > axis.high) continue;
      const bool labelled = factor == 1 ? (exponent - first_power) % stride == 0
                                        : label_2_and_5 && (factor == 2 || factor == 5);
      if (labelled) {
        axis.ticks.push_back({value, log_label(decimal, as_power)});
      } else if (decades <= kDecadesWithFaintLines) {
        axis.ticks.push_back({value, ""});
      }
    }
  }
  return axis;
}

}  // namespace

double PlotAxis::share_of(double value) const {
  if (!logarithmic) return (value - low) / (high - low);
  return (std::log10(value) - std::log10(low)) / (std::log10(high) - std::log10(low));
}

PlotAxis make_plot_axis(const PlotRange& values, const PlotAxisOptions& options) {
  STARLING_CHECK(values.low <= values.high && options.labels_max >= 3);
  STARLING_CHECK(values.high <= kPlotValueMax && values.low >= -kPlotValueMax);
  STARLING_CHECK(!options.logarithmic || values.low >= kPlotValueMin);
  return options.logarithmic ? log_axis(values, options.labels_max) : linear_axis(values, options);
}

}  // namespace starling::sim
