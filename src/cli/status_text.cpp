#include "cli/status_text.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "cli/answer.h"
#include "cli/quantity_text.h"
#include "cli/table.h"

namespace starling::cli {
namespace {

using nlohmann::json;

constexpr const char* kUnknown = "-";

const json& member(const json& object, const char* name) {
  static const json kNothing;
  const auto found = object.find(name);
  return found == object.end() ? kNothing : *found;
}

std::string text(const json& object, const char* name) {
  const json& value = member(object, name);
  return value.is_string() ? value.get<std::string>() : kUnknown;
}

// What `show` makes of a whole number.
template <typename Show>
std::string number(const json& object, const char* name, Show show) {
  const json& value = member(object, name);
  return value.is_number_integer() ? show(value.get<int64_t>()) : kUnknown;
}

std::string count(const json& object, const char* name) {
  return number(object, name, [](int64_t value) { return std::to_string(value); });
}

std::string bytes(const json& object, const char* name) {
  return number(object, name,
                [](int64_t value) { return bytes_text(static_cast<uint64_t>(value)); });
}

std::vector<std::string> texts(const json& object, const char* name) {
  std::vector<std::string> result;
  for (const json& value : member(object, name)) {
    if (value.is_string()) result.push_back(value.get<std::string>());
  }
  return result;
}

void add_lines(Table& table, const std::string& label, const std::vector<std::string>& lines) {
  if (lines.empty()) table.add_row({label, kUnknown});
  for (size_t i = 0; i < lines.size(); ++i) table.add_row({i == 0 ? label : "", lines[i]});
}

std::string proof_text(const json& status) {
  const std::string state = text(status, "proof");
  if (state == "made") return "done";
  if (state == "making") return "being done, in the background";
  if (state == "failed") return "failed; the next start tries again";
  return state;
}

// Below this, clocks of healthy computers differ too.
constexpr int64_t kClockOffsetWorthSaying_s = 60;

std::string warnings(const json& status) {
  std::string lines;
  if (is_true(status, "heard_own_key")) {
    lines +=
        "\nWarning: another process on this network uses this node's key; one home must not run "
        "twice.\n";
  }
  const json& offset = member(status, "clock_offset_s");
  if (offset.is_number_integer() && std::abs(offset.get<int64_t>()) >= kClockOffsetWorthSaying_s) {
    const auto seconds = offset.get<int64_t>();
    lines += fmt::format(
        "\nWarning: the neighbours' clocks are {} {} ours; check this computer's clock.\n",
        duration_text(std::abs(seconds)), seconds > 0 ? "ahead of" : "behind");
  }
  return lines;
}

std::string links_text(const json& peers) {
  using enum Column::Align;
  Table table({{"STATE"},
               {"VIA"},
               {"REMOTE"},
               {"RTT", right},
               {"UP", right},
               {"SENT", right},
               {"RECEIVED", right},
               {"FRIEND"},
               {"KEY"}});
  for (const json& peer : member(peers, "peers")) {
    table.add_row({text(peer, "state"), text(peer, "carrier"), text(peer, "remote"),
                   number(peer, "rtt_us", rtt_text), number(peer, "up_s", duration_text),
                   bytes(peer, "bytes_sent"), bytes(peer, "bytes_received"),
                   is_true(peer, "friend") ? "yes" : "no", text(peer, "key")});
  }
  return table.is_empty() ? "No links.\n" : table.text();
}

std::string dialing_text(const json& peers) {
  Table table({{"DIALING"}, {"FAILED", Column::Align::right}, {"KEY"}});
  for (const json& target : member(peers, "dialing")) {
    const auto addresses = texts(target, "addresses");
    const std::string first = addresses.empty() ? kUnknown : addresses.front();
    table.add_row({first, count(target, "rounds_failed"), text(target, "key")});
    for (size_t i = 1; i < addresses.size(); ++i) table.add_row({addresses[i], "", ""});
  }
  return table.is_empty() ? std::string() : "\n" + table.text();
}

}  // namespace

std::string status_text(const json& status) {
  Table table({{}, {}});
  table.add_row({"Key", text(status, "key")});
  table.add_row({"Account", text(status, "account")});
  table.add_row({"Address", text(status, "address")});
  table.add_row({"Network", text(status, "network")});
  table.add_row({"State", text(status, "state") + (is_true(status, "leaf") ? ", as a leaf" : "")});
  table.add_row({"Up", number(status, "up_s", duration_text)});
  table.add_row({"Links", count(status, "links")});
  table.add_row({"Dialing", count(status, "dialing")});
  add_lines(table, "Listening", texts(status, "listening"));
  add_lines(table, "Reachable at", texts(status, "addresses"));
  table.add_row(
      {"Local network", is_true(status, "lan") ? "beacons sent and heard" : "no beacons"});
  table.add_row({"Proof of work", proof_text(status)});
  table.add_row({"Version", text(status, "version")});
  return table.text() + warnings(status);
}

std::string peers_text(const json& peers) { return links_text(peers) + dialing_text(peers); }

JoinAnswer join_answer(const std::string& outcome) {
  if (outcome == "accepted") return {true, "the invitation was accepted: you are friends now"};
  if (outcome == "linked") {
    return {true, "linked; there was no invitation in the link, so no friendship was made"};
  }
  if (outcome == "unknown") {
    return {false, "the other node does not know this invitation; ask for a new one"};
  }
  if (outcome == "expired") return {false, "this invitation has expired; ask for a new one"};
  if (outcome == "used") {
    return {false, "somebody else has used this invitation already; ask for a new one"};
  }
  if (outcome == "limited") {
    return {false, "the other node refuses invitations at the moment; try again in some minutes"};
  }
  if (outcome == "no_answer") {
    return {
        false,
        "the other node does not answer at the addresses in the link; this node goes on trying"};
  }
  if (outcome == "no_key") return {false, "the link names no other node to join"};
  if (outcome == "friends_full") {
    return {false, "this node has as many friends as it can keep; forget one first"};
  }
  return {false, "the node answered with an outcome that this program does not know: " + outcome};
}

}  // namespace starling::cli
