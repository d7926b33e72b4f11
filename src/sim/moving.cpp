#include "sim/moving.h"

#include <algorithm>
#include <cmath>
#include <compare>
#include <numbers>
#include <tuple>
#include <utility>

#include "base/check.h"
#include "sim/components.h"
#include "sim/graph_builder.h"
#include "sim/seed.h"

namespace starling::sim {
namespace {

using Edge = Topology::Edge;

// What the streams of SeedUse::movement are for.
enum class MovementStream : uint64_t { radio, radio_latency, satellites };

uint64_t movement_seed(uint64_t seed, MovementStream stream) {
  return derive_seed(seed, SeedUse::movement, static_cast<uint64_t>(stream));
}

std::pair<uint32_t, uint32_t> ends_of(const Edge& edge) { return {edge.a, edge.b}; }

struct RadioPair {
  double distance_squared;
  uint32_t a;
  uint32_t b;  // > a
  friend auto operator<=>(const RadioPair&, const RadioPair&) = default;
};

// All pairs that are not farther apart, in no particular order, for which accept(a, b) holds.
template <typename Accept>
std::vector<RadioPair> radio_pairs_within(const std::vector<Point>& positions, double radius_m,
                                          Accept accept) {
  std::vector<RadioPair> pairs;
  const PointGrid grid(positions, MovingRadio::kSideM, radius_m);
  grid.for_each_pair_within(radius_m, [&](uint32_t a, uint32_t b, double squared) {
    if (accept(a, b)) pairs.push_back({squared, std::min(a, b), std::max(a, b)});
  });
  return pairs;
}

double reflected_by_walls(double coordinate) {
  if (coordinate < 0) return -coordinate;
  if (coordinate > MovingRadio::kSideM) return 2 * MovingRadio::kSideM - coordinate;
  return coordinate;
}

}  // namespace

LinkChanges link_changes(const std::vector<Edge>& before, const std::vector<Edge>& after) {
  LinkChanges changes;
  auto old = before.begin();
  for (const Edge& edge : after) {
    while (old != before.end() && ends_of(*old) < ends_of(edge)) changes.down.push_back(*old++);
    if (old == before.end() || ends_of(*old) != ends_of(edge)) {
      changes.up.push_back(edge);
    } else if ((old++)->latency != edge.latency) {
      changes.changed.push_back(edge);
    }
  }
  changes.down.insert(changes.down.end(), old, before.end());
  return changes;
}

MovingRadio::MovingRadio(uint32_t nodes, uint32_t links, double step_m, uint64_t seed)
    : links_(links),
      step_m_(step_m),
      latency_seed_(movement_seed(seed, MovementStream::radio_latency)),
      rng_(movement_seed(seed, MovementStream::radio)),
      positions_(nodes) {
  STARLING_CHECK(nodes >= 2 && nodes <= Topology::kNodesMax);
  STARLING_CHECK(step_m >= 0 && step_m <= kSideM);
  for (Point& position : positions_) position = {rng_.unit() * kSideM, rng_.unit() * kSideM};
  find_links();
}

void MovingRadio::step() {
  for (Point& position : positions_) {
    const double direction = rng_.unit() * 2 * std::numbers::pi;
    position.x = reflected_by_walls(position.x + step_m_ * std::cos(direction));
    position.y = reflected_by_walls(position.y + step_m_ * std::sin(direction));
  }
  find_links();
}

void MovingRadio::find_links() {
  constexpr double kAllM = 1.5 * kSideM;  // more than the diagonal
  constexpr double kWiden = 1.5;
  const auto nodes = static_cast<uint32_t>(positions_.size());
  double radius_m = kSideM * std::max(radius_with_pairs(nodes, 1.2 * links_), 1e-6);
  const auto any = [](uint32_t, uint32_t) { return true; };
  std::vector<RadioPair> pairs = radio_pairs_within(positions_, radius_m, any);
  while (pairs.size() < links_ && radius_m < kAllM) {
    radius_m *= kWiden;
    pairs = radio_pairs_within(positions_, radius_m, any);
  }
  if (pairs.size() > links_) {
    std::ranges::nth_element(pairs, pairs.begin() + links_);
    pairs.resize(links_);
  }
  Components components(nodes);
  for (const RadioPair& pair : pairs) components.unite(pair.a, pair.b);

  // Kruskal's algorithm for what is missing, over wider and wider circles.
  const size_t shortest = pairs.size();
  for (; components.count() > 1; radius_m *= kWiden) {
    std::vector<RadioPair> bridges = radio_pairs_within(
        positions_, radius_m,
        [&](uint32_t a, uint32_t b) { return components.root_of(a) != components.root_of(b); });
    std::ranges::sort(bridges);
    for (const RadioPair& bridge : bridges) {
      if (components.unite(bridge.a, bridge.b)) pairs.push_back(bridge);
    }
  }
  extra_links_ = static_cast<uint32_t>(pairs.size() - shortest);

  edges_.clear();
  for (const RadioPair& pair : pairs) {
    Rng rng(latency_seed_ ^ (uint64_t{pair.a} << 32 | pair.b));
    edges_.push_back({.a = pair.a, .b = pair.b, .latency = draw_latency(rng, 2ms, 6ms)});
  }
  std::ranges::sort(edges_, {}, ends_of);
}

Satellites::Satellites(uint32_t nodes, uint64_t seed) : sines_(nodes) {
  STARLING_CHECK(nodes >= 2 && nodes <= Topology::kNodesMax);
  const auto root = static_cast<uint32_t>(std::sqrt(nodes));
  const uint32_t count = std::max(1U, std::min(root, nodes / kPlaneSizeMin));
  Rng rng(movement_seed(seed, MovementStream::satellites));
  const double start = rng.unit();
  for (uint32_t i = 0, first = 0; i < count; ++i) {
    const uint32_t size = nodes / count + (i < nodes % count ? 1 : 0);
    // Neighbours in the next plane are less than one place ahead or behind.
    planes_.push_back({.first = first, .size = size, .phase = start + rng.unit() / size});
    first += size;
  }
  find_links();
}

void Satellites::step(Duration by) {
  STARLING_CHECK(by >= 0ns);
  turned_ = (turned_ + by % kOrbit) % kOrbit;
  find_links();
}

double Satellites::latitude(uint32_t node) const {
  return std::asin(sines_[node]) * 180 / std::numbers::pi;
}

void Satellites::find_links() {
  const double turned = to_seconds(turned_) / to_seconds(kOrbit);
  for (const Plane& plane : planes_) {
    for (uint32_t i = 0; i < plane.size; ++i) {
      const double turns = turned + plane.phase + static_cast<double>(i) / plane.size;
      sines_[plane.first + i] = std::sin(turns * 2 * std::numbers::pi);
    }
  }
  edges_.clear();
  const size_t count = planes_.size();
  for (size_t p = 0; p < count; ++p) {
    const auto [first, size, phase] = planes_[p];
    for (uint32_t i = 0; i < size; ++i) {
      const uint32_t node = first + i;
      // From here on in ascending order of b.
      if (i + 1 < size) edges_.push_back({.a = node, .b = node + 1, .latency = kInPlaneLatency});
      if (i == 0 && size > 2) {
        edges_.push_back({.a = node, .b = node + size - 1, .latency = kInPlaneLatency});
      }
      if (p + 1 < count && i < planes_[p + 1].size) add_cross_link(node, planes_[p + 1].first + i);
      if (p == 0 && count > 2 && i < planes_.back().size) {
        add_cross_link(node, planes_.back().first + i);
      }
    }
  }
}

void Satellites::add_cross_link(uint32_t a, uint32_t b) {
  static const double kSineMax = std::sin(kCrossPlaneLatitudeMax / 180 * std::numbers::pi);
  if (std::abs(sines_[a]) > kSineMax || std::abs(sines_[b]) > kSineMax) return;
  const auto cosine = [&](uint32_t node) { return std::sqrt(1 - sines_[node] * sines_[node]); };
  const double us = static_cast<double>(to_us(kCrossPlaneLatencyMax)) * (cosine(a) + cosine(b)) / 2;
  edges_.push_back({.a = a, .b = b, .latency = std::chrono::microseconds(std::llround(us))});
}

}  // namespace starling::sim
