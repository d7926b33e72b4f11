// cli/demo/demo.h - a flock of real nodes on this computer: it forms, publishes, talks, loses nodes, and goes on.
//
// Every time that it prints was measured in this very run.
#pragma once

#include "cli/commands.h"

namespace starling::cli {

struct DemoRequest {
  static constexpr int kNodesMin = 9;  // opposite nodes of such a ring are 4 hops apart
  static constexpr int kNodesMax = 64;
  int nodes = kNodesMin;
  bool once = false;    // end instead of leaving the flock running
  int megabytes = 100;  // of the large file
};

// kFailed with a sentence when a step failed, or on Ctrl-C before the end.
int run_demo(const CommandSetting& setting, const DemoRequest& request, const Console& console);

}  // namespace starling::cli
