// api/front_door.h - decides about each request before anybody else sees it: access, login, the page's files, events, or pass
// it on.
//
// Threads: single owner.
#pragma once

#include <string_view>
#include <variant>

#include "api/access.h"
#include "api/api_handler.h"

namespace starling::api {

inline constexpr std::string_view kEventsPath = "/api/v1/events";
inline constexpr std::string_view kLoginCodePath = "/api/v1/login-code";
// Followed by the code.
inline constexpr std::string_view kLoginPathPrefix = "/login/";

class FrontDoor {
 public:
  // As Access.
  FrontDoor(const AccessToken& token, const Endpoint& bound, crypto::SecureRandom& random)
      : access_(token, bound, random), bound_(bound) {}

  struct PassOn {};     // to the handler
  struct Subscribe {};  // a WebSocket that watches events
  using Decision = std::variant<Response, PassOn, Subscribe>;
  [[nodiscard]] Decision decide(Instant now, const Request& request);
  // Where a browser logs in, once, within Access::kLoginCodeLifetime.
  std::string login_url(Instant now) { return url_of(access_.make_login_code(now)); }

 private:
  Response log_in(Instant now, const Request& request);
  Response make_login_code(Instant now);
  [[nodiscard]] std::string url_of(std::string_view code) const;

  Access access_;
  Endpoint bound_;
};

}  // namespace starling::api
