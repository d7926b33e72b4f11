// The part of ScenarioRun that measures: questions, lookups, traffic, tables, load.
#include <algorithm>
#include <cmath>
#include <fmt/core.h>

#include "sim/scenario_round.h"
#include "sim/scenario_run.h"

namespace starling::sim {
namespace {

double since_start(Instant now) { return to_seconds(now - MeshWorld::kStart); }

// Points of a distribution: the share of values up to each.
ReportSeries distribution(std::string name, std::vector<double> values) {
  ReportSeries series;
  series.name = std::move(name);
  std::sort(values.begin(), values.end());
  constexpr size_t kPoints = 200;
  for (size_t i = 1; i <= kPoints && !values.empty(); ++i) {
    const size_t at = i * values.size() / kPoints;
    if (at > 0) series.points.emplace_back(values[at - 1], static_cast<double>(i) / kPoints);
  }
  return series;
}

double share_of(size_t part, size_t whole) {
  return whole == 0 ? 1 : static_cast<double>(part) / static_cast<double>(whole);
}

}  // namespace

std::vector<MeshPair> ScenarioRun::connected_pairs(size_t count) {
  auto sample = sample_mesh_pairs(world_, count, [this](uint32_t node) { return is_honest(node); });
  std::erase_if(sample, [&](const MeshPair& pair) { return !is_connected(pair); });
  return sample;
}

ScenarioRun::Round ScenarioRun::begin_round(const ScenarioStep& step,
                                            const std::vector<MeshPair>& pairs) {
  AskPlan plan;
  plan.tries.clear();
  for (const double at : step.numbers("tries_s", {0})) plan.tries.push_back(from_seconds(at));
  plan.patience = from_seconds(step.number("patience_s", 10));
  Round round;
  round.begun_s = since_start(world_.now());
  round.asker = std::make_unique<MeshAsker>(world_, ++askers_used_, pairs, plan);
  askers_[askers_used_] = round.asker.get();
  return round;
}

bool ScenarioRun::is_connected(const MeshPair& pair) {
  if (!is_honest(pair.from) || !is_honest(pair.to)) return false;
  if (distances_at_ != world_.now()) distances_.clear();
  distances_at_ = world_.now();
  auto& distance = distances_[pair.from];
  if (distance.empty()) {
    distance = shortest_from(world_, pair.from, [this](uint32_t node) { return is_honest(node); });
  }
  return distance[pair.to] < routing::kInfinity;
}

void ScenarioRun::finish_round(Round& round) {
  std::erase_if(askers_, [&](const auto& entry) { return entry.second == round.asker.get(); });
  for (const AskResult& result : round.asker->results()) {
    if (result.answered || is_connected(result.pair)) round.counted.push_back(result);
  }
}

void ScenarioRun::ask(const ScenarioStep& step) {
  const auto pairs = static_cast<size_t>(step.number("pairs", 1'500));
  const double seconds = step.number("seconds", 0);
  std::vector<Round> rounds;
  if (seconds == 0) {
    // The same pairs each time; the last round counts.
    const auto sample = connected_pairs(pairs);
    for (int i = 0; i < static_cast<int>(step.number("rounds", 1)); ++i) {
      rounds.clear();
      rounds.push_back(begin_round(step, sample));
      while (!rounds.back().asker->is_over() && !stopped_) advance(100ms);
      finish_round(rounds.back());
    }
    return note_rounds(step, rounds, /*plot_in_time=*/false);
  }
  const Duration every = from_seconds(step.number("every_s", 10));
  const Instant end = world_.now() + from_seconds(seconds);
  const MeshWorld::Totals before = world_.totals();
  const Instant begun = world_.now();
  while (world_.now() < end && !stopped_) {
    rounds.push_back(begin_round(step, connected_pairs(pairs)));
    const Instant next = world_.now() + every;
    while (world_.now() < next && !stopped_) {
      advance(std::min<Duration>(next - world_.now(), 100ms));
      if (rounds.back().asker && rounds.back().counted.empty() && rounds.back().asker->is_over())
        finish_round(rounds.back());
    }
    if (rounds.back().counted.empty()) finish_round(rounds.back());
    if (progress_ && rounds.size() % 10 == 0)
      progress_(fmt::format("{:8.1f} s    {} rounds", since_start(world_.now()), rounds.size()));
  }
  note_rounds(step, rounds, /*plot_in_time=*/true);
  note_traffic(step, before, to_seconds(world_.now() - begun));
}

void ScenarioRun::note_rounds(const ScenarioStep& step, const std::vector<Round>& rounds,
                              bool plot_in_time) {
  std::vector<AskResult> all;
  ReportSeries in_time;
  in_time.name = step.name;
  for (const Round& round : rounds) {
    all.insert(all.end(), round.counted.begin(), round.counted.end());
    const auto answered = static_cast<size_t>(std::count_if(
        round.counted.begin(), round.counted.end(), [](const auto& r) { return r.answered; }));
    in_time.points.emplace_back(round.begun_s, share_of(answered, round.counted.size()));
  }
  const AskSummary summary = summary_of(world_, all);
  set(step, "pairs", static_cast<double>(summary.asked));
  if (summary.asked == 0) return;
  set(step, "delivered", summary.share());
  set(step, "first_try", share_of(summary.first_try, summary.asked));
  set(step, "slowest_s", to_seconds(summary.slowest));
  set(step, "time_mean_s", summary.time_mean_s);
  std::vector<double> times;
  for (const AskResult& result : all) {
    if (result.answered) times.push_back(to_seconds(result.time));
  }
  for (const int limit : {1, 2, 4}) {
    const auto within =
        std::count_if(times.begin(), times.end(), [&](double time) { return time <= limit; });
    set(step, fmt::format("within_{}s", limit),
        share_of(static_cast<size_t>(within), summary.asked));
  }
  if (plot_in_time) {
    plots_.push_back({.title = step.name + ": share answered",
                      .x_label = "virtual time, s",
                      .y_label = "share of pairs",
                      .series = {in_time}});
  } else {
    set(step, "stretch_mean", summary.stretch_mean);
    set(step, "stretch_p99", summary.stretch_p99);
    set(step, "stretch_max", summary.stretch_max);
  }
  plots_.push_back({.title = step.name + ": time to the answer",
                    .x_label = "s",
                    .y_label = "share of pairs answered",
                    .series = {distribution(step.name, times)}});
}

// First packets to nodes that the asker knows no way to: each pair is asked once, then again to learn the round trip.
void ScenarioRun::look_up(const ScenarioStep& step) {
  const auto count = [&](directory::DirectoryCounter counter) {
    uint64_t sum = 0;
    for (uint32_t node = 0; node < topology_nodes_; ++node) {
      if (world_.is_up(node) && world_.core(node))
        sum += world_.core(node)->directory().counters().of(counter);
    }
    return static_cast<double>(sum);
  };
  using enum directory::DirectoryCounter;
  const auto pairs = lookup_pairs(step);
  const double begun_before = count(lookups_begun);
  const double steps_before = count(lookups_passed_on) + count(ways_tried);
  std::vector<AskResult> first = ask_pairs_of(step, pairs);
  const double begun = count(lookups_begun) - begun_before;
  const double steps = count(lookups_passed_on) + count(ways_tried) - steps_before;
  std::vector<AskResult> later;
  for (int i = 0; i < 3; ++i) later = ask_pairs_of(step, pairs);
  double ratio_sum = 0;
  size_t ratios = 0;
  size_t found = 0;
  for (size_t i = 0; i < first.size(); ++i) {
    if (first[i].answered) ++found;
    if (!first[i].answered || !later[i].answered || later[i].rtt <= Duration::zero()) continue;
    // The answer comes back on the direct way, which takes half of the later round trip.
    const double direct = to_seconds(later[i].rtt) / 2;
    ratio_sum += (to_seconds(first[i].time) - direct) / direct;
    ++ratios;
  }
  set(step, "pairs", static_cast<double>(first.size()));
  set(step, "correct", share_of(found, first.size()));
  set(step, "hops_mean", begun == 0 ? 0 : steps / begun);
  set(step, "first_packet_ratio_mean", ratios == 0 ? 0 : ratio_sum / static_cast<double>(ratios));
}

std::vector<MeshPair> ScenarioRun::lookup_pairs(const ScenarioStep& step) {
  const auto wanted = static_cast<size_t>(step.number("pairs", 500));
  std::vector<MeshPair> pairs;
  std::vector<uint32_t> targets = honest_nodes();
  if (targets.empty()) return pairs;
  if (step.number("around", 0) > 0 && around_) {
    // Those whose records lie among the sybils.
    std::sort(targets.begin(), targets.end(), [this](uint32_t a, uint32_t b) {
      const auto distance = [this](uint32_t node) {
        crypto::NodeId id = world_.id(node);
        for (size_t i = 0; i < id.value.size(); ++i) id.value[i] ^= around_->value[i];
        return id;
      };
      return distance(a) < distance(b);
    });
    targets.resize(std::min(targets.size(), static_cast<size_t>(step.number("around", 0))));
  }
  for (size_t tries = 0; pairs.size() < wanted && tries < 100 * wanted; ++tries) {
    const auto from = static_cast<uint32_t>(world_.rng().below(topology_nodes_));
    const uint32_t to = targets[world_.rng().below(targets.size())];
    if (from == to || !is_honest(from)) continue;
    if (world_.router(from).knows_way(world_.now(), world_.id(to))) continue;
    pairs.push_back({from, to});
  }
  return pairs;
}

std::vector<AskResult> ScenarioRun::ask_pairs_of(const ScenarioStep& step,
                                                 const std::vector<MeshPair>& pairs) {
  AskPlan plan;
  plan.tries.clear();
  for (const double at : step.numbers("tries_s", {0})) plan.tries.push_back(from_seconds(at));
  plan.patience = from_seconds(step.number("patience_s", 10));
  MeshAsker asker(world_, ++askers_used_, pairs, plan);
  askers_[askers_used_] = &asker;
  while (!asker.is_over() && !stopped_) advance(100ms);
  askers_.erase(askers_used_);
  return asker.results();
}

void ScenarioRun::measure_traffic(const ScenarioStep& step) {
  const MeshWorld::Totals before = world_.totals();
  const double seconds = step.number("seconds", 60);
  advance(from_seconds(seconds));
  note_traffic(step, before, seconds);
}

void ScenarioRun::note_traffic(const ScenarioStep& step, const MeshWorld::Totals& before,
                               double seconds) {
  const MeshWorld::Totals after = world_.totals();
  const auto control = static_cast<double>(after.control_bytes - before.control_bytes);
  const auto packets = static_cast<double>(after.packet_bytes - before.packet_bytes);
  const double directions = 2.0 * static_cast<double>(edges_.size());
  set(step, "control_bytes_per_link_s", control / directions / seconds);
  set(step, "control_messages_per_link_s",
      static_cast<double>(after.control_messages - before.control_messages) / directions / seconds);
  const double bytes = (control + packets) / topology_nodes_ / seconds;
  set(step, "bytes_per_node_s", bytes);
  // As a multiple of what was measured first.
  if (quiet_bytes_ == 0) quiet_bytes_ = bytes;
  if (quiet_bytes_ > 0) set(step, "against_quiet", bytes / quiet_bytes_);
  set(step, "faults", static_cast<double>(after.faults - before.faults));
}

void ScenarioRun::measure_tables(const ScenarioStep& step) {
  const TableSummary tables = tables_of(world_);
  set(step, "entries_mean", tables.entries_mean);
  set(step, "entries_max", static_cast<double>(tables.entries_max));
  set(step, "known_mean", tables.known_mean);
  set(step, "bytes_per_entry", tables.bytes_per_entry);
  set(step, "bytes_per_known", tables.bytes_per_known);
}

// Counted at the nodes that are up, since each was started.
double ScenarioRun::count(routing::RouterCounter counter) const {
  uint64_t sum = 0;
  for (uint32_t node = 0; node < topology_nodes_; ++node)
    sum += world_.is_up(node) ? world_.router(node).counters().of(counter) : 0;
  return static_cast<double>(sum);
}

// How much of all packets each node passes on, the busiest first.
void ScenarioRun::measure_load(const ScenarioStep& step) {
  set(step, "transit_tests", count(routing::RouterCounter::transit_tests));
  set(step, "transit_refused", count(routing::RouterCounter::transit_refused));
  std::vector<double> passed;
  double sum = 0;
  for (uint32_t node = 0; node < topology_nodes_; ++node) {
    if (!world_.is_up(node)) continue;
    const auto count = static_cast<double>(
        world_.router(node).counters().of(routing::RouterCounter::packets_forwarded));
    passed.push_back(count);
    sum += count;
  }
  std::sort(passed.rbegin(), passed.rend());
  if (passed.empty() || sum == 0) return;
  double top = 0;
  const size_t hundredth = std::max<size_t>(1, passed.size() / 100);
  for (size_t i = 0; i < hundredth; ++i) top += passed[i];
  set(step, "busiest_share", passed.front() / sum);
  set(step, "busiest_hundredth_share", top / sum);
  ReportSeries series;
  series.name = "packets passed on";
  for (size_t i = 0; i < passed.size(); i += std::max<size_t>(1, passed.size() / 200))
    series.points.emplace_back(static_cast<double>(i + 1), passed[i] / sum);
  plots_.push_back({.title = "load of the busiest nodes",
                    .x_label = "node, the busiest first",
                    .y_label = "share of all packets passed on",
                    .logarithmic_x = true,
                    .series = {series}});
}

}  // namespace starling::sim
