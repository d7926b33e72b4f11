#include "sim/plot_axis.h"

#include <algorithm>
#include <cmath>
#include <gtest/gtest.h>

#include "base/rng.h"

namespace starling::sim {
namespace plot_axis_test {

// The labels in order, with a bar between them.
std::string labels_of(const PlotAxis& axis) {
  std::string labels;
  for (const PlotTick& tick : axis.ticks) {
    if (tick.label.empty()) continue;
    labels += (labels.empty() ? "" : "|") + tick.label;
  }
  return labels;
}

std::string linear_labels(double low, double high, size_t labels_max = 7) {
  return labels_of(make_plot_axis({low, high}, {.labels_max = labels_max}));
}

std::string log_labels(double low, double high, size_t labels_max = 7) {
  return labels_of(make_plot_axis({low, high}, {.logarithmic = true, .labels_max = labels_max}));
}

TEST(PlotAxisTest, StepsBy1And2And5) {
  EXPECT_EQ(linear_labels(0, 6), "0|1|2|3|4|5|6");
  EXPECT_EQ(linear_labels(0, 10), "0|2|4|6|8|10");
  EXPECT_EQ(linear_labels(0, 300), "0|50|100|150|200|250|300");
  EXPECT_EQ(linear_labels(0, 1), "0|0.2|0.4|0.6|0.8|1.0");
  EXPECT_EQ(linear_labels(0.95, 1), "0.95|0.96|0.97|0.98|0.99|1.00");
  EXPECT_EQ(linear_labels(0, 10, 3), "0|5|10");
}

TEST(PlotAxisTest, RoundsItsEndsOutwards) {
  EXPECT_EQ(linear_labels(1, 47), "0|10|20|30|40|50");
  const PlotAxis fine = make_plot_axis({0, 297}, {.labels_max = 7, .end_share = 0.2});
  EXPECT_EQ(labels_of(fine), "0|50|100|150|200|250|300");
  EXPECT_DOUBLE_EQ(fine.high, 300);
  const PlotAxis open = make_plot_axis({0, 310}, {.labels_max = 7, .end_share = 0.2});
  EXPECT_EQ(labels_of(open), "0|50|100|150|200|250|300");
  EXPECT_DOUBLE_EQ(open.high, 310);
}

TEST(PlotAxisTest, ShowsZeroWhenItIsNear) {
  EXPECT_EQ(make_plot_axis({2, 47}, {}).low, 0);
  EXPECT_EQ(make_plot_axis({-47, -2}, {}).high, 0);
  EXPECT_EQ(make_plot_axis({40, 47}, {}).low, 40);
}

TEST(PlotAxisTest, CrossesZero) {
  EXPECT_EQ(linear_labels(-12, 21), "−20|−10|0|10|20|30");
  EXPECT_EQ(linear_labels(-0.3, 0.1, 6), "−0.3|−0.2|−0.1|0|0.1");
}

TEST(PlotAxisTest, HasARangeForConstantValues) {
  EXPECT_EQ(linear_labels(5, 5), "0|2|4|6|8|10");
  EXPECT_EQ(linear_labels(-5, -5), "−10|−8|−6|−4|−2|0");
  EXPECT_EQ(linear_labels(0, 0), "0|0.2|0.4|0.6|0.8|1.0");
  EXPECT_EQ(log_labels(10, 10), "1|2|5|10|20|50|100");
}

TEST(PlotAxisTest, WritesLargeAndSmallNumbersShortly) {
  EXPECT_EQ(linear_labels(0, 60'000),
            "0|10\u2009000|20\u2009000|30\u2009000|40\u2009000|50\u2009000|60\u2009000");
  EXPECT_EQ(linear_labels(0, 500'000), "0|100\u2009k|200\u2009k|300\u2009k|400\u2009k|500\u2009k");
  EXPECT_EQ(linear_labels(0, 2.5e6), "0|0.5\u2009M|1.0\u2009M|1.5\u2009M|2.0\u2009M|2.5\u2009M");
  EXPECT_EQ(linear_labels(0, 5e-5), "0|10⁻⁵|2×10⁻⁵|3×10⁻⁵|4×10⁻⁵|5×10⁻⁵");
  EXPECT_EQ(linear_labels(1'000'000, 1'000'002, 3),
            "1\u2009000\u2009000|1\u2009000\u2009001|1\u2009000\u2009002");
  EXPECT_EQ(linear_labels(1'000'000, 1'000'020, 3),
            "1\u2009000\u2009000|1\u2009000\u2009010|1\u2009000\u2009020");
}

TEST(PlotAxisTest, LabelsDecadesOnALogarithmicAxis) {
  EXPECT_EQ(log_labels(1, 10'000), "1|10|100|1000|10\u2009000");
  EXPECT_EQ(log_labels(0.01, 10), "0.01|0.1|1|10");
  EXPECT_EQ(log_labels(1e-6, 1), "10⁻⁶|10⁻⁵|10⁻⁴|10⁻³|10⁻²|10⁻¹|10⁰");
  EXPECT_EQ(log_labels(1, 1e12, 5), "10⁰|10³|10⁶|10⁹|10¹²");
  EXPECT_EQ(log_labels(5e12, 1e16, 3), "10¹³|10¹⁵");
}

TEST(PlotAxisTest, Labels2And5OnAShortLogarithmicAxis) {
  EXPECT_EQ(log_labels(20, 80), "20|50|100");
  EXPECT_EQ(log_labels(12, 480), "10|20|50|100|200|500");
  EXPECT_EQ(log_labels(2.5e-5, 4e-5), "2×10⁻⁵|5×10⁻⁵");
}

TEST(PlotAxisTest, HasFaintLinesBetweenDecades) {
  const PlotAxis axis = make_plot_axis({1, 1000}, {.logarithmic = true, .labels_max = 4});
  EXPECT_EQ(axis.ticks.size(), 28U);
  EXPECT_EQ(std::ranges::count_if(axis.ticks, [](const auto& tick) { return tick.label.empty(); }),
            24);
}

TEST(PlotAxisTest, PlacesValuesByTheirShare) {
  const PlotAxis linear = make_plot_axis({0, 10}, {});
  EXPECT_DOUBLE_EQ(linear.share_of(2.5), 0.25);
  const PlotAxis logarithmic = make_plot_axis({1, 100}, {.logarithmic = true});
  EXPECT_DOUBLE_EQ(logarithmic.share_of(10), 0.5);
}

// Whatever the values are, they lie on the axis, and so do the ticks, in order and not too many.
void expect_sane(const PlotRange& range, const PlotAxisOptions& options) {
  const PlotAxis axis = make_plot_axis(range, options);
  const double rounding = options.logarithmic ? 1e-5 * axis.high : 1e-5 * (axis.high - axis.low);
  EXPECT_LE(axis.low, range.low + (options.logarithmic ? 1e-5 * range.low : rounding));
  EXPECT_GE(axis.high, range.high - rounding);
  const auto labels =
      std::ranges::count_if(axis.ticks, [](const auto& tick) { return !tick.label.empty(); });
  EXPECT_GE(labels, 2);
  EXPECT_LE(labels,
            std::max<long>(static_cast<long>(options.labels_max), options.logarithmic ? 5 : 0));
  double last = -INFINITY;
  std::string last_label;
  for (const PlotTick& tick : axis.ticks) {
    EXPECT_GT(tick.value, last);
    EXPECT_TRUE(axis.share_of(tick.value) > -1e-6 && axis.share_of(tick.value) < 1 + 1e-6);
    if (!tick.label.empty()) {
      EXPECT_NE(tick.label, last_label);
      last_label = tick.label;
    }
    last = tick.value;
  }
}

TEST(PlotAxisTest, IsSaneForAnyRange) {
  Rng rng(1);
  const auto any = [&](bool positive) {
    const double size = std::pow(10.0, static_cast<double>(rng.below(599)) - 300) *
                        (1 + static_cast<double>(rng.below(8000)) / 1000);
    return !positive && rng.chance(0.5) ? -size : size;
  };
  for (int round = 0; round < 20'000; ++round) {
    const bool logarithmic = rng.chance(0.5);
    const double a = any(logarithmic);
    // Often close to the first.
    const double b = rng.chance(0.5)
                         ? any(logarithmic)
                         : a * (1 + std::pow(10.0, -static_cast<double>(rng.below(16))));
    const PlotAxisOptions options{.logarithmic = logarithmic,
                                  .labels_max = 3 + rng.below(8),
                                  .end_share = rng.chance(0.5) ? 1 : 0.2};
    SCOPED_TRACE(testing::Message() << a << " " << b << " log " << logarithmic << " labels "
                                    << options.labels_max << " ends " << options.end_share);
    expect_sane({std::min(a, b), std::max(a, b)}, options);
    if (testing::Test::HasFailure()) break;
  }
}

}  // namespace plot_axis_test
}  // namespace starling::sim
