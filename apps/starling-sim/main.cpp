// starling-sim SCENARIO: runs production nodes in a simulated world and prints what came of it.
#include <CLI/CLI.hpp>
#include <chrono>
#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include "sim/settle_scenario.h"

namespace {

using namespace starling;

int run(const sim::SettleOptions& options, double idle_s, bool as_json) {
  const auto begun = std::chrono::steady_clock::now();
  const auto idle = std::chrono::duration_cast<Duration>(std::chrono::duration<double>(idle_s));
  const sim::SettleReport report = sim::run_settle(options, idle);
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begun;
  const auto delivered = [](const sim::Flock::PingReport& pings) {
    return pings.asked == 0 ? 1.0
                            : 1.0 - static_cast<double>(pings.unanswered.size()) /
                                        static_cast<double>(pings.asked);
  };
  if (as_json) {
    const nlohmann::json object = {{"seed", options.seed},
                                   {"nodes", options.nodes},
                                   {"pairs", report.cold.asked},
                                   {"delivered", delivered(report.cold)},
                                   {"settled_s", to_seconds(report.cold.slowest)},
                                   {"delivered_after_loss", delivered(report.killed)},
                                   {"healed_s", to_seconds(report.killed.slowest)},
                                   {"entries_mean", report.table_mean},
                                   {"bytes_per_node_s", report.bytes_per_node_s},
                                   {"events", report.events},
                                   {"trace_hash", fmt::format("{:016x}", report.trace_hash)},
                                   {"wall_s", took.count()}};
    fmt::print("{}\n", object.dump());
  } else {
    fmt::print(
        "settle: {} nodes, seed {}: {} of {} pairs answered, the slowest after {:.2f} s; table "
        "{:.0f} entries\n",
        options.nodes, options.seed, report.cold.asked - report.cold.unanswered.size(),
        report.cold.asked, to_seconds(report.cold.slowest), report.table_mean);
    if (report.killed.asked > 0) {
      fmt::print("after {:.0f} % died: {} of {} pairs answered, the slowest after {:.2f} s\n",
                 options.killed_share * 100, report.killed.asked - report.killed.unanswered.size(),
                 report.killed.asked, to_seconds(report.killed.slowest));
    }
    if (idle_s > 0)
      fmt::print("idle: {:.1f} bytes a second and node sent\n", report.bytes_per_node_s);
    fmt::print("{} events in {:.1f} s, trace {:016x}\n", report.events, took.count(),
               report.trace_hash);
  }
  return report.complete() ? 0 : 1;
}

}  // namespace

int main(int argument_count, char** arguments) {
  CLI::App app("Runs production nodes in a simulated world. The same seed gives the same trace.");
  std::string scenario;
  sim::SettleOptions options;
  double idle_s = 0;
  bool as_json = false;
  bool list = false;
  app.add_option("scenario", scenario, "what to run (--list names them)");
  app.add_flag("--list", list, "name the scenarios");
  app.add_option("--seed", options.seed, "the seed of everything")->capture_default_str();
  app.add_option("--nodes", options.nodes, "how many")
      ->check(CLI::Range(2, 100'000))
      ->capture_default_str();
  app.add_option("--degree", options.degree, "neighbours of a node, mean")
      ->check(CLI::Range(2, 64))
      ->capture_default_str();
  app.add_option("--loss", options.loss, "share of packets lost")
      ->check(CLI::Range(0.0, 0.9))
      ->capture_default_str();
  app.add_option("--pairs", options.pairs, "ordered pairs to sample, 0: all")
      ->capture_default_str();
  app.add_option("--kill", options.killed_share, "share of nodes that die at once")
      ->check(CLI::Range(0.0, 0.9))
      ->capture_default_str();
  app.add_option("--idle", idle_s, "seconds to watch the settled flock")->capture_default_str();
  app.add_flag("--json", as_json, "print one JSON object");
  CLI11_PARSE(app, argument_count, arguments);
  if (list) {
    fmt::print(
        "settle    all nodes start at once, a share of them dies at once; every sampled pair must "
        "answer within 10 s\n");
    return 0;
  }
  if (scenario != "settle") {
    fmt::print(stderr, "starling-sim: unknown scenario '{}'; --list names them\n", scenario);
    return 2;
  }
  return run(options, idle_s, as_json);
}
