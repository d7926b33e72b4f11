#include "sim/plane_topology.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <numbers>
#include <utility>

#include "sim/components.h"
#include "sim/graph_builder.h"
#include "sim/point_grid.h"

namespace starling::sim {
namespace {

constexpr double kPlaneSide = 1;

// Near 0, with standard deviation 1, never beyond +-3.5: the sum of four uniform numbers. Unlike a
// logarithm it is the same on every computer.
double draw_bell(Rng& rng) {
  double sum = 0;
  for (int i = 0; i < 4; ++i) sum += rng.unit();
  return (sum - 2) * std::numbers::sqrt3;
}

double folded_into_plane(double coordinate) {
  if (coordinate < 0) coordinate = -coordinate;
  if (coordinate > kPlaneSide) coordinate = 2 * kPlaneSide - coordinate;
  return std::clamp(coordinate, 0.0, kPlaneSide);
}

// Places in cities of the sizes 1, 1/2, 1/3, ..., all equally crowded.
std::vector<Point> draw_city_dwellers(uint32_t nodes, Rng& rng) {
  constexpr double kLargestCity = 0.03;  // standard deviation; the diagonal's 150 ms make it 3 ms
  struct City {
    Point centre;
    double spread;
    double sizes_up_to_here;
  };
  std::vector<City> cities;
  double sizes = 0;
  const auto count = static_cast<uint32_t>(std::lround(std::sqrt(nodes)));
  for (uint32_t rank = 1; rank <= count; ++rank) {
    sizes += 1.0 / rank;
    const Point centre{rng.unit() * kPlaneSide, rng.unit() * kPlaneSide};
    cities.push_back({centre, kLargestCity / std::sqrt(rank), sizes});
  }
  std::vector<Point> points(nodes);
  for (Point& point : points) {
    const auto city =
        std::ranges::upper_bound(cities, rng.unit() * sizes, {}, &City::sizes_up_to_here);
    const City& home = city == cities.end() ? cities.back() : *city;
    point.x = folded_into_plane(home.centre.x + home.spread * draw_bell(rng));
    point.y = folded_into_plane(home.centre.y + home.spread * draw_bell(rng));
  }
  return points;
}

Duration latency_of_distance(double squared) {
  constexpr double kUsOfSide = 150'000 / std::numbers::sqrt2;
  const auto us = std::llround(std::sqrt(squared) / kPlaneSide * kUsOfSide);
  return std::max<Duration>(1ms, std::chrono::microseconds(us));
}

// One link from each smaller component to the largest: the shortest that there is.
void join_to_largest_component(GraphBuilder& graph, const PointGrid& grid, Components components,
                               uint32_t nodes, Rng& rng) {
  uint32_t largest = 0;
  for (uint32_t node = 1; node < nodes; ++node) {
    if (components.size_of(node) > components.size_of(largest)) largest = node;
  }
  largest = components.root_of(largest);
  struct Bridge {
    PointGrid::Neighbour to;
    uint32_t from;
  };
  std::map<uint32_t, Bridge> bridges;  // by root
  for (uint32_t node = 0; node < nodes; ++node) {
    const uint32_t root = components.root_of(node);
    if (root == largest) continue;
    const auto found =
        grid.nearest(node, 1, [&](uint32_t other) { return components.root_of(other) == largest; });
    const auto [bridge, is_new] = bridges.try_emplace(root, found.front(), node);
    if (found.front() < bridge->second.to) bridge->second = {found.front(), node};
  }
  for (const auto& [root, bridge] : bridges) {
    graph.link(bridge.from, bridge.to.index, draw_latency(rng, 2ms, 6ms));
  }
}

}  // namespace

Topology make_overlay(uint32_t nodes, Rng& rng) {
  constexpr uint32_t kNear = 4;
  constexpr uint32_t kFar = 4;
  const std::vector<Point> points = draw_city_dwellers(nodes, rng);
  // Cities cover a twentieth of the square or less: few points in a cell there, empty cells elsewhere.
  const PointGrid grid(points, kPlaneSide, kPlaneSide / std::sqrt(16.0 * nodes));
  GraphBuilder graph(nodes);
  for (uint32_t node = 0; node < nodes; ++node) {
    const auto is_new = [&](uint32_t other) { return !graph.linked(node, other); };
    for (const PointGrid::Neighbour& near : grid.nearest(node, kNear, is_new)) {
      graph.link(node, near.index, latency_of_distance(near.distance_squared));
    }
  }
  for (uint32_t node = 0; node < nodes; ++node) {
    for (uint32_t opened = 0; opened < kFar && graph.degree(node) < nodes - 1;) {
      const auto other = static_cast<uint32_t>(rng.below(nodes));
      const Duration latency = latency_of_distance(distance_squared(points[node], points[other]));
      if (graph.link(node, other, latency)) ++opened;
    }
  }
  return std::move(graph).finish();
}

Topology make_radio(uint32_t nodes, Rng& rng) {
  constexpr double kMeanDegree = 8;
  std::vector<Point> points(nodes);
  for (Point& point : points) point = {rng.unit() * kPlaneSide, rng.unit() * kPlaneSide};
  const double links = nodes * kMeanDegree / 2;
  const double radius = radius_with_pairs(nodes, links) * kPlaneSide;
  const PointGrid grid(points, kPlaneSide, radius);
  GraphBuilder graph(nodes);
  Components components(nodes);
  grid.for_each_pair_within(radius, [&](uint32_t a, uint32_t b, double) {
    graph.link(a, b, draw_latency(rng, 2ms, 6ms));
    components.unite(a, b);
  });
  join_to_largest_component(graph, grid, std::move(components), nodes, rng);
  return std::move(graph).finish();
}

}  // namespace starling::sim
