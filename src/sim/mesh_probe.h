// sim/mesh_probe.h - asks the nodes of a MeshWorld for each other and tells how well that went.
//
// Threads: single owner; not while the world runs.
#pragma once

#include <span>
#include <vector>

#include "sim/mesh_world.h"

namespace starling::sim {

struct MeshPair {
  uint32_t from = 0;
  uint32_t to = 0;
};

// `count` ordered pairs of different nodes for which `is_eligible`, between so few end points that the shortest ways
// from all of them can be computed: about the square root of `count`.
std::vector<MeshPair> sample_mesh_pairs(MeshWorld& world, size_t count,
                                        const std::function<bool(uint32_t)>& is_eligible);

// When each try begins, ascending, counted from the first. An answer counts until `patience`, to whichever try.
struct AskPlan {
  std::vector<Duration> tries = {Duration{}};
  Duration patience = 10s;
};

struct AskResult {
  MeshPair pair;
  bool answered = false;
  int tries = 0;             // made until then
  Duration time{};           // from the first try to the answer
  Duration rtt{};            // of the question that was answered
  routing::Metric cost = 0;  // of the way of that question
  size_t hops = 0;
};

// One round of questions. Whoever runs the world calls tick() between its windows, at least at the times of the tries, and
// hands it the echoes whose nonce begins with `number`.
class MeshAsker {
 public:
  // Borrows `world`. The first try is made at the first tick().
  MeshAsker(MeshWorld& world, uint32_t number, const std::vector<MeshPair>& pairs, AskPlan plan);

  void tick();
  // When it has to be called next; kNever: no more.
  [[nodiscard]] Instant next_tick() const {
    return tries_made_ < plan_.tries.size() ? begun_ + plan_.tries[tries_made_] : kNever;
  }
  // From the thread of the node that asked.
  void handle_echo(uint32_t node, Instant at, const routing::EchoReceived& echo);
  [[nodiscard]] static uint32_t number_of(uint64_t nonce) {
    return static_cast<uint32_t>(nonce >> 32);
  }
  // All are answered, or patience is over.
  [[nodiscard]] bool is_over() const;
  [[nodiscard]] const std::vector<AskResult>& results() const { return results_; }
  [[nodiscard]] Instant begun() const { return begun_; }

 private:
  MeshWorld& world_;
  uint32_t number_;
  AskPlan plan_;
  Instant begun_;
  size_t tries_made_ = 0;
  std::vector<AskResult> results_;
};

// Costs of the shortest ways from a node over links that carry and nodes that are up; kInfinity where there is none.
std::vector<routing::Metric> shortest_from(const MeshWorld& world, uint32_t from,
                                           const std::function<bool(uint32_t)>& may_pass);

struct AskSummary {
  size_t asked = 0;
  size_t answered = 0;
  size_t first_try = 0;
  Duration slowest{};  // of those answered
  double time_mean_s = 0;
  double stretch_mean = 1;
  double stretch_p99 = 1;
  double stretch_max = 1;
  [[nodiscard]] double share() const {
    return asked == 0 ? 1 : static_cast<double>(answered) / static_cast<double>(asked);
  }
};
AskSummary summary_of(const MeshWorld& world, const std::vector<AskResult>& results);

struct TableSummary {
  double entries_mean = 0;  // listed
  size_t entries_max = 0;
  double known_mean = 0;  // with what only neighbours list
  // Memory of the table with what neighbours advertise, by what is listed and by all that is known.
  double bytes_per_entry = 0;
  double bytes_per_known = 0;
};
TableSummary tables_of(const MeshWorld& world);

}  // namespace starling::sim
