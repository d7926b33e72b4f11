#include "sim/scenario.h"

#include <array>
#include <fmt/core.h>
#include <set>
#include <toml++/toml.h>

namespace starling::sim {
namespace {

struct StepKind {
  std::string_view what;
  std::set<std::string_view> keys;
};
const std::vector<StepKind>& step_kinds() {
  static const std::vector<StepKind> kinds = {
      {"start", {"spread_s"}},
      {"wait", {"seconds"}},
      {"ask", {"pairs", "rounds", "tries_s", "patience_s", "seconds", "every_s", "avoid"}},
      {"look-up", {"pairs", "tries_s", "patience_s", "around"}},
      {"traffic", {"seconds"}},
      {"tables", {}},
      {"load", {}},
      {"kill", {"which", "share", "count"}},
      {"partition", {}},
      {"heal", {}},
      {"churn", {"up_s", "down_s"}},
      {"noise", {"share", "every_s"}},
      {"move", {"step_m", "every_s", "links"}},
      {"stop", {}},
      {"black-holes", {"share"}},
      {"attacker", {"keys"}},
      {"sybils", {"count", "tries"}},
  };
  return kinds;
}

std::string at_line(const toml::node& node, std::string_view text) {
  return fmt::format("line {}: {}", node.source().begin.line, text);
}

std::expected<ScenarioBar, std::string> parse_bar(std::string_view what, const toml::node& node) {
  ScenarioBar bar;
  bar.what = what;
  const auto text = node.value<std::string>().value_or("");
  const bool has_sign = text.starts_with(">= ") || text.starts_with("<= ");
  char* end = nullptr;
  if (has_sign) bar.bar = std::strtod(text.c_str() + 3, &end);
  if (!has_sign || end == text.c_str() + 3 || *end != '\0')
    return std::unexpected(at_line(node, "a bar is written like \">= 0.99\" or \"<= 10\""));
  bar.at_least = text.starts_with(">= ");
  return bar;
}

std::expected<void, std::string> parse_bars(const toml::table& table, Scenario& scenario) {
  for (const auto& [key, value] : table) {
    if (const toml::table* one = value.as_table()) {
      if (!topology_kind_named(key.str()))
        return std::unexpected(at_line(value, fmt::format("there is no topology '{}'", key.str())));
      for (const auto& [what, node] : *one) {
        auto bar = parse_bar(what.str(), node);
        if (!bar) return std::unexpected(bar.error());
        scenario.bars_of_topology[std::string(key.str())].push_back(std::move(*bar));
      }
      continue;
    }
    auto bar = parse_bar(key.str(), value);
    if (!bar) return std::unexpected(bar.error());
    scenario.bars.push_back(std::move(*bar));
  }
  return {};
}

std::expected<ScenarioStep, std::string> parse_step(const toml::table& table) {
  ScenarioStep step;
  step.what = table["do"].value_or(std::string{});
  step.name = table["name"].value_or(step.what);
  const StepKind* kind = nullptr;
  for (const StepKind& known : step_kinds()) {
    if (known.what == step.what) kind = &known;
  }
  if (kind == nullptr)
    return std::unexpected(at_line(table, fmt::format("there is no step '{}'", step.what)));
  for (const auto& [key, value] : table) {
    const std::string name(key.str());
    if (name == "do" || name == "name") continue;
    if (!kind->keys.contains(name)) {
      return std::unexpected(
          at_line(value, fmt::format("the step '{}' has no '{}'", step.what, name)));
    }
    if (value.is_number()) {
      step.keys[name] = value.value<double>().value_or(0);
    } else if (value.is_string()) {
      step.keys[name] = value.value<std::string>().value_or("");
    } else if (const toml::array* array = value.as_array()) {
      std::vector<double> numbers;
      for (const toml::node& each : *array) {
        const auto number = each.value<double>();
        if (!number) return std::unexpected(at_line(each, "this should be a number"));
        numbers.push_back(*number);
      }
      step.keys[name] = std::move(numbers);
    } else {
      return std::unexpected(at_line(value, "this should be a number, a text or a list"));
    }
  }
  return step;
}

std::expected<void, std::string> parse_setting(std::string_view key, const toml::node& node,
                                               ScenarioSettings& settings) {
  const auto number = node.value<double>();
  if (key == "topology") {
    const auto kind = topology_kind_named(node.value_or(std::string{}));
    if (!kind) return std::unexpected(at_line(node, "there is no such topology"));
    settings.topology = *kind;
    return {};
  }
  if (key == "directory" && node.is_boolean()) {
    settings.directory = node.value_or(true);
    return {};
  }
  if (!number || *number < 0) return std::unexpected(at_line(node, "this should be a number"));
  if (key == "nodes") {
    settings.nodes = static_cast<uint32_t>(*number);
  } else if (key == "table") {
    settings.table_size = static_cast<size_t>(*number);
  } else if (key == "small_share") {
    settings.small_share = *number;
  } else if (key == "loss") {
    settings.loss = *number;
  } else if (key == "jitter_ms") {
    settings.jitter_ms = *number;
  } else {
    return std::unexpected(at_line(node, fmt::format("there is no setting '{}'", key)));
  }
  return {};
}

std::expected<void, std::string> parse_part(const std::string& key, const toml::node& node,
                                            Scenario& scenario) {
  if (key == "description") {
    scenario.description = node.value_or(std::string{});
    return {};
  }
  if (key == "bars" && node.is_table()) return parse_bars(*node.as_table(), scenario);
  if (key != "step") return parse_setting(key, node, scenario.defaults);
  const toml::array* steps = node.as_array();
  if (steps == nullptr) return std::unexpected(at_line(node, "steps are written as [[step]]"));
  for (const toml::node& each : *steps) {
    const toml::table* table = each.as_table();
    if (table == nullptr) return std::unexpected(at_line(each, "steps are written as [[step]]"));
    auto step = parse_step(*table);
    if (!step) return std::unexpected(step.error());
    scenario.steps.push_back(std::move(*step));
  }
  return {};
}

}  // namespace

double ScenarioStep::number(const std::string& key, double otherwise) const {
  const auto entry = keys.find(key);
  const double* value = entry == keys.end() ? nullptr : std::get_if<double>(&entry->second);
  return value ? *value : otherwise;
}

std::string ScenarioStep::text(const std::string& key, const std::string& otherwise) const {
  const auto entry = keys.find(key);
  const auto* value = entry == keys.end() ? nullptr : std::get_if<std::string>(&entry->second);
  return value ? *value : otherwise;
}

std::vector<double> ScenarioStep::numbers(const std::string& key,
                                          std::vector<double> otherwise) const {
  const auto entry = keys.find(key);
  if (entry == keys.end()) return otherwise;
  const auto* value = std::get_if<std::vector<double>>(&entry->second);
  return value ? *value : otherwise;
}

std::expected<Scenario, std::string> parse_scenario(std::string_view name, std::string_view text) {
  Scenario scenario;
  scenario.name = name;
  toml::table root;
  try {
    root = toml::parse(text);
  } catch (const toml::parse_error& error) {
    return std::unexpected(
        fmt::format("line {}: {}", error.source().begin.line, error.description()));
  }
  for (const auto& [key, node] : root) {
    if (auto parsed = parse_part(std::string(key.str()), node, scenario); !parsed)
      return std::unexpected(parsed.error());
  }
  if (scenario.steps.empty()) return std::unexpected("there is no [[step]]");
  return scenario;
}

}  // namespace starling::sim
