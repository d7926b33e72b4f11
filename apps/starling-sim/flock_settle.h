// The scenario `flock`: whole production nodes, with their links, sessions and disks, start at once and lose a share of them.
#pragma once

#include "sim/settle_scenario.h"

namespace starling {

// Prints what came of it; the exit status: 0 when every pair answered.
int run_flock_settle(const sim::SettleOptions& options, double idle_s, bool as_json);

}  // namespace starling
