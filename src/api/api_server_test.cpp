#include "api/api_server.h"

#include <fmt/core.h>
#include <gtest/gtest.h>
#include <mutex>
#include <nlohmann/json.hpp>
#include <thread>

#include "base/bytes.h"
#include "http/json_response.h"
#include "http/loopback_client.h"

namespace starling::api {
namespace api_server_test {

constexpr int kText = 1, kClose = 8, kPing = 9, kPong = 10;  // opcodes of RFC 6455

// Keeps the responders of /never, and answers everything else by what was asked.
class EchoHandler {
 public:
  ApiHandler handler() {
    return {[this](const Request& request, const Responder& respond) { handle(request, respond); },
            events_};
  }
  EventFeed& events() { return *events_; }
  std::vector<Responder> take_waiting() {
    const std::lock_guard lock(mutex_);
    return std::exchange(waiting_, {});
  }
  void await_waiting(size_t count) {
    while (true) {
      {
        const std::lock_guard lock(mutex_);
        if (waiting_.size() >= count) return;
      }
      std::this_thread::sleep_for(1ms);
    }
  }

 private:
  void handle(const Request& request, const Responder& respond) {
    if (request.path == "/never") {
      const std::lock_guard lock(mutex_);
      return waiting_.push_back(respond);
    }
    if (request.path == "/dropped") return;
    respond(json_response({{"method", request.method},
                           {"path", request.path},
                           {"query", request.query},
                           {"size", request.body.size()}}));
  }

  std::shared_ptr<EventFeed> events_ = std::make_shared<EventFeed>();
  std::mutex mutex_;
  std::vector<Responder> waiting_;
};

class ApiServerTest : public testing::Test {
 protected:
  void start(const http::Limits& limits = {}) {
    server_ =
        ApiServer::start(Endpoint::ipv4(127, 0, 0, 1, 0), token_, random_, echo_.handler(), limits)
            .value();
  }
  http::LoopbackClient connect() { return http::LoopbackClient(server_->address()); }
  std::string head(const std::string& request_line, const std::string& more = "") {
    return fmt::format("{} HTTP/1.1\r\nHost: localhost:{}\r\nAuthorization: Bearer {}\r\n{}\r\n",
                       request_line, server_->address().port, to_hex(token_.reveal()), more);
  }
  std::string post(const std::string& path, const std::string& body) {
    return head("POST " + path, fmt::format("Content-Length: {}\r\n", body.size())) + body;
  }
  std::string upgrade() {
    return head("GET /api/v1/events",
                "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
                "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n");
  }
  http::ReceivedResponse ask_once(const std::string& bytes) {
    http::LoopbackClient client = connect();
    client.send(bytes);
    return client.receive();
  }

