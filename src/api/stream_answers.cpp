// Streams to other nodes, for any program: the connection that asks becomes the stream.
#include <array>
#include <fmt/core.h>
#include <set>

#include "api/desk.h"
#include "api/members.h"
#include "api/stream_services.h"
#include "crypto/key_text.h"

namespace starling::api {
namespace {

using DeskPointer = std::shared_ptr<Desk>;

Response upgrade_required() {
  Response response =
      error_response(426,
                     "this connection is to become a stream: send Connection: Upgrade and Upgrade: "
                     "starling-stream");
  response.headers.emplace_back("Upgrade", "starling-stream");
  return response;
}

Response response_of(session::OpenError error) {
  switch (error) {
    case session::OpenError::bad_service_name:
      return error_response(
          400, "the name of a service has 1 to 64 characters of a-z, 0-9, '.', '/', '_' and '-'");
    case session::OpenError::own_key:
      return error_response(400, "this is the key of this very node");
    case session::OpenError::too_many_streams:
      return error_response(409, "as many streams to that node are open as may be");
    case session::OpenError::too_many_connections:
      break;
  }
  return error_response(409, "this node has as many sessions as it may");
}

Response response_of(session::StreamEnd end) {
  switch (end) {
    case session::StreamEnd::refused:
      return error_response(403, "that node does not offer this service to us");
    case session::StreamEnd::peer_refused:
      return error_response(503, "that node has as many sessions as it may");
    case session::StreamEnd::wrong_key:
      return error_response(502, "another node answered in the place of that one");
    case session::StreamEnd::unreachable:
    case session::StreamEnd::peer_dead:
      return error_response(504, "that node does not answer");
    default:
      return error_response(502, "that node ended the session");
  }
}

// "all", or node keys between commas.
std::expected<session::SessionLayer::Policy, Response> policy_of(std::string_view allow) {
  if (allow == "all") return session::SessionLayer::allow_all();
  std::set<crypto::NodeKey> peers;
  while (!allow.empty()) {
    const size_t end = std::min(allow.find(','), allow.size());
    const auto key = crypto::parse_node_key(allow.substr(0, end));
    if (!key)
      return std::unexpected(error_response(400, "allow is 'all', or node keys between commas"));
    peers.insert(*key);
    allow.remove_prefix(std::min(end + 1, allow.size()));
  }
  return session::SessionLayer::allow_only(std::move(peers));
}

void connect(const DeskPointer& desk, const Request& request, const Responder& respond) {
  const auto fields = parse_query(request.query, {"node", "service"});
  if (!fields) return respond(fields.error());
  const auto node_field = fields->find("node");
  const auto service = fields->find("service");
  const auto key =
      node_field == fields->end() ? std::nullopt : crypto::parse_node_key(node_field->second);
  if (!key || service == fields->end()) {
    return respond(error_response(400, "node (its key, k...) and service are needed"));
  }
  if (!request.is_tunnel_upgrade) return respond(upgrade_required());
  desk->with_node([desk, respond, key = *key, service = service->second](node::Node& node) {
    auto tunnel = std::make_shared<StreamTunnel>(desk);
    // Until the answer is out nobody else holds the tunnel.
    auto handlers = tunnel->handlers(node.sessions(), [respond, tunnel](const auto& failure) {
      if (failure) return respond(response_of(*failure));
      respond(Response{.status = 101, .tunnel = tunnel});
    });
    const auto stream = node.sessions().open(key, service, std::move(handlers));
    if (!stream) return respond(response_of(stream.error()));
    tunnel->set_stream(*stream);
  });
}

void listen(const DeskPointer& desk, const Request& request, const Responder& respond) {
  const auto fields = parse_query(request.query, {"service", "allow"});
  if (!fields) return respond(fields.error());
  const auto service = fields->find("service");
  const auto allow = fields->find("allow");
  if (service == fields->end() || allow == fields->end()) {
    return respond(error_response(
        400, "service and allow are needed: nobody is admitted unless it is said who"));
  }
  auto policy = policy_of(allow->second);
  if (!policy) return respond(policy.error());
  if (service->second.starts_with(StreamServices::kReservedPrefix)) {
    return respond(error_response(403, "services that begin with 'starling.' are the node's own"));
  }
  if (!request.is_tunnel_upgrade) return respond(upgrade_required());
  desk->with_node(
      [desk, respond, service = service->second, policy = std::move(*policy)](node::Node& node) {
        if (!desk->services) desk->services = std::make_unique<StreamServices>(node, desk);
        desk->services->wait(service, policy, respond);
      });
}

constexpr std::array kStreamEntries = std::to_array<Entry>({
    {"GET", "/api/v1/connect", connect},
    {"GET", "/api/v1/listen", listen},
});

}  // namespace

std::span<const Entry> stream_entries() { return kStreamEntries; }

}  // namespace starling::api
