#include "api/front_door.h"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include "api/page_assets.h"
#include "http/json_response.h"

namespace starling::api {

namespace {

Response page_response(const Request& request, const PageAsset& asset) {
  if (request.method != "GET") return wrong_method("GET");
  return {.body = std::string(asset.bytes), .content_type = std::string(asset.content_type)};
}

}  // namespace

FrontDoor::Decision FrontDoor::decide(Instant now, const Request& request) {
  if (const auto source = access_.check_source(request); !source)
    return response_of(source.error());
  if (request.path.starts_with(kLoginPathPrefix)) return log_in(now, request);
  // The page itself is no secret; what it asks for needs its login.
  if (const PageAsset* asset = find_page_asset(request.path)) return page_response(request, *asset);
  const auto caller = access_.check_caller(request);
  if (!caller) return response_of(caller.error());
  if (request.path == kLoginCodePath) {
    if (request.method != "POST") return wrong_method("POST");
    if (*caller != Caller::program)
      return error_response(403, "only programs with the token can make login codes");
    return make_login_code(now);
  }
  if (request.path == kEventsPath) {
    if (request.method != "GET") return wrong_method("GET");
    if (request.is_websocket_upgrade) return Subscribe{};
    Response response = error_response(426, "this path is a WebSocket");
    response.headers.emplace_back("Upgrade", "websocket");
    return response;
  }
  return PassOn{};
}

Response FrontDoor::log_in(Instant now, const Request& request) {
  if (request.method != "GET") return wrong_method("GET");
  const auto cookie = access_.redeem_login_code(
      now, std::string_view(request.path).substr(kLoginPathPrefix.size()));
  if (!cookie)
    return error_response(403, "this login link was used already or is too old; make a new one");
  return {.status = 303, .body = "{}", .headers = {{"Location", "/"}, {"Set-Cookie", *cookie}}};
}

std::string FrontDoor::url_of(std::string_view code) const {
  return fmt::format("http://{}{}{}", to_text(bound_), kLoginPathPrefix, code);
}

Response FrontDoor::make_login_code(Instant now) {
  const std::string code = access_.make_login_code(now);
  return json_response(
      {{"code", code},
       {"url", url_of(code)},
       {"lifetime_s",
        std::chrono::duration_cast<std::chrono::seconds>(Access::kLoginCodeLifetime).count()}});
}

}  // namespace starling::api
