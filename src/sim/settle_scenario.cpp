#include "sim/settle_scenario.h"

namespace starling::sim {
namespace {

constexpr uint64_t kHeaderBytes = 28;  // IPv4 and UDP

uint64_t sent_by_all(Flock& flock) {
  uint64_t bytes = 0;
  for (size_t i = 0; i < flock.size(); ++i) {
    if (!flock.is_up(i)) continue;
    const auto& counters = flock.node(i).links().layer().counters();
    bytes += counters.of(link::LinkCounter::bytes_sent);
    bytes += counters.of(link::LinkCounter::packets_sent) * kHeaderBytes;
  }
  return bytes;
}

}  // namespace

SettleReport run_settle(const SettleOptions& options, Duration idle) {
  World world(
      {.seed = options.seed, .link = {.latency = 10ms, .jitter = 5ms, .loss = options.loss}});
  Flock flock(world);
  flock.add_nodes(options.nodes);
  flock.connect_random(options.degree);
  flock.start_all();
  SettleReport report;
  report.cold = flock.ping_pairs(flock.sample_pairs(options.pairs), options.patience);
  for (size_t i = 0; i < flock.size(); ++i) {
    report.table_mean += static_cast<double>(flock.node(i).mesh().router().table().all().size()) /
                         static_cast<double>(flock.size());
  }
  if (idle > Duration::zero()) {
    world.run_for(60s);
    const uint64_t before = sent_by_all(flock);
    world.run_for(idle);
    report.bytes_per_node_s = static_cast<double>(sent_by_all(flock) - before) /
                              static_cast<double>(flock.size()) / to_seconds(idle);
  }
  if (options.killed_share > 0) {
    for (size_t i = 0; i < flock.size(); ++i) {
      if (world.rng().chance(options.killed_share)) flock.crash(i);
    }
    report.killed = flock.ping_pairs(flock.sample_pairs(options.pairs), options.patience);
  }
  report.events = world.events_run();
  report.trace_hash = world.trace_hash();
  return report;
}

}  // namespace starling::sim
