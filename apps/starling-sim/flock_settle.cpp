#include "flock_settle.h"

#include <chrono>
#include <fmt/core.h>
#include <nlohmann/json.hpp>

namespace starling {

int run_flock_settle(const sim::SettleOptions& options, double idle_s, bool as_json) {
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
        "flock: {} nodes, seed {}: {} of {} pairs answered, the slowest after {:.2f} s; table "
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

}  // namespace starling