  crypto::SeededRandom random_{1};
  AccessToken token_ = random_.secret<AccessToken>();
  EchoHandler echo_;
  std::unique_ptr<ApiServer> server_;  // goes before what it uses
};

void expect_security_headers(const http::ReceivedResponse& response) {
  EXPECT_EQ(response.headers.at("cache-control"), "no-store");
  EXPECT_EQ(response.headers.at("x-content-type-options"), "nosniff");
  EXPECT_EQ(response.headers.at("content-security-policy").find("default-src 'self'"), 0U);
  for (const auto& [name, value] : response.headers)
    EXPECT_NE(name.find("access-control"), 0U) << name;
}

TEST_F(ApiServerTest, ListensOnLoopbackAddressesOnly) {
  for (const Endpoint& endpoint :
       {Endpoint::ipv4(0, 0, 0, 0, 0), Endpoint::ipv4(192, 0, 2, 1, 0), Endpoint{}}) {
    const auto server = ApiServer::start(endpoint, token_, random_, echo_.handler());
    ASSERT_FALSE(server);
    EXPECT_EQ(server.error(), http::ListenError::not_loopback);
  }
}

TEST_F(ApiServerTest, SaysWhenThePortIsTaken) {
  start();
  const auto second = ApiServer::start(server_->address(), token_, random_, echo_.handler());
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error(), http::ListenError::address_in_use);
  EXPECT_NE(http::describe(second.error(), "the API", "--api", server_->address())
                .find("another program"),
            std::string::npos);
}

TEST_F(ApiServerTest, PassesTheRequestOnAndTheAnswerBack) {
  start();
  const http::ReceivedResponse response = ask_once(head("GET /a/b?c=d&e"));
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(response.headers.at("content-type"), "application/json");
  EXPECT_EQ(response.body, R"({"method":"GET","path":"/a/b","query":"c=d&e","size":0})");
  expect_security_headers(response);
}

TEST_F(ApiServerTest, RefusesWhoHasNoToken) {
  start();
  const auto bare =
      fmt::format("GET /a HTTP/1.1\r\nHost: localhost:{}\r\n", server_->address().port);
  for (const std::string& request :
       {bare + "\r\n", bare + "Authorization: Bearer " + std::string(64, '0') + "\r\n\r\n"}) {
    const http::ReceivedResponse response = ask_once(request);
    EXPECT_EQ(response.status, 401);
    EXPECT_EQ(response.body.find("{\"error\":"), 0U);
    expect_security_headers(response);
  }
}

TEST_F(ApiServerTest, RefusesAForeignHostAndAForeignOrigin) {
  start();
  const std::string token = "Authorization: Bearer " + to_hex(token_.reveal()) + "\r\n";
  EXPECT_EQ(ask_once("GET /a HTTP/1.1\r\nHost: evil.example\r\n" + token + "\r\n").status, 403);
  EXPECT_EQ(ask_once("GET /a HTTP/1.1\r\n" + token + "\r\n").status, 403);
  const http::ReceivedResponse response =
      ask_once(head("GET /a", "Origin: http://evil.example\r\n"));
  EXPECT_EQ(response.status, 403);
  expect_security_headers(response);
  EXPECT_EQ(ask_once(head("OPTIONS /a", "Origin: null\r\n")).status, 403);
}

TEST_F(ApiServerTest, RefusesAHeaderThatComesTwice) {
  start();
  EXPECT_EQ(ask_once(head("GET /a", "Host: evil.example\r\n")).status, 400);
  EXPECT_EQ(ask_once(head("GET /a", "Authorization: Bearer 00\r\n")).status, 400);
}

TEST_F(ApiServerTest, RefusesAHeaderThatIsTooLarge) {
  start();
  const std::string large(http::Limits{}.header_size_max, 'a');
  for (const std::string& request :
       {head("GET /a", "X: " + large + "\r\n"), head("GET /" + large)}) {
    const http::ReceivedResponse response = ask_once(request);
    EXPECT_EQ(response.status, 431);
    expect_security_headers(response);
  }
  EXPECT_EQ(ask_once("GET /" + std::string(100'000, 'a')).status, 431);
  std::string many;
  for (int i = 0; i < 5000; ++i) many += "X: y\r\n";
  EXPECT_EQ(ask_once(head("GET /a", many)).status, 431);
}

TEST_F(ApiServerTest, TakesABodyUpToTheLimitAndRefusesALargerOne) {
  start();
  const size_t limit = http::Limits{}.body_size_max;
  const http::ReceivedResponse response = ask_once(post("/a", std::string(limit, 'a')));
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(nlohmann::json::parse(response.body)["size"], limit);
  EXPECT_EQ(ask_once(post("/a", std::string(limit + 1, 'a'))).status, 413);
  EXPECT_EQ(ask_once(head("POST /a", "Content-Length: 99999999999\r\n")).status, 413);
  const std::string chunk = fmt::format("{:x}\r\n{}\r\n", limit, std::string(limit, 'a'));
  EXPECT_EQ(
      ask_once(head("POST /a", "Transfer-Encoding: chunked\r\n") + chunk + chunk + "0\r\n\r\n")
          .status,
      413);
}

TEST_F(ApiServerTest, RefusesWhatIsNotHttp) {
  start();
  for (const char* text : {"\x16\x03\x01\x02\r\n\r\n", "GET\r\n\r\n", "GET /a HTTP/9.9\r\n\r\n",
                           "GET /a HTTP/1.1\r\nHost : localhost\r\n\r\n",
                           "POST /a HTTP/1.1\r\nContent-Length: -1\r\n\r\n"}) {
    EXPECT_EQ(ask_once(text).status, 400) << text;
  }
  EXPECT_EQ(ask_once(head("GET http://evil.example/a")).status, 400);
}

TEST_F(ApiServerTest, ServesManyRequestsOnOneConnection) {
  start();
  http::LoopbackClient client = connect();
  for (size_t i = 0; i < 100; ++i) {
    client.send(i % 2 == 0 ? head("GET /a") : post("/a", std::string(i, 'a')));
    const http::ReceivedResponse response = client.receive();
    ASSERT_EQ(response.status, 200);
    ASSERT_EQ(nlohmann::json::parse(response.body)["size"], i % 2 == 0 ? 0 : i);
  }
}

TEST_F(ApiServerTest, AnswersPipelinedRequestsInOrder) {
  start();
  http::LoopbackClient client = connect();
  client.send(head("GET /1") + post("/2", "{}") + head("GET /3", "Connection: close\r\n"));
  for (const char* path : {"/1", "/2", "/3"}) {
    EXPECT_EQ(nlohmann::json::parse(client.receive().body)["path"], path);
  }
  EXPECT_TRUE(client.is_closed_by_server());
}

TEST_F(ApiServerTest, TakesARequestByteByByte) {
  start();
  http::LoopbackClient client = connect();
  for (const char byte : post("/a", "{}")) ASSERT_TRUE(client.send({&byte, 1}));
  EXPECT_EQ(client.receive().status, 200);
}

TEST_F(ApiServerTest, SendsTheHeadOnlyToHead) {
  start();
  http::LoopbackClient client = connect();
  client.send(head("HEAD /a") + head("GET /b"));
  EXPECT_EQ(client.receive(/*has_body=*/false).status, 200);
  EXPECT_EQ(nlohmann::json::parse(client.receive().body)["path"], "/b");
}

TEST_F(ApiServerTest, TellsAClientThatAsksToGoOnWithItsBody) {
  start();
  http::LoopbackClient client = connect();
  client.send(head("POST /a", "Content-Length: 2\r\nExpect: 100-continue\r\n"));
  EXPECT_EQ(client.receive().status, 100);
  client.send("{}");
  EXPECT_EQ(nlohmann::json::parse(client.receive().body)["size"], 2);
}

TEST_F(ApiServerTest, ClosesAfterAnAnswerToHttp10) {
  start();
  http::LoopbackClient client = connect();
  std::string request = head("GET /a");
  request.replace(request.find("HTTP/1.1"), 8, "HTTP/1.0");
  client.send(request);
  EXPECT_EQ(client.receive().status, 200);
  EXPECT_TRUE(client.is_closed_by_server());
}

TEST_F(ApiServerTest, ClosesConnectionsThatSendNothingOrStopInTheMiddle) {
  start({.idle_max = 50ms});
  for (const std::string& part :
       {std::string(), std::string("GET /a HT"), head("POST /a", "Content-Length: 9\r\n") + "{"}) {
    http::LoopbackClient client = connect();
    client.send(part);
    EXPECT_TRUE(client.is_closed_by_server());
  }
}

TEST_F(ApiServerTest, RefusesMoreConnectionsThanTheLimitUntilOneEnds) {
  start({.connections_max = 2});
  http::LoopbackClient first = connect();
  {
    http::LoopbackClient second = connect();
    for (http::LoopbackClient* client : {&first, &second}) {
      client->send(head("GET /a"));
      ASSERT_EQ(client->receive().status, 200);
    }
    http::LoopbackClient third = connect();
    const http::ReceivedResponse response = third.receive();
    EXPECT_EQ(response.status, 503);
    expect_security_headers(response);
  }
  // The server notices the end of the second when it gets to it.
  int status = 503;
  while (status == 503 || status == 0) status = ask_once(head("GET /a")).status;
  EXPECT_EQ(status, 200);
}

TEST_F(ApiServerTest, Answers504WhenTheHandlerDoesNotAndForgetsTheLateAnswer) {
  start({.answer_max = 20ms});
  http::LoopbackClient client = connect();
  client.send(head("GET /never"));
  EXPECT_EQ(client.receive().status, 504);
  for (const Responder& respond : echo_.take_waiting()) respond({.status = 299});
  client.send(head("GET /never") + head("GET /a"));
  EXPECT_EQ(client.receive().status, 504);
  EXPECT_EQ(client.receive().status, 200);
}

TEST_F(ApiServerTest, Answers503WhenTheHandlerDropsTheRequest) {
  start();
  EXPECT_EQ(ask_once(head("GET /dropped")).status, 503);
}

TEST_F(ApiServerTest, TakesAnswersFromOtherThreads) {
  start();
  std::jthread answering([this](const std::stop_token& stop) {
    while (!stop.stop_requested()) {
      for (const Responder& respond : echo_.take_waiting())
        respond(json_response({{"late", true}}));
    }
  });
  for (int i = 0; i < 50; ++i) EXPECT_EQ(ask_once(head("GET /never")).body, R"({"late":true})");
}

TEST_F(ApiServerTest, AnswersWaitingRequestsWith503WhenItStops) {
  start();
  http::LoopbackClient client = connect();
  client.send(head("GET /never"));
  echo_.await_waiting(1);
  server_->stop();
  EXPECT_EQ(client.receive().status, 503);
  EXPECT_TRUE(client.is_closed_by_server());
  for (const Responder& respond : echo_.take_waiting()) respond({});
  server_->stop();
}

TEST_F(ApiServerTest, WritesAnAnswerThatWasGivenJustBeforeItStops) {
  start();
  http::LoopbackClient client = connect();
  client.send(head("GET /never"));
  echo_.await_waiting(1);
  for (const Responder& respond : echo_.take_waiting())
    respond(json_response({{"state", "stopping"}}));
  server_->stop();
  EXPECT_EQ(client.receive().body, R"({"state":"stopping"})");
}

TEST_F(ApiServerTest, StopsWithConnectionsInEveryState) {
  start({.farewell_max = 50ms});  // which the WebSocket uses up
  http::LoopbackClient silent = connect(), halfway = connect(), waiting = connect(),
                       watching = connect(), refused = connect();
  halfway.send("POST /a HTTP/1.1\r\nHo");
  waiting.send(head("GET /never"));
  watching.send(upgrade());
  ASSERT_EQ(watching.receive().status, 101);
  refused.send("nonsense\r\n\r\n");
  ASSERT_EQ(refused.receive().status, 400);
  echo_.await_waiting(1);
  server_.reset();
  EXPECT_TRUE(silent.is_closed_by_server());
  EXPECT_TRUE(halfway.is_closed_by_server());
}

TEST_F(ApiServerTest, StartsAgainOnTheSamePort) {
  start();
  const Endpoint address = server_->address();
  EXPECT_EQ(ask_once(head("GET /a")).status, 200);
  server_.reset();
  server_ = ApiServer::start(address, token_, random_, echo_.handler()).value();
  EXPECT_EQ(ask_once(head("GET /a")).status, 200);
}

TEST_F(ApiServerTest, OutlivesThoseWhoAnswerAndTheOtherWayRound) {
  start();
  http::LoopbackClient client = connect();
  client.send(head("GET /never"));
  echo_.await_waiting(1);
  const auto waiting = echo_.take_waiting();
  server_.reset();
  waiting[0]({});
  echo_.events().publish("{}");
}

TEST_F(ApiServerTest, LogsAPageInByACode) {
  start();
  const auto code = nlohmann::json::parse(ask_once(post("/api/v1/login-code", "")).body);
  const auto host = fmt::format(" HTTP/1.1\r\nHost: localhost:{}\r\n", server_->address().port);
  const http::ReceivedResponse login =
      ask_once("GET /login/" + code["code"].get<std::string>() + host + "\r\n");
  EXPECT_EQ(login.status, 303);
  EXPECT_EQ(login.headers.at("location"), "/");
  expect_security_headers(login);
  const std::string cookie = "Cookie: " + login.headers.at("set-cookie").substr(0, 9 + 64) + "\r\n";
  EXPECT_EQ(ask_once("GET /a" + host + cookie + "\r\n").status, 200);
  EXPECT_EQ(ask_once("POST /a" + host + cookie + "Content-Length: 0\r\n\r\n").status, 403);
  EXPECT_EQ(ask_once("POST /a" + host + cookie +
                     "Sec-Fetch-Site: same-origin\r\nContent-Length: 0\r\n\r\n")
                .status,
            200);
}

TEST_F(ApiServerTest, PushesEventsToAWebSocket) {
  start();
  http::LoopbackClient client = connect();
  client.send(upgrade());
  const http::ReceivedResponse response = client.receive();
  EXPECT_EQ(response.status, 101);
  // The example of RFC 6455 section 1.3.
  EXPECT_EQ(response.headers.at("sec-websocket-accept"), "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
  expect_security_headers(response);
  echo_.events().publish(R"({"event":"a"})");
  echo_.events().publish(R"({"event":"b"})");
  for (const char* event : {R"({"event":"a"})", R"({"event":"b"})"}) {
    const http::LoopbackClient::Frame frame = client.receive_frame();
    EXPECT_EQ(frame.opcode, kText);
    EXPECT_EQ(frame.payload, event);
  }
}

TEST_F(ApiServerTest, AnswersPingsAndClosesOfAWebSocketAndIgnoresWhatItSays) {
  start();
  http::LoopbackClient client = connect();
  client.send(upgrade());
  ASSERT_EQ(client.receive().status, 101);
  client.send_frame(kText, "hello");
  client.send_frame(kPing, "x");
  const http::LoopbackClient::Frame pong = client.receive_frame();
  EXPECT_EQ(pong.opcode, kPong);
  EXPECT_EQ(pong.payload, "x");
  client.send_frame(kClose, std::string("\x03\xe8"));
  EXPECT_EQ(client.receive_frame().opcode, kClose);
  EXPECT_TRUE(client.is_closed_by_server());
}

TEST_F(ApiServerTest, PushesEventsFromAnotherThreadInOrder) {
  start();
  http::LoopbackClient client = connect();
  client.send(upgrade());
  ASSERT_EQ(client.receive().status, 101);
  constexpr int kEvents = 200;
  std::jthread publishing([this] {
    for (int i = 0; i < kEvents; ++i) echo_.events().publish(std::to_string(i));
  });
  for (int i = 0; i < kEvents; ++i) ASSERT_EQ(client.receive_frame().payload, std::to_string(i));
}

TEST_F(ApiServerTest, SaysGoodbyeToWebSocketsWhenItStops) {
  start();
  http::LoopbackClient client = connect();
  client.send(upgrade());
  ASSERT_EQ(client.receive().status, 101);
  std::jthread stopping([this] { server_->stop(); });
  const http::LoopbackClient::Frame goodbye = client.receive_frame();
  EXPECT_EQ(goodbye.opcode, kClose);
  EXPECT_EQ(goodbye.payload.substr(0, 2), "\x03\xe9");  // 1001, going away
  client.send_frame(kClose, goodbye.payload.substr(0, 2));
}

TEST_F(ApiServerTest, CutsAWebSocketThatAnswersNoPings) {
  start({.idle_max = 50ms});
  http::LoopbackClient client = connect();
  client.send(upgrade());
  ASSERT_EQ(client.receive().status, 101);
  while (client.receive_frame().opcode == kPing) {
  }
  EXPECT_TRUE(client.is_closed_by_server());
}

TEST_F(ApiServerTest, RefusesMoreWebSocketsThanTheFeedHasRoomFor) {
  start();
  std::vector<std::unique_ptr<http::LoopbackClient>> clients;
  for (size_t i = 0; i < EventFeed::kClientsMax; ++i) {
    clients.push_back(std::make_unique<http::LoopbackClient>(server_->address()));
    clients.back()->send(upgrade());
    ASSERT_EQ(clients.back()->receive().status, 101);
  }
  EXPECT_EQ(ask_once(upgrade()).status, 503);
}

TEST_F(ApiServerTest, RefusesAWebSocketWithoutTokenOrFromAnotherOrigin) {
  start();
  std::string request = upgrade();
  request.insert(request.size() - 2, "Origin: http://evil.example\r\n");
  EXPECT_EQ(ask_once(request).status, 403);
  std::string bare = upgrade();
  bare.erase(bare.find("Authorization"), bare.find("Connection") - bare.find("Authorization"));
  EXPECT_EQ(ask_once(bare).status, 401);
  EXPECT_EQ(ask_once(head("GET /api/v1/events")).status, 426);
}

TEST_F(ApiServerTest, SurvivesClientsThatLeaveAtAnyTime) {
  start();
  for (size_t i = 0; i < 40; ++i) {
    http::LoopbackClient client = connect();
    const std::string request = i % 3 == 0   ? upgrade()
                                : i % 3 == 1 ? head("GET /never")
                                             : post("/a", "{}");
    client.send(std::string_view(request).substr(0, request.size() - i % 4));
    echo_.events().publish("{}");
  }
  EXPECT_EQ(ask_once(head("GET /a")).status, 200);
}

}  // namespace api_server_test
}  // namespace starling::api
