// api/access.h - who may talk to the API.
//
// How:     check_source() for every request, then check_caller() for those that need rights; the page of a
//          browser gets them by a login code that a program asked for.
// Time:    `now` of the caller's monotonic clock.  Threads: single owner.
#pragma once

#include <deque>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "api/api_handler.h"
#include "base/endpoint.h"
#include "base/time.h"
#include "crypto/secret.h"
#include "crypto/secure_random.h"

namespace starling::api {

// Who has it commands the node. As text 64 hexadecimal digits.
using AccessToken = crypto::Secret<32, struct AccessTokenTag>;

enum class Denial : uint8_t {
  foreign_host,
  foreign_origin,
  no_credentials,
  wrong_token,
  wrong_cookie,
  not_from_the_page,  // a cookie alone does not prove that the owner's page asked
};
// 401 or 403, and a sentence that says what to do.
Response response_of(Denial denial);

enum class Caller : uint8_t { program, page };

// Rules, and the attack that each answers (the attackers are other users of this computer, and pages of
// strangers in the owner's browser, which can send requests here):
//  - the Host header names this computer: a stranger's DNS name that suddenly means 127.0.0.1 is refused;
//  - an Origin header, if there is one, is ours: pages of other origins are refused, other ports of this
//    computer too;
//  - programs show the token, compared in constant time: other users cannot read or guess it;
//  - a browser gets a cookie for a login code of 128 random bits that works once and briefly: a code left
//    behind in a history is worth nothing, and the token is never in a browser;
//  - with the cookie, what changes something must visibly come from our own page: browsers send cookies along
//    with requests from other ports of this computer, which SameSite does not tell apart.
class Access {
 public:
  static constexpr Duration kLoginCodeLifetime = 10min;
  // A person opens one page at a time. Overflow policy of both: the oldest is forgotten.
  static constexpr size_t kLoginCodesMax = 16;
  static constexpr size_t kSessionsMax = 16;
  static constexpr std::string_view kCookieName = "starling";

  // `bound` is where the server listens, with its real port. `random` is borrowed and must outlive this
  // object.
  Access(const AccessToken& token, const Endpoint& bound, crypto::SecureRandom& random);

  [[nodiscard]] std::expected<void, Denial> check_source(const Request& request) const;
  // Pre: check_source() passed. An Authorization header decides alone, whatever the cookie.
  [[nodiscard]] std::expected<Caller, Denial> check_caller(const Request& request) const;

  // 26 characters, fit for a path.
  std::string make_login_code(Instant now);
  // The value of a Set-Cookie header; empty when the code is unknown, used or too old.
  std::optional<std::string> redeem_login_code(Instant now, std::string_view code);

 private:
  using LoginCode = crypto::Secret<16, struct LoginCodeTag>;
  using Session = crypto::Secret<32, struct SessionTag>;
  struct PendingCode {
    LoginCode code;
    Instant expires;
  };

  [[nodiscard]] bool is_own_token(std::string_view authorization) const;
  [[nodiscard]] bool has_session(std::string_view cookie) const;

  AccessToken token_;
  crypto::SecureRandom& random_;
  std::vector<std::string> own_hosts_;
  std::vector<std::string> own_origins_;
  std::deque<PendingCode> codes_;
  std::deque<Session> sessions_;
};

}  // namespace starling::api
