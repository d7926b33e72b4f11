#include "sim/point_grid.h"

#include <gtest/gtest.h>
#include <tuple>

#include "base/rng.h"

namespace starling::sim {
namespace point_grid_test {

// Half of them crowded in one corner.
std::vector<Point> some_points(uint32_t count, double side, uint64_t seed) {
  Rng rng(seed);
  std::vector<Point> points;
  for (uint32_t i = 0; i < count; ++i) {
    const double spread = i % 2 == 0 ? side : side / 10;
    points.push_back({rng.unit() * spread, rng.unit() * spread});
  }
  points.front() = {side, side};
  points.back() = {0, side};
  return points;
}

TEST(PointGridTest, FindsTheNearestAsASearchThroughAllDoes) {
  constexpr double kSide = 50;
  for (const double cell_side : {0.1, 3.0, 20.0, 90.0}) {
    const std::vector<Point> points = some_points(200, kSide, 5);
    const PointGrid grid(points, kSide, cell_side);
    const auto accept = [](uint32_t index) { return index % 3 != 0; };
    for (uint32_t from = 0; from < points.size(); ++from) {
      std::vector<PointGrid::Neighbour> all;
      for (uint32_t i = 0; i < points.size(); ++i) {
        if (i != from && accept(i)) all.push_back({distance_squared(points[from], points[i]), i});
      }
      std::ranges::sort(all);
      for (const size_t count : {size_t{0}, size_t{1}, size_t{5}, size_t{1000}}) {
        const std::vector<PointGrid::Neighbour> expected(
            all.begin(), all.begin() + static_cast<ptrdiff_t>(std::min(count, all.size())));
        ASSERT_EQ(grid.nearest(from, count, accept), expected);
      }
    }
  }
}

TEST(PointGridTest, VisitsEachPairWithinTheRadiusOnce) {
  constexpr double kSide = 50;
  for (const double radius : {0.01, 2.0, 24.0, 26.0, 60.0, 80.0}) {
    const std::vector<Point> points = some_points(150, kSide, 6);
    std::vector<std::tuple<uint32_t, uint32_t, double>> found;
    PointGrid(points, kSide, radius)
        .for_each_pair_within(radius, [&](uint32_t a, uint32_t b, double squared) {
          found.emplace_back(std::min(a, b), std::max(a, b), squared);
        });
    std::ranges::sort(found);
    std::vector<std::tuple<uint32_t, uint32_t, double>> expected;
    for (uint32_t a = 0; a < points.size(); ++a) {
      for (uint32_t b = a + 1; b < points.size(); ++b) {
        const double squared = distance_squared(points[a], points[b]);
        if (squared <= radius * radius) expected.emplace_back(a, b, squared);
      }
    }
    EXPECT_EQ(found, expected) << radius;
  }
}

TEST(PointGridTest, ForeseesHowManyPairsARadiusTakesIn) {
  Rng rng(8);
  std::vector<Point> points(5'000);
  for (Point& point : points) point = {rng.unit(), rng.unit()};
  const double radius = radius_with_pairs(5'000, 100'000);
  int pairs = 0;
  PointGrid(points, 1, radius).for_each_pair_within(radius, [&](uint32_t, uint32_t, double) {
    ++pairs;
  });
  EXPECT_NEAR(pairs, 100'000, 2'500);
  EXPECT_EQ(radius_with_pairs(5, 1'000), 1);
}

}  // namespace point_grid_test
}  // namespace starling::sim
