#include "cli/message_commands.h"

#include <fmt/format.h>
#include <fmt/ostream.h>
#include <nlohmann/json.hpp>
#include <thread>

#include "cli/answer.h"
#include "cli/api_client.h"
#include "cli/quantity_text.h"
#include "cli/table.h"

namespace starling::cli {
namespace {

using nlohmann::json;

constexpr Duration kStatePoll = 100ms;
constexpr Duration kInboxPoll = 1s;

std::string who(const json& message) {
  const std::string name = text_of(message, "name");
  return name.empty() ? text_of(message, "account") : name;
}

// What the owner can make of it.
std::string state_text(const json& message) {
  const std::string state = text_of(message, "state");
  const std::string reason = text_of(message, "reason");
  const std::string trouble = text_of(message, "trouble");
  if (state == "refused")
    return reason == "unwelcome" ? "refused: the other side does not take it"
                                 : "refused by the other side: " + reason;
  if (trouble == "no_devices") return "queued: nobody in the network knows where that person is";
  if (trouble == "unreachable") return "queued: that person cannot be reached now";
  if (trouble == "own_disk") return "queued: the disk of this node is full, or fails";
  if (trouble == "not_now") return "queued: the other side cannot store it now";
  return state;
}

// Line by line, as others wrote it, but without what would command a terminal.
std::string indented(const std::string& text) {
  std::string result = "  ";
  for (size_t i = 0; i < text.size(); ++i) {
    const auto value = static_cast<unsigned char>(text[i]);
    // U+0080 to U+009F, which some terminals obey, are two bytes.
    const bool is_c1 =
        value == 0xc2 && i + 1 < text.size() && static_cast<unsigned char>(text[i + 1]) < 0xa0;
    if (text[i] == '\n') {
      result += "\n  ";
    } else if (is_c1) {
      result += '?';
      ++i;
    } else if (text[i] == '\t' || (value >= 0x20 && value != 0x7f)) {
      result += text[i];
    } else {
      result += '?';
    }
  }
  return result + "\n";
}

std::string message_text(const json& message) {
  const bool is_in = text_of(message, "direction") == "in";
  std::string line =
      fmt::format("{} {} {}", date_text(number_of(message, "written_unix_ms") / 1'000),
                  is_in ? "from" : "to", who(message));
  if (!is_in) line += ", " + state_text(message);
  const auto text = message.find("text");
  const bool is_shown = text != message.end() && text->is_string();
  return line + "\n" +
         indented(is_shown ? text->get<std::string>() : "(written by a later version of Starling)");
}

void print_messages(const CommandSetting& setting, const json& answer, const Console& console) {
  for (const json& message : list_of(answer, "messages")) {
    if (setting.json) {
      print_json(console, message);
    } else {
      console.out << message_text(message);
    }
  }
  console.out.flush();
}

// Waits until the message is no longer queued, or patience is at its end.
Answer settled(const ApiClient& client, json message, Duration patience) {
  const std::string path = fmt::format("/message?number={}", number_of(message, "number"));
  for (Duration waited{}; waited < patience && text_of(message, "state") == "queued";
       waited += kStatePoll) {
    std::this_thread::sleep_for(kStatePoll);
    Answer answer = client.get(path);
    if (!answer) return answer;
    message = std::move(*answer);
  }
  return message;
}

std::string contacts_text(const json& answer) {
  Table table({{"NAME"}, {"ACCOUNT"}, {""}});
  for (const json& contact : list_of(answer, "contacts")) {
    table.add_row({text_of(contact, "name"), text_of(contact, "account"),
                   is_true(contact, "blocked") ? "blocked" : ""});
  }
  return table.is_empty() ? "No contacts. Add one with: starling contacts add NAME ACCOUNT\n"
                          : table.text();
}

struct ContactChange {
  const char* path;
  json members;
};

// Empty when the words make no sense.
std::optional<ContactChange> contact_change(const std::vector<std::string>& words) {
  if (words.size() == 3 && words[0] == "add")
    return ContactChange{"/contact", {{"name", words[1]}, {"account", words[2]}}};
  if (words.size() != 2) return std::nullopt;
  if (words[0] == "remove") return ContactChange{"/forget", {{"account", words[1]}}};
  if (words[0] == "block" || words[0] == "unblock") {
    return ContactChange{"/contact", {{"account", words[1]}, {"blocked", words[0] == "block"}}};
  }
  return std::nullopt;
}

}  // namespace

int send_message(const CommandSetting& setting, const std::string& to, const std::string& text,
                 const Console& console, Duration patience) {
  const auto client = ApiClient::find(setting.home);
  if (!client) return fail(console, client.error());
  const Answer sent = client->post("/send", {{"to", to}, {"text", text}});
  if (!sent) return fail(console, sent.error());
  const Answer last = settled(*client, *sent, patience);
  if (!last) return fail(console, last.error());
  if (setting.json) {
    print_json(console, *last);
  } else {
    console.out << state_text(*last) << "\n";
  }
  return text_of(*last, "state") == "refused" ? kFailed : kDone;
}

int show_inbox(const CommandSetting& setting, const InboxRequest& request, const Console& console) {
  const auto client = ApiClient::find(setting.home);
  if (!client) return fail(console, client.error());
  Answer answer = client->get(fmt::format("/messages?limit={}", request.count));
  if (!answer) return fail(console, answer.error());
  if (list_of(*answer, "messages").empty() && !setting.json && !request.follow)
    console.out << "No messages.\n";
  print_messages(setting, *answer, console);
  int64_t next = number_of(*answer, "next");
  while (request.follow) {
    const json& shown = list_of(*answer, "messages");
    // An answer holds only so many: the next one goes on where it ended.
    if (!shown.empty()) next = number_of(shown.back(), "number") + 1;
    if (next >= number_of(*answer, "next")) std::this_thread::sleep_for(kInboxPoll);
    answer = client->get(fmt::format("/messages?since={}", next));
    if (!answer) return fail(console, answer.error());
    print_messages(setting, *answer, console);
  }
  return kDone;
}

int contacts(const CommandSetting& setting, const std::vector<std::string>& words,
             const Console& console) {
  if (words.empty()) return show(setting, console, "/contacts", contacts_text);
  const auto change = contact_change(words);
  if (!change) {
    fmt::print(console.err,
               "starling: contacts is followed by nothing, or by one of: add NAME ACCOUNT, remove "
               "WHO, block WHO, unblock WHO\n");
    return kWrongUsage;
  }
  const auto client = ApiClient::find(setting.home);
  if (!client) return fail(console, client.error());
  const Answer answer = client->post(change->path, change->members);
  if (!answer) return fail(console, answer.error());
  if (setting.json) print_json(console, *answer);
  return kDone;
}

}  // namespace starling::cli
