// What the node is and whom it knows.

#include <algorithm>
#include <array>
#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include "api/desk.h"
#include "api/members.h"
#include "api/node_json.h"
#include "api/qr_rows.h"
#include "api/way_json.h"
#include "crypto/key_text.h"
#include "crypto/mesh_address.h"

namespace starling::api {
namespace {

using nlohmann::json;
using DeskPointer = std::shared_ptr<Desk>;

// A handler has to answer within 60 s.
constexpr std::chrono::milliseconds kPingPatienceMax{50'000};

// The node that a request is about.
struct Whom {
  std::optional<crypto::NodeKey> key;
  std::optional<crypto::MeshAddress> address;
};

// The error is the answer to give.
std::expected<Whom, Response> whom_of(const json& members) {
  const auto member = members.find("node");
  if (member == members.end() || !member->is_string()) {
    return std::unexpected(error_response(400, "node is missing: a key or an IPv6 address"));
  }
  const auto& text = member->get_ref<const std::string&>();
  const Whom whom{crypto::parse_node_key(text), crypto::parse_mesh_address(text)};
  if (whom.key || whom.address) return whom;
  return std::unexpected(
      error_response(400, "this is neither a node's key (k...) nor its IPv6 address (fd53:54...)"));
}

// Calls `use` with the key, which the directory may have to be asked for; or answers that there is none.
void find_key_of(const Whom& whom, node::Node& node, const Responder& respond,
                 std::function<void(const crypto::NodeKey&)> use) {
  if (whom.key) return use(*whom.key);
  node.mesh().find_key(
      *whom.address, [respond, use = std::move(use)](const std::optional<crypto::NodeKey>& found) {
        if (found) return use(*found);
        respond(error_response(404, "nobody with this address was found"));
      });
}

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

void status(const DeskPointer& desk, const Request& /*request*/, const Responder& respond) {
  desk->with_node([desk, respond](node::Node& node) {
    respond(json_response(status_json(node.status(), desk->setup.version)));
  });
}

void peers(const DeskPointer& desk, const Request& /*request*/, const Responder& respond) {
  desk->with_node([respond](node::Node& node) {
    respond(json_response(peers_json(node.peers(), node.dialing())));
  });
}

void invite(const DeskPointer& desk, const Request& request, const Responder& respond) {
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
  desk->with_node([respond, lifetime](node::Node& node) {
    node.invite(lifetime, [respond](const std::expected<reach::PeerUri, reach::InviteError>& uri) {
      if (!uri) return respond(response_of(uri.error()));
      const std::string link = reach::to_text(*uri);
      respond(json_response({{"link", link},
                             {"expires_unix_s", uri->expires_unix_s.value_or(0)},
                             {"qr", qr_rows(link)}}));
    });
  });
}

void join(const DeskPointer& desk, const Request& request, const Responder& respond) {
  const auto members = parse_members(request.body, {"link"});
  if (!members) return respond(members.error());
  const auto member = members->find("link");
  if (member == members->end() || !member->is_string()) {
    return respond(error_response(400, "link is missing: the text of an invitation"));
  }
  const auto uri = reach::parse_peer_uri(member->get_ref<const std::string&>());
  if (!uri) return respond(error_response(400, reach::describe(uri.error())));
  desk->with_node([respond, uri = *uri](node::Node& node) {
    node.join(uri, [respond](node::JoinOutcome outcome) {
      respond(json_response({{"outcome", name_of(outcome)}}));
    });
  });
}

void ping(const DeskPointer& desk, const Request& request, const Responder& respond) {
  const auto members = parse_members(request.body, {"node", "patience_ms"});
  if (!members) return respond(members.error());
  const auto whom = whom_of(*members);
  if (!whom) return respond(whom.error());
  Duration patience = node::Pinger::kPatience;
  if (const auto member = members->find("patience_ms"); member != members->end()) {
    const bool in_range =
        member->is_number_integer() && *member >= 1 && *member <= kPingPatienceMax.count();
    if (!in_range) return respond(error_response(400, "patience_ms must be from 1 to 50000"));
    patience = std::chrono::milliseconds(member->get<int64_t>());
  }
  desk->with_node([respond, whom = *whom, patience](node::Node& node) {
    find_key_of(whom, node, respond, [respond, patience, &node](const crypto::NodeKey& key) {
      node.mesh().ping(
          crypto::node_id_of(key),
          [respond, &node](const node::PingResult& result) {
            respond(json_response(ping_json(result, node.mesh())));
          },
          patience);
    });
  });
}

void explain(const DeskPointer& desk, const Request& request, const Responder& respond) {
  const auto members = parse_members(request.body, {"node"});
  if (!members) return respond(members.error());
  const auto whom = whom_of(*members);
  if (!whom) return respond(whom.error());
  desk->with_node([respond, whom = *whom](node::Node& node) {
    find_key_of(whom, node, respond, [respond, &node](const crypto::NodeKey& key) {
      const auto report = node.mesh().explain(crypto::node_id_of(key));
      respond(json_response(way_report_json(key, report, node.mesh())));
    });
  });
}

void show_routes(const DeskPointer& desk, const Request& /*request*/, const Responder& respond) {
  desk->with_node(
      [respond](node::Node& node) { respond(json_response(routes_json(node.mesh()))); });
}

void stop(const DeskPointer& desk, const Request& request, const Responder& respond) {
  const auto members = parse_members(request.body, {});
  if (!members) return respond(members.error());
  desk->with_node([desk, respond](node::Node&) {
    respond(json_response({{"state", "stopping"}}));
    if (const auto call = std::exchange(desk->setup.stop, {})) call();
  });
}

constexpr std::array kNodeEntries = std::to_array<Entry>({
    {"GET", "/api/v1/status", status},
    {"GET", "/api/v1/peers", peers},
    {"POST", "/api/v1/invite", invite},
    {"POST", "/api/v1/join", join},
    {"POST", "/api/v1/ping", ping},
    {"GET", "/api/v1/routes", show_routes},
    {"POST", "/api/v1/explain", explain},
    {"POST", "/api/v1/stop", stop},
});

}  // namespace

std::span<const Entry> node_entries() { return kNodeEntries; }

}  // namespace starling::api
