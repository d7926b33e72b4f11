#include "cli/commands.h"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>
#include <sstream>

#include "cli/fake_api_server.h"
#include "crypto/secure_random.h"
#include "os/home/api_file.h"
#include "os/home/identity_file.h"
#include "os/home/temporary_home.h"

namespace starling::cli {
namespace commands_test {

using nlohmann::json;

class CommandsTest : public testing::Test {
 protected:
  void SetUp() override { ASSERT_TRUE(os::make_folders(home_.paths()).has_value()); }

  // Runs `command` while a node answers with these.
  template <typename Command>
  int run(std::vector<std::string> answers, bool as_json, Command&& command) {
    FakeApiServer server(std::move(answers));
    const auto file = os::ApiFile::publish(
        home_.paths(),
        {.address = server.address(), .token = os::ApiToken(), .process = ::getpid()});
    EXPECT_TRUE(file.has_value());
    out_.str("");
    err_.str("");
    const int status = command(CommandSetting{home_.folder(), as_json}, Console{out_, err_});
    requests_ = server.requests();
    return status;
  }

  os::TemporaryHome home_;
  std::ostringstream out_;
  std::ostringstream err_;
  std::vector<std::string> requests_;
};

TEST_F(CommandsTest, ShowsStatusAndPeersAsTextAndAsJson) {
  EXPECT_EQ(run({http_answer(200, R"({"links":3})")}, false, show_status), kDone);
  EXPECT_NE(out_.str().find("\nLinks          3\n"), std::string::npos);
  EXPECT_EQ(run({http_answer(200, R"({"links":3})")}, true, show_status), kDone);
  EXPECT_EQ(out_.str(), "{\"links\":3}\n");
  EXPECT_EQ(run({http_answer(200, R"({"peers":[]})")}, false, show_peers), kDone);
  EXPECT_EQ(out_.str(), "No links.\n");
  EXPECT_TRUE(requests_.at(0).starts_with("GET /api/v1/peers "));
}

TEST_F(CommandsTest, FailsWithTheReasonOfTheNode) {
  EXPECT_EQ(run({http_answer(503, R"({"error":"stopping"})")}, true, show_status), kFailed);
  EXPECT_EQ(out_.str(), "");
  EXPECT_EQ(err_.str(), "starling: stopping\n");
}

TEST_F(CommandsTest, PrintsOnlyTheLinkOfAnInvitationOnStandardOutput) {
  const auto invite = [](const CommandSetting& setting, const Console& console) {
    return make_invitation(setting, std::chrono::hours(1), console);
  };
  const std::string answer =
      http_answer(200, R"({"link":"starling:k7?secret=x","expires_unix_s":1767225600})");
  EXPECT_EQ(run({answer}, false, invite), kDone);
  EXPECT_EQ(out_.str(), "starling:k7?secret=x\n");
  EXPECT_NE(err_.str().find("until 2026-01-01 00:00 UTC"), std::string::npos);
  EXPECT_TRUE(requests_.at(0).ends_with(R"({"lifetime_s":3600})"));
  EXPECT_EQ(run({answer}, true, invite), kDone);
  EXPECT_EQ(json::parse(out_.str())["link"], "starling:k7?secret=x");
  EXPECT_EQ(err_.str(), "");
}

TEST_F(CommandsTest, JoinSucceedsOrFailsByItsOutcome) {
  const auto join_link = [](const CommandSetting& setting, const Console& console) {
    return join(setting, "starling:k7", console);
  };
  EXPECT_EQ(run({http_answer(200, R"({"outcome":"accepted"})")}, false, join_link), kDone);
  EXPECT_NE(out_.str().find("friends"), std::string::npos);
  EXPECT_TRUE(requests_.at(0).ends_with(R"({"link":"starling:k7"})"));
  EXPECT_EQ(run({http_answer(200, R"({"outcome":"linked"})")}, true, join_link), kDone);
  EXPECT_EQ(out_.str(), "{\"outcome\":\"linked\"}\n");
  EXPECT_EQ(run({http_answer(200, R"({"outcome":"used"})")}, true, join_link), kFailed);
  EXPECT_EQ(out_.str(), "{\"outcome\":\"used\"}\n");
  EXPECT_TRUE(err_.str().starts_with("starling: ")) << err_.str();
  EXPECT_EQ(run({http_answer(400, R"({"error":"the key is damaged"})")}, false, join_link),
            kFailed);
  EXPECT_EQ(err_.str(), "starling: the key is damaged\n");
}

TEST_F(CommandsTest, StopAsksTheNodeToStop) {
  EXPECT_EQ(run({http_answer(200, R"({"state":"stopping"})")}, false, stop_node), kDone);
  EXPECT_EQ(out_.str(), "stopped\n");
  EXPECT_TRUE(requests_.at(0).starts_with("POST /api/v1/stop "));
}

TEST_F(CommandsTest, ShowsTheIdentityWithoutANode) {
  const CommandSetting setting{home_.folder(), true};
  EXPECT_EQ(show_identity(setting, {out_, err_}), kFailed);
  EXPECT_NE(err_.str().find("the first 'starling up' makes one"), std::string::npos);
  EXPECT_FALSE(std::filesystem::exists(home_.paths().identity_file));

  crypto::SeededRandom random(1);
  ASSERT_TRUE(os::load_or_create_identity(home_.paths(), random).has_value());
  EXPECT_EQ(show_identity(setting, {out_, err_}), kDone);
  const json shown = json::parse(out_.str());
  EXPECT_TRUE(shown["key"].get<std::string>().starts_with("k"));
  EXPECT_TRUE(shown["account"].get<std::string>().starts_with("a"));
  EXPECT_NE(shown["key"].get<std::string>().substr(1),
            shown["account"].get<std::string>().substr(1));
  EXPECT_TRUE(shown["address"].get<std::string>().starts_with("fd53:54"));
}

}  // namespace commands_test
}  // namespace starling::cli
