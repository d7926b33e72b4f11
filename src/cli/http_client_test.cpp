#include "cli/http_client.h"

#include <gtest/gtest.h>

#include "cli/fake_api_server.h"

namespace starling::cli {
namespace http_client_test {

constexpr Duration kPatience = 20s;
const HttpRequest kGet{
    .method = "GET", .path = "/api/v1/status", .authorization = "Bearer 00", .json_body = {}};

HttpError error_for(std::string answer) {
  const FakeApiServer server({std::move(answer)});
  const auto response = exchange(server.address(), kGet, kPatience);
  EXPECT_FALSE(response.has_value());
  return response ? HttpError::failed : response.error();
}

TEST(HttpClientTest, SendsARequestAndReadsItsAnswer) {
  const FakeApiServer server({http_answer(200, "{}")});
  const auto response = exchange(server.address(), kGet, kPatience);
  ASSERT_TRUE(response.has_value());
  EXPECT_EQ(response->status, 200);
  EXPECT_EQ(response->body, "{}");
  EXPECT_EQ(server.requests().at(0),
            "GET /api/v1/status HTTP/1.1\r\nHost: " + to_text(server.address()) +
                "\r\nAuthorization: Bearer 00\r\nConnection: close\r\n\r\n");
}

TEST(HttpClientTest, SendsABodyWithItsLength) {
  const FakeApiServer server({http_answer(201, "")});
  HttpRequest request = kGet;
  request.method = "POST";
  request.json_body = R"({"lifetime_s":1})";
  const auto response = exchange(server.address(), request, kPatience);
  ASSERT_TRUE(response.has_value());
  EXPECT_EQ(response->status, 201);
  EXPECT_TRUE(server.requests().at(0).ends_with(
      "\r\nContent-Type: application/json\r\nContent-Length: 16\r\n"
      "Connection: close\r\n\r\n{\"lifetime_s\":1}"));
}

TEST(HttpClientTest, ReadsToTheEndOfTheConnectionWithoutALength) {
  const FakeApiServer server({"HTTP/1.1 404\r\n\r\nnot here"});
  const auto response = exchange(server.address(), kGet, kPatience);
  ASSERT_TRUE(response.has_value());
  EXPECT_EQ(response->status, 404);
  EXPECT_EQ(response->body, "not here");
}

TEST(HttpClientTest, ReadsAnAnswerOfManySegments) {
  const std::string body(3 << 20, 'x');
  const FakeApiServer server({http_answer(200, body)});
  const auto response = exchange(server.address(), kGet, kPatience);
  ASSERT_TRUE(response.has_value());
  EXPECT_EQ(response->body, body);
}

TEST(HttpClientTest, TellsWhenNobodyListens) {
  const auto response = exchange(deserted_address(), kGet, kPatience);
  ASSERT_FALSE(response.has_value());
  EXPECT_EQ(response.error(), HttpError::refused);
}

TEST(HttpClientTest, GivesUpWhenTheAnswerDoesNotCome) {
  // A listener whose queue takes the connection and that never reads it.
  const int listener = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in name{};
  name.sin_family = AF_INET;
  name.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  ASSERT_EQ(::bind(listener, reinterpret_cast<sockaddr*>(&name), sizeof name), 0);
  ASSERT_EQ(::listen(listener, 1), 0);
  socklen_t size = sizeof name;
  ASSERT_EQ(::getsockname(listener, reinterpret_cast<sockaddr*>(&name), &size), 0);
  const auto response =
      exchange(Endpoint::ipv4(127, 0, 0, 1, ntohs(name.sin_port)), kGet, /*patience=*/20ms);
  ASSERT_FALSE(response.has_value());
  EXPECT_EQ(response.error(), HttpError::timed_out);
  ::close(listener);
}

TEST(HttpClientTest, RefusesAnAnswerThatIsCutShort) {
  const std::string whole = http_answer(200, "{}");
  for (size_t size = 0; size < whole.size(); ++size) {
    EXPECT_EQ(error_for(whole.substr(0, size)), HttpError::malformed) << size;
  }
}

TEST(HttpClientTest, RefusesWhatIsNotHttp) {
  EXPECT_EQ(error_for("SSH-2.0-OpenSSH_9.2\r\n\r\n"), HttpError::malformed);
  EXPECT_EQ(error_for("HTTP/2.0 200\r\n\r\n"), HttpError::malformed);
  EXPECT_EQ(error_for("HTTP/1.1 2x0 OK\r\n\r\n"), HttpError::malformed);
  EXPECT_EQ(error_for("HTTP/1.1 099 OK\r\n\r\n"), HttpError::malformed);
  EXPECT_EQ(error_for("HTTP/1.1 200 OK\r\nno colon\r\n\r\n"), HttpError::malformed);
  EXPECT_EQ(error_for(std::string(kHttpHeadSizeMax + 1, 'x')), HttpError::malformed);
}

TEST(HttpClientTest, RefusesLengthsThatItDoesNotUnderstand) {
  for (const char* header : {"Transfer-Encoding: chunked", "Content-Length: -1",
                             "Content-Length: 1x", "Content-Length:", "Content-Length: 99999999999",
                             "Content-Length: 2\r\nContent-Length: 2"}) {
    EXPECT_EQ(error_for(std::string("HTTP/1.1 200 OK\r\n") + header + "\r\n\r\n{}"),
              HttpError::malformed)
        << header;
  }
}

}  // namespace http_client_test
}  // namespace starling::cli
