#include "sim/scenario_run.h"

#include <algorithm>
#include <fmt/core.h>

#include "sim/scenario_round.h"

namespace starling::sim {
namespace {

// Between the times at which the scenario can do something, at most and at least.
constexpr Duration kSlice = 1s;
constexpr Duration kSliceMin = 10ms;

}  // namespace

ScenarioRun::ScenarioRun(const Scenario& scenario, const ScenarioSettings& settings,
                         std::function<void(const std::string&)> progress)
    : scenario_(scenario),
      settings_(settings),
      progress_(std::move(progress)),
      world_(
          {.seed = settings.seed, .threads = settings.threads, .directory = settings.directory}) {
  world_.on_echo = [this](uint32_t node, Instant at, const routing::EchoReceived& echo) {
    const auto asker = askers_.find(MeshAsker::number_of(echo.nonce));
    if (asker != askers_.end()) asker->second->handle_echo(node, at, echo);
  };
  add_nodes();
}

ScenarioRun::~ScenarioRun() = default;

void ScenarioRun::add_nodes() {
  edges_ = make_topology(settings_.topology, settings_.nodes, settings_.seed).edges;
  topology_nodes_ = settings_.nodes;
  edges_of_.resize(settings_.nodes);
  for (uint32_t i = 0; i < edges_.size(); ++i) {
    edges_of_[edges_[i].a].push_back(i);
    edges_of_[edges_[i].b].push_back(i);
  }
  for (uint32_t node = 0; node < settings_.nodes; ++node) {
    routing::RouterConfig config;
    config.table_size = settings_.table_size;
    if (world_.rng().chance(settings_.small_share)) config.table_size = routing::kSmallest;
    world_.add_node(config);
  }
}

bool ScenarioRun::run(const std::function<bool()>& should_stop) {
  should_stop_ = should_stop;
  for (const ScenarioStep& step : scenario_.steps) {
    if (progress_)
      progress_(
          fmt::format("{:8.1f} s  {}", to_seconds(world_.now() - MeshWorld::kStart), step.name));
    perform(step);
    if (stopped_) return false;
  }
  return true;
}

void ScenarioRun::perform(const ScenarioStep& step) {
  if (step.what == "start") return start(step);
  if (step.what == "wait") {
    return advance(from_seconds(step.number("seconds", 1)));
  }
  if (step.what == "ask") return ask(step);
  if (step.what == "look-up") return look_up(step);
  if (step.what == "traffic") return measure_traffic(step);
  if (step.what == "tables") return measure_tables(step);
  if (step.what == "load") return measure_load(step);
  if (step.what == "kill") return kill(step);
  if (step.what == "partition") return partition();
  if (step.what == "heal") return heal();
  if (step.what == "churn") return begin_churn(step);
  if (step.what == "noise") return begin_noise(step);
  if (step.what == "move") return begin_movement(step);
  if (step.what == "black-holes") return add_black_holes(step);
  if (step.what == "liars") return add_liars(step);
  if (step.what == "floods") return add_flooders(step);
  if (step.what == "asymmetry") return worsen_links(step);
  if (step.what == "attacker") return add_attacker(step);
  if (step.what == "sybils") return add_sybils(step);
  if (step.what == "leaves") return add_leaves(step);
  if (step.what == "ask-leaves") return ask_leaves(step);
  toggle_at_.clear();
  noise_at_ = kNever;
  flood_at_ = kNever;
  move_at_ = kNever;
}

void ScenarioRun::advance(Duration time) {
  const Instant end = world_.now() + time;
  while (world_.now() < end && !stopped_) {
    work_beside();
    const Instant next = std::max(next_beside(), world_.now() + kSliceMin);
    world_.run_until(std::min({end, next, world_.now() + kSlice}));
    stopped_ = should_stop_ && should_stop_();
  }
}

void ScenarioRun::work_beside() {
  const Instant now = world_.now();
  if (!toggle_at_.empty()) churn();
  if (now >= noise_at_) noise();
  if (now >= flood_at_) flood();
  if (now >= move_at_) move();
  if (!leaves_.empty()) sleep_and_wake();
  for (const auto& [number, asker] : askers_) asker->tick();
}

Instant ScenarioRun::next_beside() const {
  Instant next = std::min({noise_at_, flood_at_, move_at_});
  for (const Instant at : toggle_at_) next = std::min(next, at);
  for (const auto& [number, leaf] : leaves_) next = std::min(next, leaf.turns_at);
  for (const auto& [number, asker] : askers_) next = std::min(next, asker->next_tick());
  return next;
}

void ScenarioRun::link(const Edge& edge) {
  if (!world_.is_started(edge.a) || !world_.is_started(edge.b)) return;
  world_.connect(edge.a, edge.b,
                 {.latency = edge.latency,
                  .jitter = from_seconds(settings_.jitter_ms / 1'000),
                  .loss = settings_.loss});
}

void ScenarioRun::link_up_of(uint32_t node) {
  if (node >= edges_of_.size()) return;
  for (const uint32_t edge : edges_of_[node]) {
    const uint32_t other = edges_[edge].a == node ? edges_[edge].b : edges_[edge].a;
    if (!world_.is_linked(node, other)) link(edges_[edge]);
  }
}

bool ScenarioRun::is_honest(uint32_t node) const {
  return world_.is_up(node) && node < topology_nodes_ &&
         world_.behaviour(node) == MeshBehaviour::correct;
}

std::vector<uint32_t> ScenarioRun::honest_nodes() const {
  std::vector<uint32_t> nodes;
  for (uint32_t node = 0; node < topology_nodes_; ++node) {
    if (is_honest(node)) nodes.push_back(node);
  }
  return nodes;
}

std::vector<ReportBar> ScenarioRun::bars() const {
  std::vector<ReportBar> result;
  std::map<std::string, ScenarioBar> bars;
  for (const ScenarioBar& bar : scenario_.bars) bars[bar.what] = bar;
  const auto special = scenario_.bars_of_topology.find(std::string(name_of(settings_.topology)));
  if (special != scenario_.bars_of_topology.end()) {
    for (const ScenarioBar& bar : special->second) bars[bar.what] = bar;
  }
  for (const auto& [what, bar] : bars) {
    const auto measured = measures_.find(what);
    ReportBar row;
    row.what = what;
    row.measured =
        measured == measures_.end() ? std::numeric_limits<double>::quiet_NaN() : measured->second;
    row.bar = bar.bar;
    row.at_least = bar.at_least;
    result.push_back(row);
  }
  return result;
}

}  // namespace starling::sim
