#include "cli/message_commands.h"

#include "cli/command_fixture.h"

namespace starling::cli {
namespace message_commands_test {

using nlohmann::json;

json message(const std::string& state) {
  return {{"number", 12},        {"direction", "out"}, {"account", "abob"},
          {"name", nullptr},     {"state", state},     {"reason", nullptr},
          {"trouble", nullptr},  {"text", "hello"},    {"written_unix_ms", 1'767'225'600'000},
          {"changed_unix_ms", 0}};
}

class MessageCommandsTest : public CommandFixture {
 protected:
  int send(const std::vector<json>& answers, Duration patience = 5s) {
    return run(answers, [&](const CommandSetting& setting, const Console& console) {
      return send_message(setting, "bob", "hello", console, patience);
    });
  }
};

TEST_F(MessageCommandsTest, SendWaitsUntilTheMessageIsDelivered) {
  EXPECT_EQ(send({message("queued"), message("queued"), message("delivered")}), kDone);
  EXPECT_EQ(out_.str(), "delivered\n");
  EXPECT_NE(requests_.at(0).find(R"({"text":"hello","to":"bob"})"), std::string::npos);
  EXPECT_TRUE(requests_.at(1).starts_with("GET /api/v1/message?number=12 "));
}

TEST_F(MessageCommandsTest, SendSaysWhyItIsNotDelivered) {
  json waiting = message("queued");
  waiting["trouble"] = "no_devices";
  EXPECT_EQ(send({waiting}, 0s), kDone);
  EXPECT_EQ(out_.str(), "queued: nobody in the network knows where that person is\n");
  json refused = message("refused");
  refused["reason"] = "unwelcome";
  EXPECT_EQ(send({message("queued"), refused}), kFailed);
  EXPECT_EQ(out_.str(), "refused: the other side does not take it\n");
  EXPECT_EQ(send({{{"error", "this is no account"}}}), kFailed);
  EXPECT_EQ(err_.str(), "starling: this is no account\n");
}

TEST_F(MessageCommandsTest, TheInboxShowsWhoWroteWhatAndCommandsNoTerminal) {
  json received = message("received");
  received["direction"] = "in";
  received["name"] = "Bob";
  received["text"] = "two\nlines\x1b[2J\xc2\x9b";
  json later = message("delivered");
  later["text"] = nullptr;
  EXPECT_EQ(run({{{"messages", {received, later}}, {"next", 13}}},
                [](const CommandSetting& setting, const Console& console) {
                  return show_inbox(setting, {}, console);
                }),
            kDone);
  EXPECT_EQ(out_.str(),
            "2026-01-01 00:00 UTC from Bob\n  two\n  lines?[2J?\n"
            "2026-01-01 00:00 UTC to abob, delivered\n"
            "  (written by a later version of Starling)\n");
}

TEST_F(MessageCommandsTest, ContactsAreListedAndChanged) {
  const auto words = [&](const std::vector<std::string>& given, const std::vector<json>& answers) {
    return run(answers, [&](const CommandSetting& setting, const Console& console) {
      return contacts(setting, given, console);
    });
  };
  EXPECT_EQ(words({}, {{{"contacts", json::array()}}}), kDone);
  EXPECT_TRUE(out_.str().starts_with("No contacts.")) << out_.str();
  const json bob = {{"name", "Bob"}, {"account", "abob"}, {"blocked", true}};
  EXPECT_EQ(words({}, {{{"contacts", {bob}}}}), kDone);
  EXPECT_NE(out_.str().find("Bob   abob     blocked"), std::string::npos) << out_.str();
  EXPECT_EQ(words({"add", "Bob", "abob"}, {bob}), kDone);
  EXPECT_NE(requests_.at(0).find(R"({"account":"abob","name":"Bob"})"), std::string::npos);
  EXPECT_EQ(words({"unblock", "Bob"}, {bob}), kDone);
  EXPECT_NE(requests_.at(0).find(R"({"account":"Bob","blocked":false})"), std::string::npos);
  EXPECT_EQ(words({"remove", "Bob"}, {bob}), kDone);
  EXPECT_TRUE(requests_.at(0).starts_with("POST /api/v1/forget "));
  EXPECT_EQ(words({"add", "Bob"}, {}), kWrongUsage);
  EXPECT_EQ(words({"praise", "Bob"}, {}), kWrongUsage);
}

}  // namespace message_commands_test
}  // namespace starling::cli
