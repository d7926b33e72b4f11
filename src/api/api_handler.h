// api/api_handler.h - what the server needs of whoever knows the answers.
#pragma once

#include <functional>
#include <memory>

#include "http/event_feed.h"
#include "http/json_response.h"
#include "http/message.h"
#include "http/responder.h"

namespace starling::api {

using http::error_response;
using http::EventFeed;
using http::json_response;
using http::Request;
using http::Responder;
using http::Response;
using http::text_of_json;
using http::wrong_method;

struct ApiHandler {
  // Called on the API thread for each request that passed the access rules, with all paths that the front
  // door does not answer itself; returns at once. Must be callable as long as the server runs.
  std::function<void(Request, Responder)> handle;
  // What GET /api/v1/events passes on.
  std::shared_ptr<EventFeed> events;
};

}  // namespace starling::api
