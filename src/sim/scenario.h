// sim/scenario.h - what a simulation does, read from a small file.
//
// Format:  TOML: `description`, the defaults of the settings below, a list of [[step]] tables that happen one after the
//          other, and a table [bars] of what must hold of what was measured; [bars.TOPOLOGY] says it for one topology only.
//          docs/simulator.md lists the steps, their keys and what they measure.
#pragma once

#include <expected>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "sim/topology.h"

namespace starling::sim {

struct ScenarioSettings {
  TopologyKind topology = TopologyKind::overlay;
  uint32_t nodes = 1'000;
  uint64_t seed = 1;
  unsigned threads = 2;
  size_t table_size = 64;  // k
  double small_share = 0;  // of nodes with k = 16
  double loss = 0;         // of packets on every link
  double jitter_ms = 0;    // uniform, on top of each link's latency
  bool directory = true;   // without: routing alone
};

// One thing that happens. Its keys were checked: each is known and of the right type.
struct ScenarioStep {
  std::string what;
  std::string name;  // what it measures begins with this and a dot; by default `what`
  std::map<std::string, std::variant<double, std::string, std::vector<double>>> keys;

  [[nodiscard]] double number(const std::string& key, double otherwise) const;
  [[nodiscard]] std::string text(const std::string& key, const std::string& otherwise) const;
  [[nodiscard]] std::vector<double> numbers(const std::string& key,
                                            std::vector<double> otherwise) const;
};

struct ScenarioBar {
  std::string what;  // "step.measure"
  bool at_least = true;
  double bar = 0;
};

struct Scenario {
  std::string name;
  std::string description;
  ScenarioSettings defaults;
  std::vector<ScenarioStep> steps;
  std::vector<ScenarioBar> bars;
  std::map<std::string, std::vector<ScenarioBar>> bars_of_topology;
};

// One sentence with the line when it is wrong.
std::expected<Scenario, std::string> parse_scenario(std::string_view name, std::string_view text);

}  // namespace starling::sim
