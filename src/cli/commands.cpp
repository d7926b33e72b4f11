#include "cli/commands.h"

#include <fmt/format.h>
#include <fmt/ostream.h>
#include <functional>
#include <nlohmann/json.hpp>
#include <thread>

#include "cli/answer.h"
#include "cli/api_client.h"
#include "cli/quantity_text.h"
#include "cli/status_text.h"
#include "crypto/identity.h"
#include "crypto/key_text.h"
#include "crypto/mesh_address.h"
#include "os/home/home_lock.h"
#include "os/home/identity_file.h"

namespace starling::cli {
namespace {

using nlohmann::json;

// The node itself gives up after 30 s.
constexpr Duration kJoinPatience = 60s;
// A stopping node says goodbye to its neighbours and writes its files.
constexpr Duration kStopPatience = 20s;
constexpr Duration kStopPoll = 20ms;

std::optional<std::string> text_member(const json& object, const char* name) {
  const auto found = object.find(name);
  if (found == object.end() || !found->is_string()) return std::nullopt;
  return found->get<std::string>();
}

bool wait_until_released(const os::HomePaths& paths, const std::optional<os::LockHolder>& holder) {
  const auto give_up_at = std::chrono::steady_clock::now() + kStopPatience;
  while (holder && os::recorded_lock_holder(paths) == holder) {
    if (std::chrono::steady_clock::now() >= give_up_at) return false;
    std::this_thread::sleep_for(kStopPoll);
  }
  return true;
}

}  // namespace

int show_status(const CommandSetting& setting, const Console& console) {
  return show(setting, console, "/status", status_text);
}

int show_peers(const CommandSetting& setting, const Console& console) {
  return show(setting, console, "/peers", peers_text);
}

int show_identity(const CommandSetting& setting, const Console& console) {
  const auto paths = os::home_paths(setting.home, os::HomeEnvironment::of_this_process());
  if (!paths) return fail(console, describe(paths.error()));
  const auto identity = os::load_identity(*paths);
  if (!identity && identity.error().kind == os::HomeErrorKind::not_found) {
    return fail(console, fmt::format("there is no identity in this home yet ({}); the first "
                                     "'starling up' makes one",
                                     paths->identity_file.string()));
  }
  if (!identity) return fail(console, describe(identity.error()));
  const crypto::Identity node(identity->node_seed);
  const crypto::AccountKey account{crypto::Identity(identity->account_seed).key().value};
  const json shown = {{"key", to_text(node.key())},
                      {"account", to_text(account)},
                      {"address", to_text(crypto::mesh_address_of(node.key()))}};
  if (setting.json) {
    print_json(console, shown);
  } else {
    fmt::print(console.out, "Key      {}\nAccount  {}\nAddress  {}\n",
               shown["key"].get_ref<const std::string&>(),
               shown["account"].get_ref<const std::string&>(),
               shown["address"].get_ref<const std::string&>());
  }
  return kDone;
}

int make_invitation(const CommandSetting& setting, std::chrono::seconds lifetime,
                    const Console& console) {
  const auto client = ApiClient::find(setting.home);
  if (!client) return fail(console, client.error());
  const Answer answer = client->post("/invite", {{"lifetime_s", lifetime.count()}});
  if (!answer) return fail(console, answer.error());
  const auto link = text_member(*answer, "link");
  if (!link) return fail(console, "the node gave no link");
  if (setting.json) {
    print_json(console, *answer);
    return kDone;
  }
  // The link alone on standard output, so that $(starling invite) is the link.
  fmt::print(console.out, "{}\n", *link);
  const auto expires = answer->find("expires_unix_s");
  const std::string end = expires != answer->end() && expires->is_number_integer()
                              ? " until " + date_text(expires->get<int64_t>())
                              : std::string();
  fmt::print(console.err, "It works once{}, on the other computer: starling join 'LINK'\n", end);
  return kDone;
}

int join(const CommandSetting& setting, const std::string& link, const Console& console) {
  const auto client = ApiClient::find(setting.home);
  if (!client) return fail(console, client.error());
  const Answer answer = client->post("/join", {{"link", link}}, kJoinPatience);
  if (!answer) return fail(console, answer.error());
  const JoinAnswer result = join_answer(text_member(*answer, "outcome").value_or("none"));
  if (setting.json) print_json(console, *answer);
  if (!result.succeeded) return fail(console, result.sentence);
  if (!setting.json) fmt::print(console.out, "{}\n", result.sentence);
  return kDone;
}

int stop_node(const CommandSetting& setting, const Console& console) {
  const auto client = ApiClient::find(setting.home);
  if (!client) return fail(console, client.error());
  const auto holder = os::recorded_lock_holder(client->paths());
  const Answer answer = client->post("/stop", json::object());
  if (!answer) return fail(console, answer.error());
  if (!wait_until_released(client->paths(), holder)) {
    return fail(console, fmt::format("the node (process {}) was told to stop and still runs",
                                     holder ? holder->process : 0));
  }
  if (setting.json) {
    print_json(console, *answer);
  } else {
    console.out << "stopped\n";
  }
  return kDone;
}

}  // namespace starling::cli
