#include "api/api_server.h"

#include <chrono>
#include <fmt/core.h>

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
  (*server)->serve([door, handler = std::move(handler)](Request request, const Responder& respond) {
    FrontDoor::Decision decision = door->decide(now(), request);
    if (auto* response = std::get_if<Response>(&decision)) return respond(std::move(*response));
    if (std::holds_alternative<FrontDoor::Subscribe>(decision))
      return respond(Response{.feed = handler.events});
    handler.handle(std::move(request), respond);
  });
  return std::unique_ptr<ApiServer>(new ApiServer(std::move(*server)));
}

std::string describe(http::ListenError error, const Endpoint& listen) {
  const std::string address = to_text(listen);
  switch (error) {
    case http::ListenError::not_loopback:
      return fmt::format("the API must listen on a loopback address such as 127.0.0.1, not on {}",
                         address);
    case http::ListenError::address_in_use:
      return fmt::format(
          "cannot serve the API at {}: another program uses this port; choose another with --api",
          address);
    case http::ListenError::address_not_available:
      return fmt::format("cannot serve the API at {}: this computer does not have that address",
                         address);
    case http::ListenError::not_permitted:
      return fmt::format(
          "cannot serve the API at {}: this user may not use that port; choose one above 1023",
          address);
    case http::ListenError::failed:
      break;
  }
  return fmt::format("cannot serve the API at {}: the operating system refused", address);
}

}  // namespace starling::api
