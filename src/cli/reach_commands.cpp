#include "cli/reach_commands.h"

#include <fmt/format.h>
#include <fmt/ostream.h>
#include <nlohmann/json.hpp>
#include <thread>

#include "base/time.h"
#include "cli/answer.h"
#include "cli/api_client.h"
#include "cli/quantity_text.h"

namespace starling::cli {
namespace {

using nlohmann::json;

// The node gives up after 10 s.
constexpr Duration kAnswerPatience = 30s;
constexpr Duration kPingInterval = 1s;

// Empty when the node answered.
std::string why_silent(const json& pinged) {
  if (is_true(pinged, "answered")) return {};
  return fmt::format("no answer within {}",
                     duration_text(number_of(pinged, "time_us") / 1'000'000));
}

Answer ask(const ApiClient& client, const std::string& node) {
  return client.post("/ping", {{"node", node}}, kAnswerPatience);
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
    if (const auto reason = why_silent(*answer); !reason.empty()) return fail(console, reason);
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

int trace(const CommandSetting& setting, const std::string& node, KeyForm form,
          const Console& console) {
  const auto client = ApiClient::find(setting.home);
  if (!client) return fail(console, client.error());
  Answer answer = ask(*client, node);
  if (!answer) return fail(console, answer.error());
  const std::string silence = why_silent(*answer);
  if (setting.json && !silence.empty()) return fail(console, silence);
  const Answer explanation = client->post("/explain", {{"node", node}}, kAnswerPatience);
  if (!explanation) return fail(console, silence.empty() ? explanation.error() : silence);
  if (setting.json) {
    (*answer)["explanation"] = *explanation;
    print_json(console, *answer);
    return kDone;
  }
  if (silence.empty()) {
    fmt::print(console.out, "{}Round trip {}\n\n", path_text(*answer),
               rtt_text(number_of(*answer, "rtt_us")));
  }
  fmt::print(console.out, "{}{}\n", ways_text(*explanation, form), reason_text(*explanation, form));
  return silence.empty() ? kDone : fail(console, silence);
}

int show_routes(const CommandSetting& setting, const RoutesView& view, const Console& console) {
  return show(setting, console, "/routes",
              [&](const json& routes) { return routes_text(routes, view); });
}

}  // namespace starling::cli
