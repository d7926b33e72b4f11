#include "api/node_api.h"

#include <algorithm>
#include <array>
#include <fmt/core.h>
#include <mutex>
#include <nlohmann/json.hpp>

#include "api/node_json.h"
#include "crypto/key_text.h"
#include "crypto/mesh_address.h"
#include "http/json_response.h"

namespace starling::api {
namespace {

using nlohmann::json;

// A handler has to answer within 60 s.
constexpr std::chrono::milliseconds kPingPatienceMax{50'000};

Response response_of(reach::InviteError error) {
  switch (error) {
    case reach::InviteError::too_many_open:
      return error_response(
          409, fmt::format("{} invitations are open already; wait until some are used or expire",
                           reach::Invitations::kOpenMax));
    case reach::InviteError::lifetime_out_of_range:
      return error_response(400, fmt::format("lifetime_s must be from 1 to {}",
                                             reach::Invitations::kLifetimeMax.count()));
    case reach::InviteError::not_stored:
      break;
  }
  return error_response(500, "the invitation could not be written to the disk");
}

// The members of a request's body, all of them known; an empty body has none.
std::expected<json, Response> parse_members(const std::string& body,
                                            std::initializer_list<std::string_view> known) {
  if (body.empty()) return json::object();
  json members = json::parse(body, nullptr, /*allow_exceptions=*/false);
  if (!members.is_object())
    return std::unexpected(error_response(400, "the body must be one JSON object"));
  for (const auto& [name, value] : members.items()) {
    if (std::find(known.begin(), known.end(), name) == known.end()) {
      return std::unexpected(
          error_response(400, fmt::format("'{}' is not a member of this request", name)));
    }
  }
  return members;
}

}  // namespace

// Shared with the handlers and with the tasks on their way, which all may outlive the NodeApi.
class NodeApi::Desk : public std::enable_shared_from_this<Desk> {
 public:
  Desk(Post post, node::Node& node, Setup setup)
      : post_(std::move(post)), node_(&node), setup_(std::move(setup)) {}

  // Network thread.
  void close() {
    const std::lock_guard lock(post_mutex_);
    post_ = nullptr;
    node_ = nullptr;
  }

  // Any thread.
  void handle(const Request& request, const Responder& respond) {
    const auto at_path = [&](const Entry& entry) { return entry.route.path == request.path; };
    const auto entry = std::find_if(kEntries.begin(), kEntries.end(), at_path);
    if (entry == kEntries.end())
      return respond(error_response(404, "there is nothing at this path"));
    if (entry->route.method != request.method) return respond(wrong_method(entry->route.method));
    (this->*entry->answer)(request, respond);
  }

  struct Entry {
    Route route;
    void (Desk::*answer)(const Request&, const Responder&);
  };
  static const std::array<Entry, 7> kEntries;  // one method for each path

 private:
  void status(const Request&, const Responder& respond) {
    with_node([this, respond](node::Node& node) {
      respond(json_response(status_json(node.status(), setup_.version)));
    });
  }

  void peers(const Request&, const Responder& respond) {
    with_node([respond](node::Node& node) {
      respond(json_response(peers_json(node.peers(), node.dialing())));
    });
  }

  void invite(const Request& request, const Responder& respond) {
    const auto members = parse_members(request.body, {"lifetime_s"});
    if (!members) return respond(members.error());
    std::chrono::seconds lifetime = reach::Invitations::kLifetimeDefault;
    if (const auto member = members->find("lifetime_s"); member != members->end()) {
      if (!member->is_number_integer())
        return respond(error_response(400, "lifetime_s must be a whole number"));
      // Out of range is out of range: the largest that fits is refused as well as larger ones.
      const bool too_large = member->is_number_unsigned() && member->get<uint64_t>() > INT32_MAX;
      lifetime = std::chrono::seconds(too_large ? INT32_MAX : member->get<int64_t>());
    }
    with_node([respond, lifetime](node::Node& node) {
      node.invite(lifetime,
                  [respond](const std::expected<reach::PeerUri, reach::InviteError>& uri) {
                    if (!uri) return respond(response_of(uri.error()));
                    respond(json_response({{"link", reach::to_text(*uri)},
                                           {"expires_unix_s", uri->expires_unix_s.value_or(0)}}));
                  });
    });
  }

