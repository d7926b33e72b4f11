#include "api/access.h"

#include <gtest/gtest.h>

#include "base/bytes.h"

namespace starling::api {
namespace access_test {

constexpr uint16_t kPort = 7118;

class AccessTest : public testing::Test {
 protected:
  AccessTest() { own_.host = "127.0.0.1:7118"; }

  std::string log_in() {
    const std::string code = access_.make_login_code(now_);
    const std::string header = access_.redeem_login_code(now_, code).value();
    return header.substr(0, header.find(';'));
  }
  std::expected<void, Denial> from_host(const std::string& host) {
    Request request;
    request.host = host;
    return access_.check_source(request);
  }
  std::expected<void, Denial> from_origin(const std::string& origin) {
    Request request = own_;
    request.origin = origin;
    return access_.check_source(request);
  }
  std::expected<Caller, Denial> with_authorization(const std::string& text) {
    Request request = own_;
    request.authorization = text;
    return access_.check_caller(request);
  }

  Instant now_{1000s};
  crypto::SeededRandom random_{1};
  AccessToken token_ = random_.secret<AccessToken>();
  std::string token_text_ = to_hex(token_.reveal());
  Access access_{token_, Endpoint::ipv4(127, 0, 0, 1, kPort), random_};
  Request own_{.method = "GET", .path = "/"};
};

TEST_F(AccessTest, KnowsTheNamesOfThisComputer) {
  for (const char* host : {"127.0.0.1", "127.0.0.1:7118", "localhost", "localhost:7118",
                           "LocalHost:7118", "[::1]", "[::1]:7118"}) {
    EXPECT_TRUE(from_host(host)) << host;
  }
}

TEST_F(AccessTest, RefusesEveryOtherHostSoThatAStrangersNameCannotMeanThisComputer) {
  for (const char* host :
       {"", "evil.example", "evil.example:7118", "127.0.0.1:7119", "127.0.0.1.evil.example",
        "localhost.", "localhost:", "127.1", "0.0.0.0:7118", "::1", "[::1]:80", "127.0.0.1:7118 ",
        "a@127.0.0.1:7118", "127.0.0.1:07118"}) {
    EXPECT_EQ(from_host(host).error(), Denial::foreign_host) << host;
  }
  EXPECT_EQ(access_.check_source({}).error(), Denial::foreign_host);
}

TEST_F(AccessTest, TakesTheAddressThatItListensOnAsAHost) {
  const Access access(token_, Endpoint::ipv4(127, 0, 0, 9, kPort), random_);
  Request request;
  request.host = "127.0.0.9:7118";
  EXPECT_TRUE(access.check_source(request));
}

TEST_F(AccessTest, RefusesPagesOfOtherOrigins) {
  EXPECT_TRUE(from_origin("http://127.0.0.1:7118"));
  EXPECT_TRUE(from_origin("http://localhost:7118"));
  EXPECT_TRUE(from_origin("http://[::1]:7118"));
  for (const char* origin :
       {"", "null", "http://evil.example", "http://127.0.0.1", "http://localhost:7119",
        "https://localhost:7118", "http://s.localhost:7118", "localhost:7118",
        "http://localhost:7118/"}) {
    EXPECT_EQ(from_origin(origin).error(), Denial::foreign_origin) << origin;
  }
}

TEST_F(AccessTest, TakesAnOriginWithoutPortOnlyWhereThatIsItsOwnPort) {
  const Access access(token_, Endpoint::ipv4(127, 0, 0, 1, 80), random_);
  Request request;
  request.host = "localhost";
  request.origin = "http://localhost";
  EXPECT_TRUE(access.check_source(request));
}

TEST_F(AccessTest, LetsAProgramInWithTheToken) {
  EXPECT_EQ(with_authorization("Bearer " + token_text_), Caller::program);
  EXPECT_EQ(with_authorization("bearer " + token_text_), Caller::program);
}

TEST_F(AccessTest, RefusesEveryOtherAuthorization) {
  EXPECT_EQ(access_.check_caller(own_).error(), Denial::no_credentials);
  std::string other = token_text_;
  other.back() = other.back() == '0' ? '1' : '0';
  for (const std::string& text :
       {std::string(), std::string("Bearer"), std::string("Bearer "), token_text_,
        "Basic " + token_text_, "Bearer " + other, "Bearer " + token_text_ + "00",
        "Bearer " + token_text_.substr(2), "Bearer  " + token_text_}) {
    EXPECT_EQ(with_authorization(text).error(), Denial::wrong_token) << text;
  }
}

TEST_F(AccessTest, ExchangesALoginCodeForACookieOnce) {
  const std::string code = access_.make_login_code(now_);
  EXPECT_EQ(code.size(), 26U);
  const auto header = access_.redeem_login_code(now_, code);
  ASSERT_TRUE(header);
  EXPECT_EQ(header->substr(0, 9), "starling=");
  EXPECT_EQ(header->substr(9 + 64), "; HttpOnly; SameSite=Strict; Path=/");
  EXPECT_FALSE(access_.redeem_login_code(now_, code));
  own_.cookie = header->substr(0, header->find(';'));
  EXPECT_EQ(access_.check_caller(own_), Caller::page);
}

TEST_F(AccessTest, ForgetsALoginCodeAfterItsLifetime) {
  const std::string code = access_.make_login_code(now_);
  EXPECT_FALSE(access_.redeem_login_code(now_ + Access::kLoginCodeLifetime, code));
  const std::string fresh = access_.make_login_code(now_);
  EXPECT_TRUE(access_.redeem_login_code(now_ + Access::kLoginCodeLifetime - 1s, fresh));
}

TEST_F(AccessTest, RefusesLoginCodesThatItNeverGave) {
  const std::string code = access_.make_login_code(now_);
  for (const std::string& other :
       {std::string(), std::string("a"), code.substr(1), code + "a", std::string(26, 'a'),
        std::string(52, 'a'), std::string("../../x")}) {
    EXPECT_FALSE(access_.redeem_login_code(now_, other)) << other;
  }
}

TEST_F(AccessTest, KeepsTheNewestLoginCodesAndSessions) {
  const std::string first_code = access_.make_login_code(now_);
  for (size_t i = 0; i < Access::kLoginCodesMax; ++i) access_.make_login_code(now_);
  EXPECT_FALSE(access_.redeem_login_code(now_, first_code));
  own_.cookie = log_in();
  for (size_t i = 1; i < Access::kSessionsMax; ++i) log_in();
  EXPECT_TRUE(access_.check_caller(own_));
  log_in();
  EXPECT_EQ(access_.check_caller(own_).error(), Denial::wrong_cookie);
}

TEST_F(AccessTest, FindsItsCookieAmongOthers) {
  const std::string cookie = log_in();
  for (const std::string& text :
       {"a=b; " + cookie, cookie + "; a=b", "starling=00; " + cookie, ";;" + cookie}) {
    own_.cookie = text;
    EXPECT_TRUE(access_.check_caller(own_)) << text;
  }
  for (const std::string& text : {std::string(), std::string("starling"), std::string("starling="),
                                  "x" + cookie, cookie + "00", "a=" + cookie}) {
    own_.cookie = text;
    EXPECT_EQ(access_.check_caller(own_).error(), Denial::wrong_cookie) << text;
  }
}

TEST_F(AccessTest, AWrongTokenIsNotMendedByACookie) {
  own_.cookie = log_in();
  own_.authorization = "Bearer 00";
  EXPECT_EQ(access_.check_caller(own_).error(), Denial::wrong_token);
}

TEST_F(AccessTest, ChangesWithACookieMustVisiblyComeFromThePage) {
  own_.cookie = log_in();
  own_.method = "POST";
  EXPECT_EQ(access_.check_caller(own_).error(), Denial::not_from_the_page);
  own_.sec_fetch_site = "same-site";
  EXPECT_EQ(access_.check_caller(own_).error(), Denial::not_from_the_page);
  own_.sec_fetch_site = "same-origin";
  EXPECT_TRUE(access_.check_caller(own_));
  own_.sec_fetch_site.reset();
  own_.origin = "http://127.0.0.1:7118";
  EXPECT_TRUE(access_.check_caller(own_));
}

TEST_F(AccessTest, AWebSocketWithACookieMustComeFromThePageToo) {
  own_.cookie = log_in();
  own_.is_websocket_upgrade = true;
  EXPECT_EQ(access_.check_caller(own_).error(), Denial::not_from_the_page);
  own_.origin = "http://127.0.0.1:7118";
  EXPECT_TRUE(access_.check_caller(own_));
}

TEST_F(AccessTest, AProgramNeedsNoOriginForChanges) {
  own_.method = "POST";
  own_.authorization = "Bearer " + token_text_;
  EXPECT_EQ(access_.check_caller(own_), Caller::program);
}

TEST_F(AccessTest, SaysWhatIsMissing) {
  EXPECT_EQ(response_of(Denial::foreign_host).status, 403);
  EXPECT_EQ(response_of(Denial::foreign_origin).status, 403);
  EXPECT_EQ(response_of(Denial::not_from_the_page).status, 403);
  for (const Denial denial : {Denial::no_credentials, Denial::wrong_token, Denial::wrong_cookie}) {
    const Response response = response_of(denial);
    EXPECT_EQ(response.status, 401);
    ASSERT_EQ(response.headers.size(), 1U);
    EXPECT_EQ(response.headers[0].first, "WWW-Authenticate");
    EXPECT_EQ(response.body.find("{\"error\":\""), 0U);
  }
}

}  // namespace access_test
}  // namespace starling::api
