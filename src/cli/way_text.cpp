#include "cli/way_text.h"

#include <algorithm>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "cli/answer.h"
#include "cli/quantity_text.h"
#include "cli/table.h"

namespace starling::cli {
namespace {

using nlohmann::json;

constexpr const char* kUnknownText = "-";

const json& way_member(const json& object, const char* name) {
  static const json kNone;
  const auto found = object.find(name);
  return found == object.end() ? kNone : *found;
}

std::string number_text(const json& object, const char* name) {
  const json& value = way_member(object, name);
  return value.is_number_integer() ? fmt::format("{}", value.get<int64_t>()) : kUnknownText;
}

// A key that may be unknown.
std::string key_of(const json& object, const char* name, KeyForm form) {
  const std::string key = text_of(object, name);
  return key.empty() ? kUnknownText : key_text(key, form);
}

// A node that is known by its key or only by the beginning of its id.
std::string node_text(const json& node, KeyForm form) {
  if (!node.is_object()) return kUnknownText;
  const std::string key = text_of(node, "key");
  return key.empty() ? text_of(node, "node") + "…" : key_text(key, form);
}

std::string counted(size_t count, const char* one, const char* many) {
  return fmt::format("{} {}", count, count == 1 ? one : many);
}

// Rounded up: "0 s" would say that it is over.
std::string seconds_text(int64_t ms) { return duration_text((ms + 999) / 1000); }

std::string kind_text(const json& way, KeyForm form) {
  const std::string kind = text_of(way, "kind");
  if (kind == "table") return "routing table";
  if (kind == "landmark") return "landmark " + node_text(way_member(way, "landmark"), form);
  if (kind == "recorded")
    return fmt::format("recorded {} ago", duration_text(number_of(way, "age_ms") / 1000));
  return kind;
}

std::string way_state_text(const json& way) {
  const std::string state = text_of(way, "state");
  if (state == "costlier") return "costs no less";
  if (state == "passed_over") return "passed over";
  if (state == "infeasible") return "might be a loop";
  if (state == "banned")
    return fmt::format("failed, left out for {}", seconds_text(number_of(way, "banned_ms")));
  if (state == "blocked") return "passes nothing on";
  if (state == "out_of_reach") return "out of reach";
  if (state == "starts_here") return "starts at this node";
  return state;
}

// What the chosen way is, in the middle of a sentence.
std::string chosen_text(const json& way, KeyForm form) {
  const std::string kind = text_of(way, "kind");
  const std::string cost = number_text(way, "cost");
  if (kind == "landmark")
    return fmt::format("{} over landmark {}", cost, node_text(way_member(way, "landmark"), form));
  if (kind == "recorded") return fmt::format("{} by the recorded path", cost);
  return fmt::format("{} by the routing table", cost);
}

bool has_state(const json& way, const char* state) { return text_of(way, "state") == state; }

// Why the chosen way goes before one that seems to cost less.
std::string_view precedence_text(const json& ways, const json& chosen) {
  const auto any = [&](const char* kind, const auto& holds) {
    return std::ranges::any_of(
        ways, [&](const json& way) { return text_of(way, "kind") == kind && holds(way); });
  };
  if (any("table", [](const json& way) { return has_state(way, "passed_over"); }))
    return "a route in use stays until another one costs a twentieth less";
  const bool by_record = text_of(chosen, "kind") == "recorded" ||
                         any("recorded", [](const json& way) { return is_true(way, "carried"); });
  return by_record ? "a path that has proved itself goes before what an address promises"
                   : "a node that the table lists is reached by the table";
}

}  // namespace

std::string key_text(const std::string& key, KeyForm form) {
  constexpr size_t kBegin = 7;
  constexpr size_t kEnd = 4;
  if (form == KeyForm::whole || key.size() <= kBegin + kEnd + 1) return key;
  return key.substr(0, kBegin) + "…" + key.substr(key.size() - kEnd);
}

std::string path_text(const json& pinged) {
  Table table({{"HOP", Column::Align::right}, {"COST", Column::Align::right}, {"NODE"}});
  size_t hop = 0;
  for (const json& node : list_of(pinged, "path")) {
    table.add_row(
        {fmt::format("{}", hop++), number_text(node, "cost"), node_text(node, KeyForm::whole)});
  }
  return table.text();
}

std::string ways_text(const json& explanation, KeyForm form) {
  using enum Column::Align;
  Table table({{"WAY"},
               {"NEXT HOP"},
               {"JOINT"},
               {"TO IT", right},
               {"REST", right},
               {"COST", right},
               {"STATE"}});
  for (const json& way : list_of(explanation, "ways")) {
    const json& joint = way_member(way, "joint");
    const json none = json::object();
    const json& legs = joint.is_object() ? joint : none;
    table.add_row({kind_text(way, form), key_of(way, "next", form), node_text(joint, form),
                   number_text(legs, "cost"), number_text(legs, "rest"), number_text(way, "cost"),
                   way_state_text(way)});
  }
  return table.is_empty() ? std::string() : table.text();
}

std::string reason_text(const json& explanation, KeyForm form) {
  if (text_of(explanation, "standing") == "self") return "This is the node itself.";
  const json& ways = list_of(explanation, "ways");
  if (ways.empty()) return "No way is known here: the directory is asked for one.";
  const std::string count = counted(ways.size(), "known way", "known ways");
  const auto chosen =
      std::ranges::find_if(ways, [](const json& way) { return has_state(way, "chosen"); });
  if (chosen == ways.end()) {
    return ways.size() == 1
               ? "The only known way cannot be used now: the directory is asked for another one."
               : fmt::format("None of {} can be used now: the directory is asked for another one.",
                             count);
  }
  const std::string begin = fmt::format("Next hop {} because {}", key_of(explanation, "next", form),
                                        chosen_text(*chosen, form));
  if (ways.size() == 1) return begin + " is the only known way.";
  const bool passes_over =
      std::ranges::any_of(ways, [](const json& way) { return has_state(way, "passed_over"); });
  if (passes_over) {
    return fmt::format("{} goes first of {}: {}.", begin, count, precedence_text(ways, *chosen));
  }
  const auto usable = static_cast<size_t>(std::ranges::count_if(ways, [](const json& way) {
    return has_state(way, "chosen") || has_state(way, "costlier");
  }));
  if (usable == 1) return fmt::format("{} is the only usable one of {}.", begin, count);
  return fmt::format("{} is the least of {}{}.", begin, count,
                     usable < ways.size() ? fmt::format(", of which {} can be used", usable) : "");
}

std::string routes_text(const json& routes, const RoutesView& view) {
  using enum Column::Align;
  std::vector<const json*> nodes;
  for (const json& node : list_of(routes, "nodes")) nodes.push_back(&node);
  if (nodes.empty()) return "No other node is known.\n";
  std::ranges::sort(nodes, [](const json* a, const json* b) {
    return std::pair(number_of(*a, "cost"), text_of(*a, "key")) <
           std::pair(number_of(*b, "cost"), text_of(*b, "key"));
  });
  Table table({{"NODE"},
               {"COST", right},
               {"NEXT HOP"},
               {"LISTED"},
               {"OFFERS", right},
               {"RANK", right},
               {"EPOCH", right}});
  size_t listed = 0;
  size_t neighbours = 0;
  for (const json* node : nodes) {
    const bool is_listed = is_true(*node, "passed_on");
    if (is_listed) ++listed;
    if (is_true(*node, "neighbour")) ++neighbours;
    if (!is_listed && !view.all) continue;
    table.add_row({key_of(*node, "key", view.form), number_text(*node, "cost"),
                   key_of(*node, "next", view.form), is_listed ? "yes" : "no",
                   number_text(*node, "ways"), number_text(*node, "rank"),
                   number_text(*node, "epoch") + "." + number_text(*node, "step")});
  }
  const size_t others = nodes.size() - listed;
  const std::string hint =
      others > 0 && !view.all ? fmt::format(" (--all shows {} more)", others) : "";
  return fmt::format("{}{} listed, {} known, {}{}\n", table.text(),
                     counted(listed, "node", "nodes"), nodes.size(),
                     counted(neighbours, "neighbour", "neighbours"), hint);
}

}  // namespace starling::cli