  void join(const Request& request, const Responder& respond) {
    const auto members = parse_members(request.body, {"link"});
    if (!members) return respond(members.error());
    const auto member = members->find("link");
    if (member == members->end() || !member->is_string()) {
      return respond(error_response(400, "link is missing: the text of an invitation"));
    }
    const auto uri = reach::parse_peer_uri(member->get_ref<const std::string&>());
    if (!uri) return respond(error_response(400, reach::describe(uri.error())));
    with_node([respond, uri = *uri](node::Node& node) {
      node.join(uri, [respond](node::JoinOutcome outcome) {
        respond(json_response({{"outcome", name_of(outcome)}}));
      });
    });
  }

  void ping(const Request& request, const Responder& respond) {
    const auto members = parse_members(request.body, {"node", "patience_ms"});
    if (!members) return respond(members.error());
    const auto whom = members->find("node");
    if (whom == members->end() || !whom->is_string()) {
      return respond(error_response(400, "node is missing: a key or an IPv6 address"));
    }
    Duration patience = node::Pinger::kPatience;
    if (const auto member = members->find("patience_ms"); member != members->end()) {
      const bool in_range =
          member->is_number_integer() && *member >= 1 && *member <= kPingPatienceMax.count();
      if (!in_range) return respond(error_response(400, "patience_ms must be from 1 to 50000"));
      patience = std::chrono::milliseconds(member->get<int64_t>());
    }
    const auto& text = whom->get_ref<const std::string&>();
    const auto key = crypto::parse_node_key(text);
    const auto address = crypto::parse_mesh_address(text);
    if (!key && !address) {
      return respond(error_response(
          400, "this is neither a node's key (k...) nor its IPv6 address (fd53:54...)"));
    }
    with_node([respond, key, address, patience](node::Node& node) {
      const auto ask = [respond, patience, &node](const crypto::NodeKey& found) {
        node.pinger().ping(
            crypto::node_id_of(found),
            [respond, &node](const node::PingResult& result) {
              respond(json_response(ping_json(result, node.mesh())));
            },
            patience);
      };
      if (key) return ask(*key);
      node.mesh().find_key(*address, [respond, ask](const std::optional<crypto::NodeKey>& found) {
        if (found) return ask(*found);
        respond(error_response(404, "nobody with this address was found"));
      });
    });
  }

  void show_routes(const Request&, const Responder& respond) {
    with_node([respond](node::Node& node) {
      respond(json_response(routes_json(node.mesh().router().table())));
    });
  }

  void stop(const Request& request, const Responder& respond) {
    const auto members = parse_members(request.body, {});
    if (!members) return respond(members.error());
    with_node([this, respond](node::Node&) {
      respond(json_response({{"state", "stopping"}}));
      if (const auto call = std::exchange(setup_.stop, {})) call();
    });
  }

  // A responder in a task that is not run answers by itself.
  void with_node(std::function<void(node::Node&)> ask) {
    const std::lock_guard lock(post_mutex_);
    if (!post_) return;
    post_([self = shared_from_this(), ask = std::move(ask)] {
      if (self->node_) ask(*self->node_);
    });
  }

  std::mutex post_mutex_;
  Post post_;         // empty when closed
  node::Node* node_;  // network thread only; null when closed
  Setup setup_;       // stop: network thread only
};

const std::array<NodeApi::Desk::Entry, 7> NodeApi::Desk::kEntries = {{
    {{"GET", "/api/v1/status"}, &Desk::status},
    {{"GET", "/api/v1/peers"}, &Desk::peers},
    {{"POST", "/api/v1/invite"}, &Desk::invite},
    {{"POST", "/api/v1/join"}, &Desk::join},
    {{"POST", "/api/v1/ping"}, &Desk::ping},
    {{"GET", "/api/v1/routes"}, &Desk::show_routes},
    {{"POST", "/api/v1/stop"}, &Desk::stop},
}};

NodeApi::NodeApi(Post post, node::Node& node, Setup setup)
    : desk_(std::make_shared<Desk>(std::move(post), node, std::move(setup))),
      events_(std::make_shared<EventFeed>()) {}

NodeApi::~NodeApi() { desk_->close(); }

ApiHandler NodeApi::handler() const {
  return {[desk = desk_](const Request& request, const Responder& respond) {
            desk->handle(request, respond);
          },
          events_};
}

void NodeApi::handle_event(const node::NodeEvent& event) {
  events_->publish(text_of_json(event_json(event)));
}

std::vector<NodeApi::Route> NodeApi::routes() {
  std::vector<Route> routes;
  for (const Desk::Entry& entry : Desk::kEntries) routes.push_back(entry.route);
  return routes;
}

}  // namespace starling::api
