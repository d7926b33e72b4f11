#include "api/front_door.h"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "base/bytes.h"

namespace starling::api {
namespace front_door_test {

class FrontDoorTest : public testing::Test {
 protected:
  FrontDoor::Decision ask(const std::string& method, const std::string& path) {
    request_.method = method;
    request_.path = path;
    return door_.decide(now_, request_);
  }
  Response answer(const std::string& method, const std::string& path) {
    return std::get<Response>(ask(method, path));
  }
  void show_token() { request_.authorization = "Bearer " + to_hex(token_.reveal()); }
  std::string make_code() {
    return nlohmann::json::parse(answer("POST", "/api/v1/login-code").body)["code"];
  }

  Instant now_{1000s};
  crypto::SeededRandom random_{1};
  AccessToken token_ = random_.secret<AccessToken>();
  FrontDoor door_{token_, Endpoint::ipv4(127, 0, 0, 1, 7118), random_};
  Request request_{.method = "GET", .path = "/", .host = "localhost:7118"};
};

TEST_F(FrontDoorTest, PassesOnWhatItDoesNotAnswerItself) {
  show_token();
  EXPECT_TRUE(std::holds_alternative<FrontDoor::PassOn>(ask("GET", "/api/v1/status")));
  EXPECT_TRUE(std::holds_alternative<FrontDoor::PassOn>(ask("DELETE", "/nothing")));
}

TEST_F(FrontDoorTest, TellsStrangersNothingAboutPaths) {
  for (const char* path : {"/api/v1/status", "/api/v1/events", "/api/v1/login-code", "/nothing"}) {
    EXPECT_EQ(answer("GET", path).status, 401) << path;
    EXPECT_EQ(answer("OPTIONS", path).status, 401) << path;
  }
}

TEST_F(FrontDoorTest, ShowsThePageItselfToEveryBrowserOfThisComputer) {
  const Response page = answer("GET", "/");
  EXPECT_EQ(page.status, 200);
  EXPECT_EQ(page.content_type, "text/html; charset=utf-8");
  EXPECT_TRUE(page.body.starts_with("<!doctype html>")) << page.body.substr(0, 40);
  EXPECT_TRUE(page.body.ends_with("\n") || page.body.ends_with(">"));
  EXPECT_EQ(answer("GET", "/assets/page.js").content_type, "text/javascript; charset=utf-8");
  EXPECT_EQ(answer("POST", "/").status, 405);
  request_.host = "evil.example";
  EXPECT_EQ(answer("GET", "/").status, 403);
}

TEST_F(FrontDoorTest, LooksAtTheHostBeforeTheLogin) {
  show_token();
  const std::string path = "/login/" + make_code();
  request_.host = "evil.example";
  EXPECT_EQ(answer("GET", path).status, 403);
  request_.host = "localhost:7118";
  EXPECT_EQ(answer("GET", path).status, 303);
}

TEST_F(FrontDoorTest, LogsAPageInWithALoginCode) {
  show_token();
  const auto made = nlohmann::json::parse(answer("POST", "/api/v1/login-code").body);
  const std::string code = made["code"];
  EXPECT_EQ(made["url"], "http://127.0.0.1:7118/login/" + code);
  EXPECT_EQ(made["lifetime_s"], 600);

  request_.authorization.reset();
  const Response login = answer("GET", "/login/" + code);
  EXPECT_EQ(login.status, 303);
  ASSERT_EQ(login.headers.size(), 2U);
  EXPECT_EQ(login.headers[0], (std::pair<std::string, std::string>{"Location", "/"}));
  const std::string& cookie = login.headers[1].second;
  request_.cookie = cookie.substr(0, cookie.find(';'));
  EXPECT_TRUE(std::holds_alternative<FrontDoor::PassOn>(ask("GET", "/api/v1/status")));
}

TEST_F(FrontDoorTest, ALoginLinkWorksOnceAndOnlyWithGet) {
  show_token();
  const std::string path = "/login/" + make_code();
  EXPECT_EQ(answer("HEAD", path).status, 405);
  EXPECT_EQ(answer("GET", path).status, 303);
  EXPECT_EQ(answer("GET", path).status, 403);
}

TEST_F(FrontDoorTest, APageCannotMakeLoginCodes) {
  show_token();
  const Response login = answer("GET", "/login/" + make_code());
  request_.authorization.reset();
  request_.cookie = login.headers[1].second.substr(0, login.headers[1].second.find(';'));
  request_.origin = "http://localhost:7118";
  EXPECT_EQ(answer("POST", "/api/v1/login-code").status, 403);
}

TEST_F(FrontDoorTest, OpensTheEventsToWebSocketsOnly) {
  show_token();
  EXPECT_EQ(answer("GET", "/api/v1/events").status, 426);
  EXPECT_EQ(answer("POST", "/api/v1/events").status, 405);
  request_.is_websocket_upgrade = true;
  EXPECT_TRUE(std::holds_alternative<FrontDoor::Subscribe>(ask("GET", "/api/v1/events")));
  EXPECT_TRUE(std::holds_alternative<FrontDoor::PassOn>(ask("GET", "/api/v1/status")));
}

TEST_F(FrontDoorTest, NamesTheMethodThatWorks) {
  show_token();
  const Response response = answer("GET", "/api/v1/login-code");
  EXPECT_EQ(response.status, 405);
  ASSERT_EQ(response.headers.size(), 1U);
  EXPECT_EQ(response.headers[0], (std::pair<std::string, std::string>{"Allow", "POST"}));
}

}  // namespace front_door_test
}  // namespace starling::api
