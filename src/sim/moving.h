// sim/moving.h - graphs that change in virtual time because the nodes move, and always stay connected.
//
// Drive:   step(), then edges() is the graph of now; link_changes() of the edges before and after says
//          what a simulation has to do. References to edges() hold until the next step().
// Seeds:   equal arguments and equal steps give equal graphs.  Threads: single owner.
#pragma once

#include <cstdint>
#include <vector>

#include "base/rng.h"
#include "base/time.h"
#include "sim/point_grid.h"
#include "sim/topology.h"

namespace starling::sim {

struct LinkChanges {
  std::vector<Topology::Edge> up;
  std::vector<Topology::Edge> down;
  std::vector<Topology::Edge> changed;  // stays, with this latency from now on
};

// Pre: both are ascending by a, then b, as everywhere in sim/. Each list of the result is, too.
LinkChanges link_changes(const std::vector<Topology::Edge>& before,
                         const std::vector<Topology::Edge>& after);

// Radios that wander in a square with walls: the mobility tests of meshnet-lab, there with 50 nodes and
// 150 links. The links are the shortest of all pairs; where these do not connect all, the shortest
// further ones that do are added. A pair has the same latency, 2 to 6 ms, whenever it is linked.
class MovingRadio {
 public:
  static constexpr double kSideM = 1000;

  // Starts in random places. Pre: 2 <= nodes <= Topology::kNodesMax, 0 <= step_m <= kSideM. If there
  // are fewer pairs than `links`, all are linked.
  MovingRadio(uint32_t nodes, uint32_t links, double step_m, uint64_t seed);

  // Each node goes exactly step_m metres in a random direction of its own; walls reflect it.
  void step();

  [[nodiscard]] const std::vector<Topology::Edge>& edges() const { return edges_; }
  // How many of edges() are there only to connect the graph.
  [[nodiscard]] uint32_t extra_links() const { return extra_links_; }
  // By node, in metres, each coordinate in [0, kSideM].
  [[nodiscard]] const std::vector<Point>& positions() const { return positions_; }

 private:
  void find_links();

  uint32_t links_;
  double step_m_;
  uint64_t latency_seed_;
  Rng rng_;
  std::vector<Point> positions_;
  std::vector<Topology::Edge> edges_;
  uint32_t extra_links_ = 0;
};

// Satellites in about sqrt(nodes) polar orbits of equally many: a torus. Each is linked with the one
// before and behind it in its plane (3 ms, for ever), and with the one of the same number in the planes
// left and right, 8 ms times the cosine of the latitude. Near the poles, where these would have to turn
// too fast, they are down. Nodes are numbered plane after plane.
class Satellites {
 public:
  static constexpr Duration kOrbit = 95min;  // as at 550 km
  static constexpr Duration kInPlaneLatency = 3ms;
  static constexpr Duration kCrossPlaneLatencyMax = 8ms;
  // A link between planes is up while both ends are at most this far from the equator.
  static constexpr double kCrossPlaneLatitudeMax = 70;  // degrees
  // Fewer in a plane might leave a moment without any link to the next plane; hence there are fewer
  // planes than sqrt(nodes) below 64 nodes, and one below 16.
  static constexpr uint32_t kPlaneSizeMin = 8;

  // Pre: 2 <= nodes <= Topology::kNodesMax. If nodes is not a multiple of planes(), the first planes have
  // one more. The seed decides how far each plane has turned at the start.
  Satellites(uint32_t nodes, uint64_t seed);

  // Turns all planes. Pre: by >= 0. Takes about 50 ms for a million nodes.
  void step(Duration by);

  [[nodiscard]] const std::vector<Topology::Edge>& edges() const { return edges_; }
  [[nodiscard]] uint32_t planes() const { return static_cast<uint32_t>(planes_.size()); }
  // In degrees, north is positive.
  [[nodiscard]] double latitude(uint32_t node) const;

 private:
  struct Plane {
    uint32_t first;  // node
    uint32_t size;
    double phase;  // of its first node at the start, in turns
  };

  void find_links();
  void add_cross_link(uint32_t a, uint32_t b);

  std::vector<Plane> planes_;
  Duration turned_{};          // since the start, below kOrbit
  std::vector<double> sines_;  // of the latitude, by node
  std::vector<Topology::Edge> edges_;
};

}  // namespace starling::sim
