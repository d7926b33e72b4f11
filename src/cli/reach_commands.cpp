#include "cli/reach_commands.h"

#include <fmt/format.h>
#include <fmt/ostream.h>
#include <nlohmann/json.hpp>
#include <thread>

#include "base/time.h"
#include "cli/answer.h"
#include "cli/api_client.h"
#include "cli/quantity_text.h"
#include "cli/table.h"

namespace starling::cli {
namespace {

using nlohmann::json;

// The node gives up after 10 s.
constexpr Duration kAnswerPatience = 30s;
constexpr Duration kPingInterval = 1s;

// The answer of one question, or the sentence that says why there is none.
Answer ask(const ApiClient& client, const std::string& node) {
  Answer answer = client.post("/ping", {{"node", node}}, kAnswerPatience);
  if (!answer) return answer;
  const auto answered = answer->find("answered");
  if (answered == answer->end() || *answered != true) {
    return std::unexpected(fmt::format("no answer within {}",
                                       duration_text(number_of(*answer, "time_us") / 1'000'000)));
  }
  return answer;
}

std::string route_table(const json& answer) {
  Table table({{"KEY"}, {"COST", Column::Align::right}, {"WAYS", Column::Align::right}});
  const auto nodes = answer.find("nodes");
  if (nodes == answer.end() || !nodes->is_array() || nodes->empty())
    return "No other node is known.\n";
  for (const json& node : *nodes) {
    table.add_row({text_of(node, "key"), fmt::format("{}", number_of(node, "cost")),
                   fmt::format("{}", number_of(node, "ways"))});
  }
  return table.text();
}

std::string path_table(const json& answer) {
  Table table({{"HOP", Column::Align::right}, {"COST", Column::Align::right}, {"NODE"}});
  size_t hop = 0;
  for (const json& node : list_of(answer, "path")) {
    const std::string key = text_of(node, "key");
    table.add_row({fmt::format("{}", hop++), fmt::format("{}", number_of(node, "cost")),
                   key.empty() ? text_of(node, "node") + "…" : key});
  }
  return table.text();
}

}  // namespace

int ping(const CommandSetting& setting, const std::string& node, int count,
         const Console& console) {
  const auto client = ApiClient::find(setting.home);
  if (!client) return fail(console, client.error());
  for (int i = 0; i < count; ++i) {
    if (i > 0) std::this_thread::sleep_for(kPingInterval);
    const Answer answer = ask(*client, node);
    if (!answer) return fail(console, answer.error());
    if (setting.json) {
      console.out << answer->dump() << "\n";
      continue;
    }
    const size_t nodes = list_of(*answer, "path").size();
    fmt::print(console.out, "answer from {}: {}, {} hop{}{}\n", text_of(*answer, "key"),
               rtt_text(number_of(*answer, "rtt_us")), nodes > 0 ? nodes - 1 : 0,
               nodes == 2 ? "" : "s",
               number_of(*answer, "tries") > 1
                   ? fmt::format(", after {} tries", number_of(*answer, "tries"))
                   : "");
  }
  return kDone;
}

int trace(const CommandSetting& setting, const std::string& node, const Console& console) {
  const auto client = ApiClient::find(setting.home);
  if (!client) return fail(console, client.error());
  const Answer answer = ask(*client, node);
  if (!answer) return fail(console, answer.error());
  if (setting.json) {
    console.out << answer->dump() << "\n";
  } else {
    console.out << path_table(*answer);
    fmt::print(console.out, "Round trip {}\n", rtt_text(number_of(*answer, "rtt_us")));
  }
  return kDone;
}

int show_routes(const CommandSetting& setting, const Console& console) {
  return show(setting, console, "/routes", route_table);
}

}  // namespace starling::cli
