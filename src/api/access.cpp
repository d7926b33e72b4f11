#include "api/access.h"

#include <algorithm>
#include <fmt/core.h>

#include "base/base32.h"
#include "http/json_response.h"

namespace starling::api {
namespace {

std::string lower_case(std::string_view text) {
  std::string result(text);
  for (char& c : result) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return result;
}

bool contains(const std::vector<std::string>& names, std::string_view text) {
  return std::find(names.begin(), names.end(), lower_case(text)) != names.end();
}

// The text of `endpoint` without its port: "127.0.0.1", "[::1]".
std::string host_of(const Endpoint& endpoint) {
  const std::string text = to_text(endpoint);
  return text.substr(0, text.rfind(':'));
}

bool changes_something(const Request& request) {
  // A WebSocket changes nothing, but unlike other answers, a page of any origin could read it.
  return (request.method != "GET" && request.method != "HEAD") || request.is_websocket_upgrade;
}

}  // namespace

Response response_of(Denial denial) {
  switch (denial) {
    case Denial::foreign_host:
      return error_response(
          403,
          "the Host header must name this computer: 127.0.0.1, localhost or [::1], and this port");
    case Denial::foreign_origin:
      return error_response(403, "pages of other origins may not use this API");
    case Denial::not_from_the_page:
      return error_response(403, "with a cookie, this request must come from the node's own page");
    case Denial::no_credentials:
    case Denial::wrong_token:
    case Denial::wrong_cookie:
      break;
  }
  Response response =
      error_response(401, denial == Denial::no_credentials
                              ? "the token of this node is needed: Authorization: Bearer <token>"
                          : denial == Denial::wrong_token
                              ? "this is not the token of this node; it changes with every start"
                              : "this login is over; make a new one");
  response.headers.emplace_back("WWW-Authenticate", "Bearer");
  return response;
}

Access::Access(const AccessToken& token, const Endpoint& bound, crypto::SecureRandom& random)
    : token_(token), random_(random) {
  for (const std::string& host :
       {std::string("127.0.0.1"), std::string("localhost"), std::string("[::1]"), host_of(bound)}) {
    const std::string host_and_port = fmt::format("{}:{}", host, bound.port);
    own_hosts_.push_back(host);
    own_hosts_.push_back(host_and_port);
    own_origins_.push_back("http://" + host_and_port);
    // Browsers leave the port of the scheme out.
    if (bound.port == 80) own_origins_.push_back("http://" + host);
  }
}

std::expected<void, Denial> Access::check_source(const Request& request) const {
  if (!request.host || !contains(own_hosts_, *request.host))
    return std::unexpected(Denial::foreign_host);
  if (request.origin && !contains(own_origins_, *request.origin))
    return std::unexpected(Denial::foreign_origin);
  return {};
}

std::expected<Caller, Denial> Access::check_caller(const Request& request) const {
  if (request.authorization) {
    if (!is_own_token(*request.authorization)) return std::unexpected(Denial::wrong_token);
    return Caller::program;
  }
  if (!request.cookie) return std::unexpected(Denial::no_credentials);
  if (!has_session(*request.cookie)) return std::unexpected(Denial::wrong_cookie);
  const bool from_the_page = request.origin || request.sec_fetch_site == "same-origin";
  if (changes_something(request) && !from_the_page)
    return std::unexpected(Denial::not_from_the_page);
  return Caller::page;
}

bool Access::is_own_token(std::string_view authorization) const {
  constexpr std::string_view kScheme = "bearer ";
  if (lower_case(authorization.substr(0, kScheme.size())) != kScheme) return false;
  auto shown = from_hex(authorization.substr(kScheme.size()));
  if (!shown) return false;
  const bool same = crypto::equal_in_constant_time(*shown, token_.reveal());
  crypto::wipe(*shown);
  return same;
}

// "a=b; starling=<hex>; c=d" (RFC 6265 section 4.2). Several of our name can come, set for different paths.
bool Access::has_session(std::string_view cookie) const {
  while (!cookie.empty()) {
    const size_t end = std::min(cookie.find(';'), cookie.size());
    std::string_view pair = cookie.substr(0, end);
    cookie.remove_prefix(std::min(end + 1, cookie.size()));
    while (pair.starts_with(' ')) pair.remove_prefix(1);
    const size_t equals = pair.find('=');
    if (equals == std::string_view::npos || pair.substr(0, equals) != kCookieName) continue;
    const auto shown = from_hex(pair.substr(equals + 1));
    if (!shown) continue;
    bool found = false;
    for (const Session& session : sessions_)
      found |= crypto::equal_in_constant_time(*shown, session.reveal());
    if (found) return true;
  }
  return false;
}

std::string Access::make_login_code(Instant now) {
  if (codes_.size() == kLoginCodesMax) codes_.pop_front();
  codes_.push_back({random_.secret<LoginCode>(), now + kLoginCodeLifetime});
  return to_base32(codes_.back().code.reveal());
}

std::optional<std::string> Access::redeem_login_code(Instant now, std::string_view code) {
  std::erase_if(codes_, [&](const PendingCode& pending) { return pending.expires <= now; });
  const auto shown = from_base32(code);
  if (!shown) return std::nullopt;
  const size_t erased = std::erase_if(codes_, [&](const PendingCode& pending) {
    return crypto::equal_in_constant_time(*shown, pending.code.reveal());
  });
  if (erased == 0) return std::nullopt;
  if (sessions_.size() == kSessionsMax) sessions_.pop_front();
  sessions_.push_back(random_.secret<Session>());
  return fmt::format("{}={}; HttpOnly; SameSite=Strict; Path=/", kCookieName,
                     to_hex(sessions_.back().reveal()));
}

}  // namespace starling::api
