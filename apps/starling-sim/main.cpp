// starling-sim SCENARIO: runs production code in a simulated world and prints what came of it.
#include <CLI/CLI.hpp>
#include <atomic>
#include <chrono>
#include <cmath>
#include <csignal>
#include <fmt/core.h>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "flock_settle.h"
#include "peak_memory.h"
#include "scenario_texts.h"
#include "sim/report.h"
#include "sim/scenario_run.h"
#include "static_run.h"

namespace {

using namespace starling;

std::atomic<bool> interrupted = false;

struct Options {
  std::string scenario;
  std::string topology;
  std::string report;
  uint32_t nodes = 0;
  uint64_t seed = 1;
  unsigned threads = 2;
  size_t table = 0;
  double small_share = -1;
  bool as_json = false;
  bool quiet = false;
};

// The text of a scenario that comes with the program, or of a file.
std::expected<std::string, std::string> text_of(const std::string& name) {
  for (const ScenarioText& known : scenario_texts()) {
    if (known.name == name) return std::string(known.text);
  }
  if (!name.ends_with(".toml"))
    return std::unexpected(fmt::format("unknown scenario '{}'; --list names them", name));
  std::ifstream file(name);
  std::ostringstream text;
  text << file.rdbuf();
  if (!file) return std::unexpected(fmt::format("{} cannot be read", name));
  return text.str();
}

void print_list() {
  fmt::print(
      "{:<12} whole nodes start at once and a share of them dies at once; options: "
      "--degree, --loss, --pairs, --kill, --idle\n",
      "flock");
  fmt::print(
      "{:<12} tables of up to a million routers at rest, computed without messages, and packets "
      "that walk over them; option: --pairs\n",
      "static");
  for (const ScenarioText& known : scenario_texts()) {
    const auto scenario = sim::parse_scenario(known.name, known.text);
    fmt::print("{:<12} {}\n", known.name,
               scenario ? scenario->description : "is broken: " + scenario.error());
  }
}

sim::ScenarioSettings settings_of(const sim::Scenario& scenario, const Options& options) {
  sim::ScenarioSettings settings = scenario.defaults;
  settings.seed = options.seed;
  settings.threads = options.threads;
  if (options.nodes > 0) settings.nodes = options.nodes;
  if (options.table > 0) settings.table_size = options.table;
  if (options.small_share >= 0) settings.small_share = options.small_share;
  if (const auto kind = sim::topology_kind_named(options.topology)) settings.topology = *kind;
  return settings;
}

struct Outcome {
  const sim::Scenario& scenario;
  const sim::ScenarioSettings& settings;
  const sim::ScenarioRun& run;
  double wall_s = 0;
  double memory_mb = 0;
};

double first_measure(const Outcome& outcome, std::string_view ending) {
  for (const auto& [name, value] : outcome.run.measures()) {
    if (name.ends_with(ending)) return value;
  }
  return 0;
}

nlohmann::json json_of(const Outcome& outcome) {
  nlohmann::json measures = nlohmann::json::object();
  double pairs = 0;
  double answered = 0;
  for (const auto& [name, value] : outcome.run.measures()) {
    measures[name] = value;
    if (!name.ends_with(".pairs")) continue;
    const std::string step = name.substr(0, name.size() - 6);
    const auto share = outcome.run.measures().find(step + ".delivered");
    if (share == outcome.run.measures().end()) continue;
    pairs += value;
    answered += value * share->second;
  }
  nlohmann::json bars = nlohmann::json::array();
  bool kept = true;
  for (const sim::ReportBar& bar : outcome.run.bars()) {
    kept = kept && bar.is_kept();
    bars.push_back({{"what", bar.what},
                    {"measured", bar.measured},
                    {bar.at_least ? "at_least" : "at_most", bar.bar.value_or(0)},
                    {"kept", bar.is_kept()}});
  }
  return {{"scenario", outcome.scenario.name},
          {"topology", name_of(outcome.settings.topology)},
          {"nodes", outcome.settings.nodes},
          {"seed", outcome.settings.seed},
          {"pairs", pairs},
          {"delivered", pairs == 0 ? 1 : answered / pairs},
          {"stretch_mean", first_measure(outcome, "later.stretch_mean")},
          {"stretch_p99", first_measure(outcome, "later.stretch_p99")},
          {"entries_mean", first_measure(outcome, ".entries_mean")},
          {"entries_max", first_measure(outcome, ".entries_max")},
          {"control_bytes_per_link_s", first_measure(outcome, ".control_bytes_per_link_s")},
          {"settled_s", first_measure(outcome, "cold.slowest_s")},
          {"measures", std::move(measures)},
          {"bars", std::move(bars)},
          {"kept", kept},
          {"events", outcome.run.events()},
          {"events_per_s", static_cast<double>(outcome.run.events()) / outcome.wall_s},
          {"memory_mb", outcome.memory_mb},
          {"trace_hash", fmt::format("{:016x}", outcome.run.trace_hash())},
          {"wall_s", outcome.wall_s}};
}

void print_text(const Outcome& outcome) {
  fmt::print("{}: {} nodes, {}, seed {}\n", outcome.scenario.name, outcome.settings.nodes,
             name_of(outcome.settings.topology), outcome.settings.seed);
  for (const auto& [name, value] : outcome.run.measures())
    fmt::print("  {:<36} {:g}\n", name, value);
  for (const sim::ReportBar& bar : outcome.run.bars()) {
    if (std::isnan(bar.measured)) {
      fmt::print("  BROKEN {} was not measured\n", bar.what);
      continue;
    }
    fmt::print("  {} {} {} {} (measured {:g})\n", bar.is_kept() ? "kept  " : "BROKEN", bar.what,
               bar.at_least ? ">=" : "<=", bar.bar.value_or(0), bar.measured);
  }
  fmt::print(
      "{} events in {:.1f} s, {:.2f} million a second; {:.0f} MB, {:.0f} kB a node; trace "
      "{:016x}\n",
      outcome.run.events(), outcome.wall_s,
      static_cast<double>(outcome.run.events()) / outcome.wall_s / 1e6, outcome.memory_mb,
      outcome.memory_mb * 1024 / outcome.settings.nodes, outcome.run.trace_hash());
}

std::expected<void, std::string> report_to(const std::string& folder, const Outcome& outcome) {
  sim::Report report;
  report.scenario = outcome.scenario.name;
  report.description = outcome.scenario.description;
  report.command = fmt::format("starling-sim {} --topology {} --nodes {} --seed {}",
                               outcome.scenario.name, name_of(outcome.settings.topology),
                               outcome.settings.nodes, outcome.settings.seed);
  report.settings = {{"topology", std::string(name_of(outcome.settings.topology))},
                     {"nodes", std::to_string(outcome.settings.nodes)},
                     {"seed", std::to_string(outcome.settings.seed)},
                     {"table size k", std::to_string(outcome.settings.table_size)}};
  report.bars = outcome.run.bars();
  for (const auto& [name, value] : outcome.run.measures()) {
    const bool has_bar = std::any_of(report.bars.begin(), report.bars.end(),
                                     [&](const auto& bar) { return bar.what == name; });
    if (has_bar) continue;
    sim::ReportBar row;
    row.what = name;
    row.measured = value;
    report.bars.push_back(row);
  }
  report.plots = outcome.run.plots();
  report.remarks = {{"events", std::to_string(outcome.run.events())},
                    {"time", fmt::format("{:.1f} s", outcome.wall_s)},
                    {"memory", fmt::format("{:.0f} MB", outcome.memory_mb)},
                    {"trace", fmt::format("{:016x}", outcome.run.trace_hash())}};
  return sim::write_report(report, folder);
}

StaticOptions static_options_of(const Options& options, size_t pairs) {
  StaticOptions result;
  if (const auto kind = sim::topology_kind_named(options.topology)) result.topology = *kind;
  if (options.nodes > 0) result.nodes = options.nodes;
  if (options.table > 0) result.table_size = options.table;
  result.seed = options.seed;
  result.pairs = pairs;
  result.as_json = options.as_json;
  result.quiet = options.quiet;
  return result;
}

int run(const Options& options) {
  const auto text = text_of(options.scenario);
  if (!text) {
    fmt::print(stderr, "starling-sim: {}\n", text.error());
    return 2;
  }
  const auto scenario = sim::parse_scenario(options.scenario, *text);
  if (!scenario) {
    fmt::print(stderr, "starling-sim: {}: {}\n", options.scenario, scenario.error());
    return 2;
  }
  const sim::ScenarioSettings settings = settings_of(*scenario, options);
  const auto begun = std::chrono::steady_clock::now();
  sim::ScenarioRun run(*scenario, settings, [&](const std::string& line) {
    if (!options.quiet && !options.as_json) fmt::print(stderr, "{}\n", line);
  });
  std::signal(SIGINT, [](int) { interrupted = true; });
  const bool finished = run.run([] { return interrupted.load(); });
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begun;
  const Outcome outcome{*scenario, settings, run, took.count(), peak_memory_mb()};
  if (options.as_json) {
    fmt::print("{}\n", json_of(outcome).dump());
  } else {
    print_text(outcome);
  }
  if (!finished) {
    fmt::print(stderr, "starling-sim: stopped; what was measured so far is above\n");
    return 1;
  }
  if (!options.report.empty()) {
    if (const auto written = report_to(options.report, outcome); !written) {
      fmt::print(stderr, "starling-sim: {}\n", written.error());
      return 1;
    }
  }
  const auto bars = run.bars();
  return std::all_of(bars.begin(), bars.end(), [](const auto& bar) { return bar.is_kept(); }) ? 0
                                                                                              : 1;
}

}  // namespace

