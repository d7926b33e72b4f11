// sim/scenario_round.h - one round of questions of a scenario, and which of its pairs count.
#pragma once

#include <memory>
#include <vector>

#include "sim/mesh_probe.h"
#include "sim/scenario_run.h"

namespace starling::sim {

struct ScenarioRun::Round {
  std::unique_ptr<MeshAsker> asker;
  double begun_s = 0;
  std::vector<AskResult> counted;  // once it is over
};

}  // namespace starling::sim
