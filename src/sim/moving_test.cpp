#include "sim/moving.h"

#include <algorithm>
#include <cmath>
#include <fmt/core.h>
#include <gtest/gtest.h>
#include <map>
#include <set>
#include <tuple>

namespace starling::sim {
namespace moving_test {

using Edge = Topology::Edge;
using Ends = std::pair<uint32_t, uint32_t>;

std::set<Ends> ends_of_all(const std::vector<Edge>& edges) {
  std::set<Ends> ends;
  for (const Edge& edge : edges) ends.emplace(edge.a, edge.b);
  return ends;
}

bool in_order(const std::vector<Edge>& edges) {
  const auto not_before = [](const Edge& one, const Edge& next) {
    return std::tuple(one.a, one.b) >= std::tuple(next.a, next.b);
  };
  return std::ranges::adjacent_find(edges, not_before) == edges.end();
}

TEST(MovingTest, TellsLinksThatComeGoAndChange) {
  const std::vector<Edge> before{{0, 1, 1ms}, {0, 3, 2ms}, {1, 2, 3ms}, {4, 5, 4ms}};
  const std::vector<Edge> after{{0, 2, 5ms}, {0, 3, 2ms}, {1, 2, 6ms}, {5, 6, 7ms}};
  const LinkChanges changes = link_changes(before, after);
  EXPECT_EQ(changes.up, (std::vector<Edge>{{0, 2, 5ms}, {5, 6, 7ms}}));
  EXPECT_EQ(changes.down, (std::vector<Edge>{{0, 1, 1ms}, {4, 5, 4ms}}));
  EXPECT_EQ(changes.changed, (std::vector<Edge>{{1, 2, 6ms}}));
  EXPECT_EQ(link_changes({}, after).up, after);
  EXPECT_EQ(link_changes(before, {}).down, before);
}

// All pairs, sorted; component numbers instead of a union-find.
std::set<Ends> slow_radio_links(const std::vector<Point>& positions, size_t links, size_t& extra) {
  std::vector<std::tuple<double, uint32_t, uint32_t>> pairs;
  std::vector<uint32_t> component;
  for (uint32_t a = 0; a < positions.size(); ++a) {
    component.push_back(a);
    for (uint32_t b = a + 1; b < positions.size(); ++b) {
      pairs.emplace_back(distance_squared(positions[a], positions[b]), a, b);
    }
  }
  std::ranges::sort(pairs);
  std::set<Ends> linked;
  extra = 0;
  for (const auto& [squared, a, b] : pairs) {
    const bool is_shortest = linked.size() < links;
    if (!is_shortest && component[a] == component[b]) continue;
    linked.emplace(a, b);
    extra += is_shortest ? 0 : 1;
    std::ranges::replace(component, uint32_t{component[b]}, uint32_t{component[a]});
  }
  return linked;
}

TEST(MovingRadioTest, LinksThePairsThatASearchThroughAllFinds) {
  bool had_extra = false;
  for (const auto& [nodes, links] : {Ends{50, 150}, Ends{50, 10}, Ends{80, 200}, Ends{2, 0}}) {
    MovingRadio radio(nodes, links, 100, 11);
    for (int step = 0; step < 30; ++step) {
      size_t extra = 0;
      EXPECT_EQ(ends_of_all(radio.edges()), slow_radio_links(radio.positions(), links, extra));
      EXPECT_EQ(radio.extra_links(), extra);
      had_extra = had_extra || extra > 0;
      radio.step();
    }
  }
  EXPECT_TRUE(had_extra);
}

TEST(MovingRadioTest, KeepsTheNumberOfLinksAndTheConnection) {
  MovingRadio radio(50, 150, 50, 12);
  std::set<Ends> ever;
  for (int step = 0; step < 500; ++step) {
    ASSERT_EQ(radio.edges().size(), 150 + radio.extra_links());
    ASSERT_TRUE(is_connected(50, radio.edges()));
    ASSERT_TRUE(in_order(radio.edges()));
    ever.merge(ends_of_all(radio.edges()));
    radio.step();
  }
  EXPECT_GT(ever.size(), 1'000U);  // of 1225: everyone meets nearly everyone
}

TEST(MovingRadioTest, LinksAllPairsIfThereAreNotMore) {
  MovingRadio radio(10, 150, 10, 13);
  EXPECT_EQ(radio.edges().size(), 45U);
  EXPECT_EQ(radio.extra_links(), 0U);
}

// Where a coordinate may have been before the walls reflected it.
std::vector<double> mirrored(double coordinate) {
  return {coordinate, -coordinate, 2000 - coordinate};
}

// By how much the way from `before`, reflected or not, misses the length.
double error_of_way(Point before, Point now, double length) {
  double least = length;
  for (const double x : mirrored(now.x)) {
    for (const double y : mirrored(now.y)) {
      const double way = std::sqrt(distance_squared(before, {x, y}));
      least = std::min(least, std::abs(way - length));
    }
  }
  return least;
}

TEST(MovingRadioTest, MovesEachNodeByExactlyTheStepAlsoAtTheWalls) {
  constexpr double kStepM = 40;
  MovingRadio radio(200, 600, kStepM, 14);
  double sum_x = 0;
  int reflected = 0;
  for (int step = 0; step < 50; ++step) {
    const std::vector<Point> before = radio.positions();
    radio.step();
    for (size_t i = 0; i < before.size(); ++i) {
      const Point now = radio.positions()[i];
      EXPECT_TRUE(now.x >= 0 && now.x <= 1000 && now.y >= 0 && now.y <= 1000);
      EXPECT_NEAR(error_of_way(before[i], now, kStepM), 0, 1e-9);
      const double moved = std::sqrt(distance_squared(before[i], now));
      const auto is_free = [](double x) { return x > kStepM && x < 1000 - kStepM; };
      if (is_free(before[i].x) && is_free(before[i].y)) {
        EXPECT_NEAR(moved, kStepM, 1e-9);
        sum_x += now.x - before[i].x;
      } else {
        reflected += moved < kStepM - 1e-9 ? 1 : 0;
      }
    }
  }
  EXPECT_GT(reflected, 100);
  // No direction is preferred: five standard deviations of 8,500 moves, 5 * 40 / sqrt(2) * sqrt(8500).
  EXPECT_NEAR(sum_x, 0, 13'100);
}

TEST(MovingRadioTest, ChangesMoreLinksTheFasterItMoves) {
  std::map<int, size_t> changes;  // by step in metres
  for (const int step_m : {0, 1, 10, 100}) {
    MovingRadio radio(50, 150, step_m, 15);
    for (int step = 0; step < 100; ++step) {
      const std::vector<Edge> before = radio.edges();
      radio.step();
      const LinkChanges change = link_changes(before, radio.edges());
      EXPECT_TRUE(change.changed.empty());
      changes[step_m] += change.up.size() + change.down.size();
    }
  }
  EXPECT_EQ(changes[0], 0U);
  EXPECT_GT(changes[1], 0U);
  EXPECT_GT(changes[10], 4 * changes[1]);
  EXPECT_GT(changes[100], 2 * changes[10]);
}

TEST(MovingRadioTest, GivesOneMovementForOneSeed) {
  MovingRadio one(50, 150, 50, 16);
  MovingRadio same(50, 150, 50, 16);
  MovingRadio other(50, 150, 50, 17);
  for (int step = 0; step < 20; ++step) {
    EXPECT_EQ(one.edges(), same.edges());
    EXPECT_EQ(one.positions(), same.positions());
    EXPECT_NE(one.edges(), other.edges());
    one.step();
    same.step();
    other.step();
  }
}

TEST(MovingRadioTest, MovesAHundredThousandNodes) {
  MovingRadio radio(100'000, 400'000, 5, 18);
  radio.step();
  EXPECT_EQ(radio.edges().size(), 400'000 + radio.extra_links());
  EXPECT_GT(radio.extra_links(), 0U);
  EXPECT_TRUE(is_connected(100'000, radio.edges()));
}

TEST(SatellitesTest, StayConnectedThroughTheWholeOrbit) {
  for (const uint32_t nodes : {2U, 3U, 15U, 16U, 23U, 24U, 63U, 64U, 65U, 71U, 79U, 100U, 1'009U}) {
    for (uint64_t seed = 1; seed <= 5; ++seed) {
      Satellites satellites(nodes, seed);
      for (int step = 0; step < 190; ++step) {
        ASSERT_TRUE(is_connected(nodes, satellites.edges()))
            << fmt::format("{} nodes, seed {}, step {}", nodes, seed, step);
        ASSERT_TRUE(in_order(satellites.edges()));
        satellites.step(30s);
      }
    }
  }
}

TEST(SatellitesTest, LinkPlanesWhereLatitudeAllowsAndAsItsCosineSays) {
  constexpr uint32_t kSide = 20;
  Satellites satellites(kSide * kSide, 21);
  ASSERT_EQ(satellites.planes(), kSide);
  for (int step = 0; step < 100; ++step) {
    std::map<Ends, Duration> latencies;
    for (const Edge& edge : satellites.edges()) latencies[{edge.a, edge.b}] = edge.latency;
    size_t expected = 0;
    for (uint32_t node = 0; node < kSide * kSide; ++node) {
      const uint32_t plane = node / kSide;
      const uint32_t behind = plane * kSide + (node + 1) % kSide;
      EXPECT_EQ(latencies.at(std::minmax(node, behind)), 3ms);
      const uint32_t beside = (node + kSide) % (kSide * kSide);
      const double here = satellites.latitude(node);
      const double there = satellites.latitude(beside);
      expected += 1;
      const auto found = latencies.find(std::minmax(node, beside));
      EXPECT_EQ(found != latencies.end(), std::abs(here) <= 70 && std::abs(there) <= 70);
      if (found == latencies.end()) continue;
      expected += 1;
      const double degree = std::acos(-1) / 180;
      EXPECT_NEAR(to_seconds(found->second) * 1e3,
                  4 * std::cos(here * degree) + 4 * std::cos(there * degree), 0.001);
      EXPECT_GE(found->second, 2ms);
      EXPECT_LE(found->second, 8ms);
    }
    EXPECT_EQ(latencies.size(), expected);
    satellites.step(57s);
  }
}

TEST(SatellitesTest, DropLinksNearThePolesAndTakeThemUpAgain) {
  Satellites satellites(400, 22);
  const std::vector<Edge> start = satellites.edges();
  size_t up = 0;
  size_t down = 0;
  for (int step = 0; step < 95; ++step) {
    const std::vector<Edge> before = satellites.edges();
    satellites.step(1min);
    const LinkChanges changes = link_changes(before, satellites.edges());
    EXPECT_FALSE(changes.changed.empty());
    up += changes.up.size();
    down += changes.down.size();
  }
  EXPECT_EQ(satellites.edges(), start);
  // Each of the 400 links between planes passes both poles.
  EXPECT_EQ(up, 800U);
  EXPECT_EQ(down, 800U);
}

TEST(SatellitesTest, TurnOncePerOrbit) {
  Satellites satellites(100, 23);
  double north = 0;
  double last = satellites.latitude(0);
  for (int second = 1; second <= 95 * 60; ++second) {
    satellites.step(1s);
    const double now = satellites.latitude(0);
    EXPECT_NEAR(std::abs(now - last), 360.0 / (95 * 60), now > 89.9 || now < -89.9 ? 0.07 : 1e-6);
    north = std::max(north, now);
    last = now;
  }
  EXPECT_NEAR(north, 90, 0.05);
  // Long steps arrive where short ones do.
  Satellites far(100, 23);
  far.step(1000 * Satellites::kOrbit + 10min);
  satellites.step(10min);
  EXPECT_EQ(far.edges(), satellites.edges());
}

TEST(SatellitesTest, GiveOneMovementForOneSeed) {
  Satellites one(300, 24);
  Satellites same(300, 24);
  one.step(7min);
  same.step(7min);
  EXPECT_EQ(one.edges(), same.edges());
  EXPECT_NE(Satellites(300, 25).edges(), Satellites(300, 24).edges());
}

}  // namespace moving_test
}  // namespace starling::sim
