// The scenarios that starling-sim brings along: the files of scenarios/, by their names.
#pragma once

#include <string_view>
#include <vector>

namespace starling {

struct ScenarioText {
  std::string_view name;
  std::string_view text;
};

const std::vector<ScenarioText>& scenario_texts();

}  // namespace starling
