// sim/point_grid.h - finds the neighbours among points in a square, by sorting them into square cells.
//
// How:     the points are fixed; cells are as wide as the caller asks, or wider. A search looks at the
//          cells around and costs as much as there are points in them.
// Threads: const functions may run side by side.
#pragma once

#include <algorithm>
#include <compare>
#include <cstdint>
#include <span>
#include <vector>

namespace starling::sim {

struct Point {
  double x = 0;
  double y = 0;
  friend bool operator==(const Point&, const Point&) = default;
};

constexpr double distance_squared(Point a, Point b) {
  return (a.x - b.x) * (a.x - b.x) + (a.y - b.y) * (a.y - b.y);
}

class PointGrid {
 public:
  struct Neighbour {
    double distance_squared = 0;
    uint32_t index = 0;
    friend auto operator<=>(const Neighbour&, const Neighbour&) = default;
  };

  // Borrows `points`; pre: each coordinate in [0, side], cell_side_min > 0.
  PointGrid(std::span<const Point> points, double side, double cell_side_min);

  [[nodiscard]] double cell_side() const { return cell_side_; }

  // The up to `count` nearest other points for which accept(index) holds, the nearest first.
  template <typename Accept>
  [[nodiscard]] std::vector<Neighbour> nearest(uint32_t from, size_t count, Accept accept) const;

  // Calls visit(a, b, distance_squared) once for each pair that is not farther apart than `radius`.
  // Pre: radius <= cell_side_min of the constructor.
  template <typename Visit>
  void for_each_pair_within(double radius, Visit visit) const;

 private:
  // A point beside its index, as a search reads thousands of them one after another.
  struct Member {
    Point point;
    uint32_t index;
  };

  // The points of the cells [first_column, last_column] of one row, clipped to the grid: they lie in
  // one piece.
  [[nodiscard]] std::span<const Member> row(int64_t row, int64_t first_column,
                                            int64_t last_column) const;
  [[nodiscard]] int64_t cell_of(double coordinate) const;

  std::span<const Point> points_;
  int64_t width_;  // cells in a row
  double cell_side_;
  std::vector<uint32_t> starts_;  // in members_, by cell, row after row
  std::vector<Member> members_;
};

// The distance within which `pairs` of all pairs among uniformly random points in the unit square are
// expected to be; 1 when there are fewer.
double radius_with_pairs(uint32_t points, double pairs);

template <typename Accept>
std::vector<PointGrid::Neighbour> PointGrid::nearest(uint32_t from, size_t count,
                                                     Accept accept) const {
  std::vector<Neighbour> best;
  const Point here = points_[from];
  const auto take = [&](std::span<const Member> members) {
    for (const auto& [point, index] : members) {
      const Neighbour found{distance_squared(here, point), index};
      if (best.size() == count && !(found < best.back())) continue;
      if (index == from || !accept(index)) continue;
      if (best.size() == count) best.pop_back();
      best.insert(std::ranges::upper_bound(best, found), found);
    }
  };
  const int64_t column = cell_of(here.x);
  const int64_t line = cell_of(here.y);
  for (int64_t ring = 0; ring < width_ && count > 0; ++ring) {
    // All that is not farther than this was seen in the rings before.
    const double seen = static_cast<double>(ring - 1) * cell_side_;
    if (ring > 0 && best.size() == count && best.back().distance_squared < seen * seen) break;
    take(row(line - ring, column - ring, column + ring));
    for (int64_t y = line - ring + 1; y < line + ring; ++y) {
      take(row(y, column - ring, column - ring));
      take(row(y, column + ring, column + ring));
    }
    if (ring > 0) take(row(line + ring, column - ring, column + ring));
  }
  return best;
}

template <typename Visit>
void PointGrid::for_each_pair_within(double radius, Visit visit) const {
  const auto visit_all = [&](const Member& member, std::span<const Member> others) {
    for (const Member& other : others) {
      const double squared = distance_squared(member.point, other.point);
      if (squared <= radius * radius) visit(member.index, other.index, squared);
    }
  };
  for (int64_t y = 0; y < width_; ++y) {
    for (int64_t x = 0; x < width_; ++x) {
      const std::span<const Member> cell = row(y, x, x);
      for (size_t i = 0; i < cell.size(); ++i) {
        visit_all(cell[i], cell.subspan(i + 1));
        visit_all(cell[i], row(y, x + 1, x + 1));
        visit_all(cell[i], row(y + 1, x - 1, x + 1));
      }
    }
  }
}

}  // namespace starling::sim
