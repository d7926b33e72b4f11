#include "api/node_api.h"

#include <nlohmann/json.hpp>

#include "api/node_json.h"

namespace starling::api {
namespace {

std::vector<Entry> all_entries() {
  std::vector<Entry> entries;
  for (const auto& group :
       {node_entries(), stream_entries(), content_entries(), message_entries()}) {
    entries.insert(entries.end(), group.begin(), group.end());
  }
  return entries;
}

}  // namespace

NodeApi::NodeApi(Desk::Post post, node::Node& node, Desk::Setup setup)
    : node_(node),
      desk_(std::make_shared<Desk>(std::move(post), node, std::move(setup))),
      events_(std::make_shared<EventFeed>()) {}

NodeApi::~NodeApi() { desk_->close(); }

ApiHandler NodeApi::handler() const {
  return {
      [desk = desk_, entries = all_entries()](const Request& request, const Responder& respond) {
        for (const Entry& entry : entries) {
          if (entry.path != request.path) continue;
          if (entry.method != request.method) return respond(wrong_method(entry.method));
          return entry.answer(desk, request, respond);
        }
        respond(error_response(404, "there is nothing at this path"));
      },
      events_};
}

void NodeApi::handle_event(const node::NodeEvent& event) {
  events_->publish(text_of_json(event_json(event, node_)));
}

void NodeApi::set_gateway(const std::optional<Endpoint>& address) {
  desk_->setup.gateway = address;
}

std::vector<Entry> NodeApi::routes() { return all_entries(); }

}  // namespace starling::api
