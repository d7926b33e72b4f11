#include "sim/point_grid.h"

#include <cmath>
#include <numbers>

#include "base/check.h"

namespace starling::sim {

PointGrid::PointGrid(std::span<const Point> points, double side, double cell_side_min)
    : points_(points) {
  STARLING_CHECK(side > 0 && cell_side_min > 0 && points.size() < UINT32_MAX);
  // Still more cells would cost more than they save, even where points crowd in a few of them.
  constexpr double kCellsPerPointMax = 16;
  const double cells_max = kCellsPerPointMax * static_cast<double>(points.size());
  const double width = std::min(side / cell_side_min, std::sqrt(cells_max));
  width_ = std::max(int64_t{1}, static_cast<int64_t>(width));
  cell_side_ = side / static_cast<double>(width_);

  const auto cell = [&](Point point) {
    return static_cast<size_t>(cell_of(point.y) * width_ + cell_of(point.x));
  };
  starts_.assign(static_cast<size_t>(width_ * width_) + 1, 0);
  for (const Point point : points) ++starts_[cell(point) + 1];
  for (size_t i = 1; i < starts_.size(); ++i) starts_[i] += starts_[i - 1];
  members_.resize(points.size());
  std::vector<uint32_t> next = starts_;
  for (uint32_t i = 0; i < points.size(); ++i) members_[next[cell(points[i])]++] = {points[i], i};
}

std::span<const PointGrid::Member> PointGrid::row(int64_t row, int64_t first_column,
                                                  int64_t last_column) const {
  first_column = std::max(first_column, int64_t{0});
  last_column = std::min(last_column, width_ - 1);
  if (row < 0 || row >= width_ || first_column > last_column) return {};
  const uint32_t begin = starts_[static_cast<size_t>(row * width_ + first_column)];
  const uint32_t end = starts_[static_cast<size_t>(row * width_ + last_column) + 1];
  return std::span(members_).subspan(begin, end - begin);
}

int64_t PointGrid::cell_of(double coordinate) const {
  return std::clamp(static_cast<int64_t>(coordinate / cell_side_), int64_t{0}, width_ - 1);
}

double radius_with_pairs(uint32_t points, double pairs) {
  const double all_pairs = static_cast<double>(points) * (static_cast<double>(points) - 1) / 2;
  // The chance that two points of the unit square are less than r <= 1 apart.
  const auto chance = [](double r) {
    return std::numbers::pi * r * r - 8.0 / 3 * r * r * r + r * r * r * r / 2;
  };
  double low = 0;
  double high = 1;
  for (int halvings = 0; halvings < 50; ++halvings) {
    const double middle = (low + high) / 2;
    (chance(middle) * all_pairs < pairs ? low : high) = middle;
  }
  return high;
}

}  // namespace starling::sim
