// sim/scenario_run.h - runs a scenario in a MeshWorld and keeps what it measured.
//
// How:     steps happen one after the other; churn, noise and movement go on beside them until `stop`. Questions count only
//          between ends that stayed up and connected in the true graph while they were asked.
// Threads: single owner.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "routing/cost_watch.h"
#include "sim/mesh_probe.h"
#include "sim/moving.h"
#include "sim/report.h"
#include "sim/scenario.h"

namespace starling::sim {

class ScenarioRun {
 public:
  // Borrows `scenario`. `progress` gets a line for each step, and during long ones; may be null.
  ScenarioRun(const Scenario& scenario, const ScenarioSettings& settings,
              std::function<void(const std::string&)> progress);
  ~ScenarioRun();

  // False when `should_stop` said so before the end.
  bool run(const std::function<bool()>& should_stop);

  [[nodiscard]] const std::map<std::string, double>& measures() const { return measures_; }
  // What must hold; what was not measured does not hold.
  [[nodiscard]] std::vector<ReportBar> bars() const;
  [[nodiscard]] std::vector<ReportPlot> plots() const { return plots_; }
  [[nodiscard]] uint64_t events() const { return world_.totals().events; }
  [[nodiscard]] uint64_t trace_hash() const { return world_.trace_hash(); }

 private:
  using Edge = Topology::Edge;
  struct Round;  // of questions
  struct NoisyLink {
    double smoothed_ms = 0;
    routing::CostWatch at_a;
    routing::CostWatch at_b;
  };

  void add_nodes();
  void perform(const ScenarioStep& step);
  // Runs the world, and what goes on beside the steps.
  void advance(Duration time);
  void work_beside();
  // When work_beside() has something to do next.
  [[nodiscard]] Instant next_beside() const;
  void link(const Edge& edge);
  void link_up_of(uint32_t node);
  [[nodiscard]] bool is_honest(uint32_t node) const;
  // That are up now.
  [[nodiscard]] std::vector<uint32_t> honest_nodes() const;

  // scenario_steps.cpp
  void start(const ScenarioStep& step);
  void kill(const ScenarioStep& step);
  void partition();
  void heal();
  void begin_churn(const ScenarioStep& step);
  void begin_noise(const ScenarioStep& step);
  void begin_movement(const ScenarioStep& step);
  void churn();
  void noise();
  void move();
  void worsen_links(const ScenarioStep& step);

  // scenario_attacks.cpp
  void add_black_holes(const ScenarioStep& step);
  void add_liars(const ScenarioStep& step);
  void add_flooders(const ScenarioStep& step);
  void flood();
  void add_attacker(const ScenarioStep& step);
  void add_sybils(const ScenarioStep& step);

  // scenario_leaves.cpp
  void add_leaves(const ScenarioStep& step);
  void sleep_and_wake();
  void link_leaf(uint32_t leaf);
  void ask_leaves(const ScenarioStep& step);

  // scenario_measures.cpp
  void ask(const ScenarioStep& step);
  void look_up(const ScenarioStep& step);
  void measure_traffic(const ScenarioStep& step);
  void measure_tables(const ScenarioStep& step);
  void measure_load(const ScenarioStep& step);
  [[nodiscard]] double count(routing::RouterCounter counter) const;
  Round begin_round(const ScenarioStep& step, const std::vector<MeshPair>& pairs);
  std::vector<MeshPair> connected_pairs(size_t count);
  [[nodiscard]] bool is_connected(const MeshPair& pair);
  std::vector<MeshPair> lookup_pairs(const ScenarioStep& step);
  std::vector<AskResult> ask_pairs_of(const ScenarioStep& step, const std::vector<MeshPair>& pairs);
  void note_traffic(const ScenarioStep& step, const MeshWorld::Totals& before, double seconds);
  void finish_round(Round& round);
  void note_rounds(const ScenarioStep& step, const std::vector<Round>& rounds, bool plot_in_time);
  void set(const ScenarioStep& step, const std::string& what, double value) {
    measures_[step.name + "." + what] = value;
  }

  const Scenario& scenario_;
  ScenarioSettings settings_;
  std::function<void(const std::string&)> progress_;
  std::function<bool()> should_stop_;
  bool stopped_ = false;
  MeshWorld world_;
  std::vector<Edge> edges_;                      // that should be there when both ends are up
  std::vector<std::vector<uint32_t>> edges_of_;  // by node, into edges_
  uint32_t topology_nodes_ = 0;                  // those of the topology come first
  std::optional<crypto::NodeId> around_;         // what sybils gather around
  struct Leaf {
    std::vector<uint32_t> routers;
    bool is_awake = true;
    Instant turns_at;  // to the other state
    uint64_t wakings = 0;
  };
  std::map<uint32_t, Leaf> leaves_;
  Duration leaf_sleep_{};
  Duration leaf_awake_{};
  std::map<uint32_t, MeshAsker*> askers_;
  uint32_t askers_used_ = 0;

  std::map<uint32_t, std::vector<routing::Metric>> distances_;  // between honest nodes, by source
  Instant distances_at_ = kNever;

  Duration up_mean_{};
  Duration down_mean_{};
  std::vector<Instant> toggle_at_;  // by node; empty: no churn
  std::vector<uint32_t> flooders_;
  Duration flood_every_{};
  Instant flood_at_ = kNever;
  double noise_share_ = 0;  // 0: none
  Duration noise_every_{};
  Instant noise_at_ = kNever;
  std::vector<NoisyLink> noisy_;  // by edge
  std::unique_ptr<MovingRadio> radio_;
  std::unique_ptr<Satellites> satellites_;
  Duration move_every_{};
  Instant move_at_ = kNever;

  double quiet_bytes_ = 0;  // a second and node, of the first step that measured traffic
  std::map<std::string, double> measures_;
  std::vector<ReportPlot> plots_;
};

}  // namespace starling::sim
