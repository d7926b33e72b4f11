#include "api/node_json.h"

#include <nlohmann/json.hpp>

#include "api/content_json.h"
#include "api/message_json.h"
#include "crypto/key_text.h"
#include "crypto/mesh_address.h"

namespace starling::api {
namespace {

using nlohmann::json;

constexpr int kApiVersion = 1;

int64_t whole_seconds(Duration duration) {
  return std::chrono::duration_cast<std::chrono::seconds>(duration).count();
}

std::string_view name_of(link::CarrierKind kind) {
  return kind == link::CarrierKind::udp ? "udp" : "tcp";
}

std::string_view name_of(crypto::Cipher cipher) {
  return cipher == crypto::Cipher::aes_256_gcm ? "aes_256_gcm" : "chacha20_poly1305";
}

json addresses_json(const std::vector<reach::PeerAddress>& addresses) {
  json texts = json::array();
  for (const reach::PeerAddress& address : addresses) texts.push_back(reach::to_text(address));
  return texts;
}

json peer_json(const node::PeerStatus& peer) {
  return {
      {"key", to_text(peer.key)},
      {"address", to_text(crypto::mesh_address_of(peer.key))},
      {"state", "up"},
      {"carrier", name_of(peer.carrier)},
      {"remote", to_text(peer.remote)},
      {"friend", peer.is_friend},
      {"rtt_us", peer.rtt == Duration{} ? json() : json(to_us(peer.rtt))},
      {"up_s", whole_seconds(peer.up_for)},
      {"bytes_sent", peer.bytes_sent},
      {"bytes_received", peer.bytes_received},
      {"mtu", peer.mtu},
      {"cipher", name_of(peer.cipher)},
      {"protocol", peer.version},
  };
}

json target_json(const reach::Dialer::State& target) {
  return {
      {"key", target.target.key ? json(to_text(*target.target.key)) : json()},
      {"addresses", addresses_json(target.target.addresses)},
      {"rounds_failed", target.rounds_failed},
  };
}

}  // namespace

json status_json(const node::NodeStatus& status, std::string_view version) {
  json counters = json::object();
  for (const auto& [name, value] : status.counters) counters[name] = value;
  return {
      {"key", to_text(status.key)},
      {"account", to_text(status.account)},
      {"address", to_text(crypto::mesh_address_of(status.key))},
      {"network", status.network},
      {"state", status.is_asleep ? "asleep" : "running"},
      {"leaf", status.is_leaf},
      {"up_s", whole_seconds(status.up_for)},
      {"listening", addresses_json(status.listening)},
      {"addresses", addresses_json(status.addresses)},
      {"links", status.links},
      {"proof", name_of(status.proof)},
      {"known_nodes", status.known_nodes},
      {"records", status.records},
      {"sessions", status.sessions},
      {"streams", status.streams},
      {"announced", status.announced},
      {"bytes_served", status.bytes_served},
      {"bytes_fetched", status.bytes_fetched},
      {"dialing", status.dialing},
      {"lan", status.lan},
      {"heard_own_key", status.heard_own_key},
      {"clock_offset_s", status.clock_offset_s ? json(*status.clock_offset_s) : json()},
      {"counters", std::move(counters)},
      {"version", version},
      {"api", kApiVersion},
  };
}

json peers_json(const std::vector<node::PeerStatus>& peers,
                const std::vector<reach::Dialer::State>& targets) {
  json up = json::array();
  for (const node::PeerStatus& peer : peers) up.push_back(peer_json(peer));
  json dialing = json::array();
  for (const reach::Dialer::State& target : targets) {
    if (!target.linked) dialing.push_back(target_json(target));
  }
  return {{"peers", std::move(up)}, {"dialing", std::move(dialing)}};
}

json ping_json(const node::PingResult& result, const node::Mesh& mesh) {
  json path = json::array();
  for (const routing::RecordedNode& node : result.way) {
    json entry = {{"node", to_hex(node.node.view())}, {"cost", node.so_far}, {"key", nullptr}};
    if (const auto key = mesh.key_of(node.node)) entry["key"] = to_text(*key);
    path.push_back(std::move(entry));
  }
  json object = {{"answered", result.answered},
                 {"time_us", to_us(result.time)},
                 {"tries", result.tries},
                 {"path", std::move(path)}};
  object["key"] = result.answered ? json(to_text(result.key)) : json(nullptr);
  object["rtt_us"] = result.answered ? json(to_us(result.rtt)) : json(nullptr);
  return object;
}

json event_json(const node::NodeEvent& event, const node::Node& node) {
  switch (event.kind) {
    case node::NodeEvent::Kind::link_up:
      return {{"event", "link_up"}, {"key", to_text(event.peer)}};
    case node::NodeEvent::Kind::link_down:
      return {{"event", "link_down"}, {"key", to_text(event.peer)}, {"reason", event.detail}};
    case node::NodeEvent::Kind::runs_twice:
      return {{"event", "runs_twice"}, {"key", to_text(event.peer)}};
    case node::NodeEvent::Kind::transfer_over:
      return {{"event", "transfer_over"}, {"transfer", transfer_json(*event.transfer)}};
    case node::NodeEvent::Kind::message:
      return {{"event", "message"}, {"message", message_json(*event.message, node.messenger())}};
    case node::NodeEvent::Kind::proof:
    case node::NodeEvent::Kind::proof_dropped:
      return {{"event", "proof"}, {"state", name_of(node.status().proof)}};
  }
  return json::object();
}

}  // namespace starling::api
