#include "daemon/settings.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <fmt/format.h>

namespace starling::daemon {
namespace {

using reach::Transport;
using Values = std::vector<std::string>;

std::vector<node::ListenAddress> default_listen() {
  const Endpoint ipv4 = Endpoint::ipv4(0, 0, 0, 0, node::kDefaultPort);
  Endpoint ipv6;
  ipv6.port = node::kDefaultPort;
  // Computers without IPv6 are common, and TCP is only a way out. But when UDP over IPv4 fails, the port is
  // another program's, and half a node would be harder to understand than none.
  return {{Transport::udp, ipv4, /*required=*/true},
          {Transport::udp, ipv6, /*required=*/false},
          {Transport::tcp, ipv4, /*required=*/false},
          {Transport::tcp, ipv6, /*required=*/false}};
}

// "udp://A:P" with an address of this computer: no names, but also 0.0.0.0, [::] and port 0.
std::optional<node::ListenAddress> parse_listen(std::string_view text) {
  node::ListenAddress listen;
  if (text.starts_with("tcp://")) {
    listen.transport = Transport::tcp;
  } else if (!text.starts_with("udp://")) {
    return std::nullopt;
  }
  const auto endpoint = parse_endpoint(text.substr(6));
  if (!endpoint || endpoint->is_multicast()) return std::nullopt;
  listen.endpoint = *endpoint;
  return listen;
}

std::string apply_listen(const Values& values, Settings& settings) {
  std::vector<node::ListenAddress> addresses;
  for (const std::string& value : values) {
    const auto listen = parse_listen(value);
    if (!listen) {
      return fmt::format(
          "'{}' is not of the form udp://A:P or tcp://A:P, such as udp://0.0.0.0:7127 or "
          "tcp://[::]:7127",
          value);
    }
    addresses.push_back(*listen);
  }
  settings.node.listen = std::move(addresses);
  settings.listens_by_default = false;
  return {};
}

std::string apply_peer(const Values& values, Settings& settings) {
  std::vector<reach::PeerUri> peers;
  for (const std::string& value : values) {
    auto peer = reach::parse_peer_uri(value);
    if (!peer) return fmt::format("'{}': {}", value, reach::describe(peer.error()));
    if (peer->addresses.empty()) {
      return fmt::format("'{}' names no address to dial; add ?at=udp://HOST:PORT", value);
    }
    peers.push_back(std::move(*peer));
  }
  settings.node.peers = std::move(peers);
  return {};
}

std::string apply_network(const Values& values, Settings& settings) {
  const std::string& name = values.front();
  const auto is_control = [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; };
  if (name.empty() || name.size() > kNetworkNameSizeMax || std::ranges::any_of(name, is_control)) {
    return fmt::format("the name of a network has 1 to {} bytes and no control characters",
                       kNetworkNameSizeMax);
  }
  settings.node.link.network = name;
  return {};
}

std::string apply_api(const Values& values, Settings& settings) {
  const auto endpoint = parse_endpoint(values.front());
  if (!endpoint) return fmt::format("'{}' is not of the form 127.0.0.1:7118", values.front());
  if (!endpoint->is_loopback()) {
    return fmt::format(
        "'{}' can be reached from other computers; the API listens on 127.0.0.1 or [::1]",
        values.front());
  }
  settings.api = *endpoint;
  return {};
}

std::string apply_gateway(const Values& values, Settings& settings) {
  settings.gateway_off = values.front() == "off";
  settings.gateway.reset();
  if (settings.gateway_off) return {};
  const auto endpoint = parse_endpoint(values.front());
  if (!endpoint)
    return fmt::format("'{}' is neither of the form 127.0.0.1:7119 nor 'off'", values.front());
  if (!endpoint->is_loopback()) {
    return fmt::format(
        "'{}' can be reached from other computers; the gateway listens on 127.0.0.1 or [::1]",
        values.front());
  }
  settings.gateway = *endpoint;
  return {};
}

std::string apply_beacon_port(const Values& values, Settings& settings) {
  const std::string& text = values.front();
  uint16_t port = 0;
  const char* end = text.data() + text.size();
  const auto [stopped, error] = std::from_chars(text.data(), end, port);
  if (error != std::errc() || stopped != end || port == 0) {
    return fmt::format("'{}' is not a port from 1 to 65535", text);
  }
  settings.node.beacon_port = port;
  return {};
}

// A router keeps packets twice as long as the leaf means to sleep, and a little for the way.
constexpr std::chrono::minutes kKeepMore{10};
constexpr int kSleepMinutesMax = 700;
static_assert(2 * std::chrono::minutes(kSleepMinutesMax) + kKeepMore <=
              std::chrono::seconds(routing::KeepPackets::kSecondsMax));

std::string apply_leaf(const Values& values, Settings& settings) {
  const std::string& text = values.front();
  int minutes = 0;
  const char* end = text.data() + text.size();
  const auto [stopped, error] = std::from_chars(text.data(), end, minutes);
  if (error != std::errc() || stopped != end || minutes < 0 || minutes > kSleepMinutesMax) {
    return fmt::format("'{}' is not a number of minutes from 0 to {}", text, kSleepMinutesMax);
  }
  settings.node.routing.role = routing::Role::leaf;
  settings.node.routing.keep_time = 2 * std::chrono::minutes(minutes) + kKeepMore;
  settings.node.sleep = std::chrono::minutes(minutes);
  return {};
}

std::string apply_log(const Values& values, Settings& settings) {
  const auto level = parse_log_level(values.front());
  if (!level) return fmt::format("'{}' is none of error, warn, info and debug", values.front());
  settings.log = *level;
  return {};
}

// "500M", "2G", "0".
std::string apply_cache(const Values& values, Settings& settings) {
  const std::string& text = values.front();
  uint64_t number = 0;
  const char* end = text.data() + text.size();
  const auto [stopped, error] = std::from_chars(text.data(), end, number);
  const std::string_view unit(stopped, static_cast<size_t>(end - stopped));
  const uint64_t factor = unit == "G"    ? uint64_t{1} << 30
                          : unit == "M"  ? uint64_t{1} << 20
                          : unit == "K"  ? uint64_t{1} << 10
                          : unit.empty() ? 1
                                         : 0;
  if (error != std::errc() || factor == 0 || number > (uint64_t{1} << 50) / factor) {
    return fmt::format("'{}' is no size such as 500M or 2G", text);
  }
  settings.cache_bytes = number * factor;
  return {};
}

std::string apply_switch(const Values& values, bool& on) {
  if (values.front() != "true" && values.front() != "false") {
    return fmt::format("'{}' is neither true nor false", values.front());
  }
  on = values.front() == "true";
  return {};
}

std::string apply_no_lan(const Values& values, Settings& settings) {
  bool off = !settings.node.lan;
  std::string reason = apply_switch(values, off);
  settings.node.lan = !off;
  return reason;
}

using enum Option::Shape;
constexpr std::array kOptions = std::to_array<Option>({
    {"listen", "URI", texts,
     "Where other nodes reach this one: udp://A:P or tcp://A:P; may be given several times, and "
     "replaces the defaults "
     "0.0.0.0:7117 and [::]:7117 over UDP and TCP",
     apply_listen},
    {"peer", "URI", texts,
     "A node to keep a link to: udp://HOST:PORT, tcp://HOST:PORT or "
     "starling:k...?at=udp://HOST:PORT; may be given "
     "several times",
     apply_peer},
    {"network", "NAME", text, "Link only to nodes with the same network name (default world)",
     apply_network},
    {"no-lan", "", on_or_off,
     "Neither announce this node on the local network nor look for others there", apply_no_lan},
    {"beacon-port", "PORT", number,
     "UDP port of the announcements on the local network (default 7116)", apply_beacon_port},
    {"quiet", "", on_or_off,
     "Link only to nodes that know this node's key already; tell it to nobody who asks",
     [](const Values& values, Settings& settings) {
       return apply_switch(values, settings.node.link.quiet);
     }},
    {"api", "A:P", text,
     "Where the other commands reach the node, on this computer only (default 127.0.0.1:7118)",
     apply_api},
    {"gateway", "A:P", text,
     "Where a browser on this computer finds published sites, or 'off' (default 127.0.0.1:7119)",
     apply_gateway},
    {"no-serve-read", "", on_or_off,
     "Give others only what this node publishes or pins, not what it has merely read",
     [](const Values& values, Settings& settings) {
       bool off = !settings.node.library.serves_read;
       std::string reason = apply_switch(values, off);
       settings.node.library.serves_read = !off;
       return reason;
     }},
    {"no-proof", "", on_or_off,
     "Do not work for this node's rank among all nodes, which takes seconds of an idle processor "
     "and 150 MiB once in its life; others that have done so rank above it",
     [](const Values& values, Settings& settings) {
       bool off = !settings.node.make_proof;
       std::string reason = apply_switch(values, off);
       settings.node.make_proof = !off;
       return reason;
     }},
    {"leaf", "MINUTES", number,
     "Be a leaf, which carries nothing for others and sleeps so many minutes at a time when "
     "nothing goes on (0: never); its neighbours keep packets for it meanwhile",
     apply_leaf},
    {"invite", "", on_or_off,
     "Print an invitation and the login of the page at the start also when standard output is no "
     "terminal",
     [](const Values& values, Settings& settings) {
       return apply_switch(values, settings.invite);
     }},
    {"cache", "SIZE", text,
     "Space for what others published and this node has read, and passes on to others: 500M, 2G; 0 "
     "keeps hardly anything (default 2G)",
     apply_cache},
    {"log", "LEVEL", text,
     "What to report on standard error: error, warn, info or debug (default warn)", apply_log},
});

}  // namespace

Settings::Settings() {
  node.listen = default_listen();
  node.make_proof = true;
}

Endpoint default_gateway() { return Endpoint::ipv4(127, 0, 0, 1, kDefaultGatewayPort); }

Endpoint default_api() { return Endpoint::ipv4(127, 0, 0, 1, kDefaultApiPort); }

std::span<const Option> options() { return kOptions; }

const Option* find_option(std::string_view name) {
  const auto found = std::ranges::find(kOptions, name, &Option::name);
  return found == kOptions.end() ? nullptr : &*found;
}

}  // namespace starling::daemon
