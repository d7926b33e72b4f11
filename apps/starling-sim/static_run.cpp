#include "static_run.h"

#include <algorithm>
#include <chrono>
#include <fmt/core.h>
#include <nlohmann/json.hpp>
#include <vector>

#include "base/rng.h"
#include "peak_memory.h"
#include "sim/static_walk.h"

namespace starling {
namespace {

constexpr size_t kPairsPerSource = 20;  // a search through the whole graph serves so many
constexpr size_t kTablesChecked = 10;

using Clock = std::chrono::steady_clock;
double seconds_since(Clock::time_point begun) {
  return std::chrono::duration<double>(Clock::now() - begun).count();
}

// Values of which a mean and a 99th percentile are wanted.
struct Sample {
  std::vector<double> values;
  [[nodiscard]] double mean() const {
    double sum = 0;
    for (const double value : values) sum += value;
    return values.empty() ? 0 : sum / static_cast<double>(values.size());
  }
  [[nodiscard]] double p99() {
    if (values.empty()) return 0;
    std::ranges::sort(values);
    return values[(values.size() - 1) * 99 / 100];
  }
};

struct Outcome {
  size_t pairs = 0;
  size_t arrived = 0;  // first packet, answer and second packet
  size_t listed = 0;
  Sample first;
  Sample second;
  Sample hops;
  double entries_mean = 0;
  size_t entries_max = 0;
  size_t tables_wrong = 0;
  double build_s = 0;
  double walk_s = 0;
};

void note_tables(const sim::StaticTables& tables, Rng& rng, Outcome& outcome) {
  for (uint32_t node = 0; node < tables.size(); ++node) {
    outcome.entries_mean += static_cast<double>(tables.table(node).size()) / tables.size();
    outcome.entries_max = std::max(outcome.entries_max, tables.table(node).size());
  }
  for (size_t i = 0; i < kTablesChecked; ++i) {
    const auto node = static_cast<uint32_t>(rng.below(tables.size()));
    if (!tables.follows_rule(node)) ++outcome.tables_wrong;
  }
}

void note_pairs(const sim::StaticTables& tables, size_t pairs, Rng& rng, Outcome& outcome) {
  sim::StaticWalker walker(tables);
  while (outcome.pairs < pairs) {
    const auto from = static_cast<uint32_t>(rng.below(tables.size()));
    const auto distances = tables.distances_from(from);
    for (size_t i = 0; i < kPairsPerSource && outcome.pairs < pairs; ++i) {
      const auto to = static_cast<uint32_t>(rng.below(tables.size()));
      if (to == from) continue;
      ++outcome.pairs;
      const auto said = walker.converse(from, to);
      if (said.is_listed) ++outcome.listed;
      if (!said.second.arrived) continue;
      ++outcome.arrived;
      outcome.first.values.push_back(static_cast<double>(said.first.cost) / distances[to]);
      outcome.second.values.push_back(static_cast<double>(said.second.cost) / distances[to]);
      outcome.hops.values.push_back(static_cast<double>(said.second.hops));
    }
  }
}

void print(const StaticOptions& options, Outcome& outcome) {
  const double delivered = outcome.pairs == 0 ? 1
                                              : static_cast<double>(outcome.arrived) /
                                                    static_cast<double>(outcome.pairs);
  if (options.as_json) {
    const nlohmann::json object = {{"scenario", "static"},
                                   {"topology", name_of(options.topology)},
                                   {"nodes", options.nodes},
                                   {"table_size", options.table_size},
                                   {"seed", options.seed},
                                   {"pairs", outcome.pairs},
                                   {"delivered", delivered},
                                   {"listed_pairs", outcome.listed},
                                   {"first_stretch_mean", outcome.first.mean()},
                                   {"first_stretch_p99", outcome.first.p99()},
                                   {"stretch_mean", outcome.second.mean()},
                                   {"stretch_p99", outcome.second.p99()},
                                   {"hops_mean", outcome.hops.mean()},
                                   {"entries_mean", outcome.entries_mean},
                                   {"entries_max", outcome.entries_max},
                                   {"tables_checked", kTablesChecked},
                                   {"tables_wrong", outcome.tables_wrong},
                                   {"memory_mb", peak_memory_mb()},
                                   {"build_s", outcome.build_s},
                                   {"walk_s", outcome.walk_s}};
    fmt::print("{}\n", object.dump());
    return;
  }
  fmt::print("static: {} nodes, {}, k = {}, seed {}\n", options.nodes, name_of(options.topology),
             options.table_size, options.seed);
  fmt::print("  tables: {:.0f} entries, at most {}; {} of {} checked are those of the rule\n",
             outcome.entries_mean, outcome.entries_max, kTablesChecked - outcome.tables_wrong,
             kTablesChecked);
  fmt::print("  {} of {} pairs reached each other ({} over a table alone), {:.1f} hops\n",
             outcome.arrived, outcome.pairs, outcome.listed, outcome.hops.mean());
  fmt::print(
      "  stretch: first packet {:.3f}, 99th percentile {:.2f}; after an answer {:.3f}, "
      "{:.2f}\n",
      outcome.first.mean(), outcome.first.p99(), outcome.second.mean(), outcome.second.p99());
  fmt::print("  {:.0f} s for the tables, {:.0f} s for the pairs; {:.0f} MB\n", outcome.build_s,
             outcome.walk_s, peak_memory_mb());
}

}  // namespace

int run_static(const StaticOptions& options) {
  auto begun = Clock::now();
  auto shown = begun;
  const auto topology = sim::make_topology(options.topology, options.nodes, options.seed);
  const sim::StaticTables tables(topology, options.table_size, options.seed, [&](double share) {
    if (options.quiet || options.as_json || Clock::now() - shown < std::chrono::seconds(5)) return;
    shown = Clock::now();
    fmt::print(stderr, "tables: {:.0f} % after {:.0f} s\n", share * 100, seconds_since(begun));
  });
  Outcome outcome;
  outcome.build_s = seconds_since(begun);
  begun = Clock::now();
  Rng rng(options.seed);
  note_tables(tables, rng, outcome);
  note_pairs(tables, options.pairs, rng, outcome);
  outcome.walk_s = seconds_since(begun);
  print(options, outcome);
  return outcome.arrived == outcome.pairs && outcome.tables_wrong == 0 ? 0 : 1;
}

}  // namespace starling