int main(int argument_count, char** arguments) {
  CLI::App app("Runs production code in a simulated world. The same seed gives the same trace.");
  Options options;
  sim::SettleOptions flock;
  double idle_s = 0;
  bool list = false;
  app.add_option("scenario", options.scenario, "a name (--list) or a file that ends with .toml");
  app.add_flag("--list", list, "name the scenarios");
  std::vector<std::string> kinds;
  for (const sim::TopologyKind kind : sim::kTopologyKinds) kinds.emplace_back(name_of(kind));
  app.add_option("--topology", options.topology, "the graph")->check(CLI::IsMember(kinds));
  app.add_option("--nodes", options.nodes, "how many")->check(CLI::Range(2, 1'000'000));
  app.add_option("--seed", options.seed, "the seed of everything")->capture_default_str();
  app.add_option("--threads", options.threads, "changes the time that it takes, nothing else")
      ->check(CLI::Range(1, 64))
      ->capture_default_str();
  app.add_option("--table", options.table, "table size k")->check(CLI::Range(16, 255));
  app.add_option("--small", options.small_share, "share of nodes with k = 16")
      ->check(CLI::Range(0.0, 1.0));
  app.add_option("--report", options.report, "folder for a page, plots and tables");
  app.add_flag("--json", options.as_json, "print one JSON object");
  app.add_flag("--quiet", options.quiet, "no progress");
  auto* of_flock = app.add_option_group("of the scenarios flock and static");
  of_flock->add_option("--degree", flock.degree, "neighbours of a node, mean")
      ->check(CLI::Range(2, 64))
      ->capture_default_str();
  of_flock->add_option("--loss", flock.loss, "share of packets lost")
      ->check(CLI::Range(0.0, 0.9))
      ->capture_default_str();
  of_flock->add_option("--pairs", flock.pairs, "ordered pairs to sample; of the flock, 0: all")
      ->capture_default_str();
  of_flock->add_option("--kill", flock.killed_share, "share of nodes that die at once")
      ->check(CLI::Range(0.0, 0.9))
      ->capture_default_str();
  of_flock->add_option("--idle", idle_s, "seconds to watch the settled flock")
      ->capture_default_str();
  try {
    app.parse(argument_count, arguments);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : 2;
  }
  if (list) {
    print_list();
    return 0;
  }
  if (options.scenario.empty()) {
    fmt::print(stderr, "starling-sim: which scenario? --list names them\n");
    return 2;
  }
  const bool has_no_report = options.scenario == "flock" || options.scenario == "static";
  if (has_no_report && !options.report.empty()) {
    fmt::print(stderr, "starling-sim: {} draws no report; --json prints all it has\n",
               options.scenario);
    return 2;
  }
  if (options.scenario == "flock") {
    flock.seed = options.seed;
    if (options.nodes > 0) flock.nodes = options.nodes;
    return run_flock_settle(flock, idle_s, options.as_json);
  }
  if (options.scenario == "static" && flock.pairs == 0) {
    fmt::print(stderr, "starling-sim: static asks a sample: --pairs needs at least 1\n");
    return 2;
  }
  if (options.scenario == "static") return run_static(static_options_of(options, flock.pairs));
  return run(options);
}
