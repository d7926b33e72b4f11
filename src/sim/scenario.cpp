#include "sim/scenario.h"

#include <algorithm>
#include <fmt/core.h>
#include <fmt/ranges.h>
#include <toml++/toml.h>

#include "routing/types.h"

namespace starling::sim {
namespace {

// What a key of a step may hold: a number in a range, an ascending list of such numbers, or one of some words.
struct KeyKind {
  std::string_view key;
  double least = 0;
  double most = 0;
  bool is_list = false;
  std::vector<std::string_view> words{};
};
struct StepKind {
  std::string_view what;
  std::vector<KeyKind> keys;
};
constexpr double kDay = 86'400;
constexpr double kNodesMost = 1'000'000;
constexpr size_t kTriesMost = 256;

const std::vector<StepKind>& step_kinds() {
  static const KeyKind pairs{.key = "pairs", .least = 1, .most = kNodesMost};
  static const KeyKind tries{.key = "tries_s", .least = 0, .most = kDay, .is_list = true};
  static const KeyKind patience{.key = "patience_s", .least = 0.1, .most = kDay};
  static const KeyKind seconds{.key = "seconds", .least = 0.05, .most = 365 * kDay};
  static const KeyKind every{.key = "every_s", .least = 0.1, .most = kDay};
  static const KeyKind share{.key = "share", .least = 0, .most = 1};
  static const std::vector<StepKind> kinds = {
      {"start", {{.key = "spread_s", .least = 0, .most = kDay}}},
      {"wait", {seconds}},
      {"ask",
       {pairs, {.key = "rounds", .least = 1, .most = 1'000}, tries, patience, seconds, every}},
      {"look-up", {pairs, tries, patience, {.key = "around", .least = 0, .most = kNodesMost}}},
      {"traffic", {seconds}},
      {"tables", {}},
      {"load", {}},
      {"kill",
       {{.key = "which", .words = {"random", "top"}},
        share,
        {.key = "count", .least = 0, .most = kNodesMost}}},
      {"partition", {}},
      {"heal", {}},
      {"churn",
       {{.key = "up_s", .least = 1, .most = 365 * kDay},
        {.key = "down_s", .least = 1, .most = 365 * kDay}}},
      {"noise", {share, every}},
      {"move",
       {{.key = "step_m", .least = 0, .most = 1'000},
        every,
        {.key = "links", .least = 1, .most = 8 * kNodesMost}}},
      {"stop", {}},
      {"black-holes", {share}},
      {"liars", {share}},
      {"floods", {share, every}},
      {"asymmetry",
       {share,
        {.key = "factor", .least = 1, .most = 100},
        {.key = "loss", .least = 0, .most = 0.9}}},
      {"attacker", {{.key = "keys", .least = 1, .most = 10'000}}},
      {"leaves",
       {{.key = "count", .least = 1, .most = kNodesMost},
        {.key = "routers", .least = 1, .most = 8},
        {.key = "sleep_s", .least = 1, .most = kDay},
        {.key = "awake_s", .least = 1, .most = kDay}}},
      {"ask-leaves", {pairs, seconds, patience}},
      {"sybils",
       {{.key = "count", .least = 1, .most = kNodesMost},
        {.key = "tries", .least = 1, .most = 100'000'000}}},
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

std::expected<double, std::string> parse_number(const toml::node& node, double least, double most) {
  const auto number = node.value<double>();
  if (!number || !(*number >= least && *number <= most)) {
    return std::unexpected(
        at_line(node, fmt::format("this should be a number from {:g} to {:g}", least, most)));
  }
  return *number;
}

std::expected<std::vector<double>, std::string> parse_numbers(const toml::node& node,
                                                              const KeyKind& kind) {
  const toml::array* array = node.as_array();
  if (array == nullptr || array->empty() || array->size() > kTriesMost)
    return std::unexpected(
        at_line(node, fmt::format("this should be a list of 1 to {} numbers", kTriesMost)));
  std::vector<double> numbers;
  for (const toml::node& each : *array) {
    const auto number = parse_number(each, kind.least, kind.most);
    if (!number) return std::unexpected(number.error());
    if (!numbers.empty() && *number < numbers.back())
      return std::unexpected(at_line(each, "the numbers should ascend"));
    numbers.push_back(*number);
  }
  return numbers;
}

std::expected<void, std::string> parse_key(const toml::node& node, const KeyKind& kind,
                                           ScenarioStep& step) {
  const std::string key(kind.key);
  if (kind.is_list) {
    auto numbers = parse_numbers(node, kind);
    if (!numbers) return std::unexpected(numbers.error());
    step.keys[key] = std::move(*numbers);
  } else if (!kind.words.empty()) {
    const auto word = node.value<std::string>().value_or("");
    if (std::find(kind.words.begin(), kind.words.end(), word) == kind.words.end()) {
      return std::unexpected(
          at_line(node, fmt::format("this should be one of: {}", fmt::join(kind.words, ", "))));
    }
    step.keys[key] = word;
  } else {
    const auto number = parse_number(node, kind.least, kind.most);
    if (!number) return std::unexpected(number.error());
    step.keys[key] = *number;
  }
  return {};
}

std::expected<ScenarioStep, std::string> parse_step(const toml::table& table) {
  ScenarioStep step;
  step.what = table["do"].value_or(std::string{});
  step.name = table["name"].value_or(step.what);
  const auto kind = std::find_if(step_kinds().begin(), step_kinds().end(),
                                 [&](const StepKind& known) { return known.what == step.what; });
  if (kind == step_kinds().end())
    return std::unexpected(at_line(table, fmt::format("there is no step '{}'", step.what)));
  for (const auto& [name, value] : table) {
    if (name == "do" || name == "name") continue;
    const auto key = std::find_if(kind->keys.begin(), kind->keys.end(),
                                  [&](const KeyKind& known) { return known.key == name.str(); });
    if (key == kind->keys.end()) {
      return std::unexpected(
          at_line(value, fmt::format("the step '{}' has no '{}'", step.what, name.str())));
    }
    if (auto parsed = parse_key(value, *key, step); !parsed) return std::unexpected(parsed.error());
  }
  return step;
}

std::expected<void, std::string> parse_setting(std::string_view key, const toml::node& node,
                                               ScenarioSettings& settings) {
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
  const auto take = [&](double least, double most,
                        auto& setting) -> std::expected<void, std::string> {
    const auto number = parse_number(node, least, most);
    if (!number) return std::unexpected(number.error());
    setting = static_cast<std::remove_reference_t<decltype(setting)>>(*number);
    return {};
  };
  if (key == "nodes") return take(2, kNodesMost, settings.nodes);
  if (key == "table") return take(routing::kSmallest, 255, settings.table_size);
  if (key == "small_share") return take(0, 1, settings.small_share);
  if (key == "loss") return take(0, 0.9, settings.loss);
  if (key == "jitter_ms") return take(0, 10'000, settings.jitter_ms);
  return std::unexpected(at_line(node, fmt::format("there is no setting '{}'", key)));
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
  const auto starts = std::count_if(scenario.steps.begin(), scenario.steps.end(),
                                    [](const ScenarioStep& step) { return step.what == "start"; });
  if (scenario.steps.empty()) return std::unexpected("there is no [[step]]");
  if (scenario.steps.front().what != "start" || starts > 1)
    return std::unexpected("the first step, and no other, should be 'start'");
  return scenario;
}

}  // namespace starling::sim
