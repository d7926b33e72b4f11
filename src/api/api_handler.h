// api/api_handler.h - what the server needs of whoever knows the answers.
#pragma once

#include <functional>
#include <memory>

#include "api/event_feed.h"
#include "api/http_message.h"
#include "api/responder.h"

namespace starling::api {

struct ApiHandler {
  // Called on the API thread for each request that passed the access rules, with all paths that the front
  // door does not answer itself; returns at once. Must be callable as long as the server runs.
  std::function<void(Request, Responder)> handle;
  // What GET /api/v1/events passes on.
  std::shared_ptr<EventFeed> events;
};

}  // namespace starling::api
