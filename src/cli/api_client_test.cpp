#include "cli/api_client.h"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "cli/fake_api_server.h"
#include "os/home/temporary_home.h"

namespace starling::cli {
namespace api_client_test {

using nlohmann::json;

class ApiClientTest : public testing::Test {
 protected:
  void SetUp() override { ASSERT_TRUE(os::make_folders(home_.paths()).has_value()); }

  // As a node would, with this process as the node.
  void publish(const Endpoint& address) {
    published_.reset();
    auto file = os::ApiFile::publish(
        home_.paths(), {.address = address, .token = os::ApiToken(), .process = ::getpid()});
    ASSERT_TRUE(file.has_value());
    published_.emplace(std::move(*file));
  }
  std::expected<json, std::string> get_answered_with(std::string answer) {
    const FakeApiServer server({std::move(answer)});
    publish(server.address());
    return ApiClient::find(home_.folder())->get("/status");
  }

  os::TemporaryHome home_;
  std::optional<os::ApiFile> published_;
};

TEST_F(ApiClientTest, AsksTheNodeOfTheHomeWithItsToken) {
  const FakeApiServer server({http_answer(200, R"({"links":3})")});
  publish(server.address());
  const auto client = ApiClient::find(home_.folder());
  ASSERT_TRUE(client.has_value()) << client.error();
  const auto answer = client->get("/status");
  ASSERT_TRUE(answer.has_value()) << answer.error();
  EXPECT_EQ((*answer)["links"], 3);
  const std::string request = server.requests().at(0);
  EXPECT_TRUE(request.starts_with("GET /api/v1/status HTTP/1.1\r\n"));
  EXPECT_NE(request.find("\r\nAuthorization: Bearer " + std::string(64, '0') + "\r\n"),
            std::string::npos);
}

TEST_F(ApiClientTest, PostsJson) {
  const FakeApiServer server({http_answer(200, "{}")});
  publish(server.address());
  EXPECT_TRUE(ApiClient::find(home_.folder())->post("/invite", {{"lifetime_s", 5}}).has_value());
  EXPECT_TRUE(server.requests().at(0).ends_with("\r\n\r\n{\"lifetime_s\":5}"));
}

TEST_F(ApiClientTest, SaysHowToStartANodeWhenNoneRuns) {
  const std::string sentence = "no node is running in this home; start one with: starling up";
  const auto client = ApiClient::find(home_.folder());
  ASSERT_FALSE(client.has_value());
  EXPECT_EQ(client.error(), sentence + " --home " + home_.folder().string());
}

TEST_F(ApiClientTest, SaysSoAlsoWhenACrashLeftTheFileAndNobodyListens) {
  publish(deserted_address());
  const auto answer = ApiClient::find(home_.folder())->get("/status");
  ASSERT_FALSE(answer.has_value());
  EXPECT_TRUE(answer.error().starts_with("no node is running in this home")) << answer.error();
}

TEST_F(ApiClientTest, RefusesAFileThatOthersMayRead) {
  publish(deserted_address());
  ASSERT_EQ(::chmod(home_.paths().api_file.c_str(), 0644), 0);
  const auto client = ApiClient::find(home_.folder());
  ASSERT_FALSE(client.has_value());
  EXPECT_NE(client.error().find("chmod 600"), std::string::npos) << client.error();
}

TEST_F(ApiClientTest, PassesOnTheReasonThatTheNodeGives) {
  EXPECT_EQ(get_answered_with(http_answer(409, R"({"error":"too many are open"})")).error(),
            "too many are open");
}

TEST_F(ApiClientTest, ExplainsARefusalWithoutAReason) {
  EXPECT_NE(get_answered_with(http_answer(401, "")).error().find("token"), std::string::npos);
  EXPECT_NE(get_answered_with(http_answer(404, "[]")).error().find("version"), std::string::npos);
  EXPECT_NE(get_answered_with(http_answer(500, "{}")).error().find("500"), std::string::npos);
}

TEST_F(ApiClientTest, RefusesAnswersThatAreNoApi) {
  for (const char* answer :
       {"SSH-2.0-x\r\n\r\n", "HTTP/1.1 200 OK\r\n\r\nhello", "HTTP/1.1 200 OK\r\n\r\n[]", ""}) {
    const auto got = get_answered_with(answer);
    ASSERT_FALSE(got.has_value()) << answer;
    EXPECT_NE(got.error().find("is no Starling API"), std::string::npos) << got.error();
  }
}

}  // namespace api_client_test
}  // namespace starling::cli
