// sim/settle_scenario.h - the scenario `settle`: a flock starts at once, loses a fifth of its nodes, and has to reach every
// sampled pair both times.
#pragma once

#include "sim/flock.h"

namespace starling::sim {

struct SettleOptions {
  uint64_t seed = 1;
  size_t nodes = 200;
  size_t degree = 4;
  double loss = 0.05;
  size_t pairs = 2'000;       // 0: all ordered pairs
  double killed_share = 0.2;  // 0: nobody
  Duration patience = 10s;
};

struct SettleReport {
  Flock::PingReport cold;    // asked at the last start
  Flock::PingReport killed;  // asked at the moment of the deaths; pairs still connected
  uint64_t events = 0;
  uint64_t trace_hash = 0;
  double table_mean = 0;        // entries
  double bytes_per_node_s = 0;  // sent, with IP and UDP headers, while nothing happens
  [[nodiscard]] bool complete() const {
    return cold.unanswered.empty() && killed.unanswered.empty();
  }
};

// `idle`: how long to watch the settled flock for bytes_per_node_s; zero: not at all.
SettleReport run_settle(const SettleOptions& options, Duration idle);

}  // namespace starling::sim
