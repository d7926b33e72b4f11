#include "api/api_server.h"

#include <chrono>

#include "api/front_door.h"
#include "base/check.h"

namespace starling::api {
namespace {

Instant now() { return Instant(std::chrono::steady_clock::now().time_since_epoch()); }

// Access rules tell who may ask; these keep browsers from storing, guessing at or framing the answers.
http::Server::Headers security_headers() {
  return {{"Cache-Control", "no-store"},
          {"X-Content-Type-Options", "nosniff"},
          {"Content-Security-Policy", "default-src 'self'; frame-ancestors 'none'"}};
}

}  // namespace

std::expected<std::unique_ptr<ApiServer>, http::ListenError> ApiServer::start(
    const Endpoint& listen, const AccessToken& token, crypto::SecureRandom& random,
    ApiHandler handler, const http::Limits& limits) {
  STARLING_CHECK(handler.handle && handler.events);
  auto server = http::Server::listen(listen, security_headers(), limits);
  if (!server) return std::unexpected(server.error());
  const auto door = std::make_shared<FrontDoor>(token, (*server)->address(), random);
  std::string login_url = door->login_url(now());
  (*server)->serve([door, handler = std::move(handler)](Request request, const Responder& respond) {
    FrontDoor::Decision decision = door->decide(now(), request);
    if (auto* response = std::get_if<Response>(&decision)) return respond(std::move(*response));
    if (std::holds_alternative<FrontDoor::Subscribe>(decision))
      return respond(Response{.feed = handler.events});
    handler.handle(std::move(request), respond);
  });
  return std::unique_ptr<ApiServer>(new ApiServer(std::move(*server), std::move(login_url)));
}

}  // namespace starling::api
