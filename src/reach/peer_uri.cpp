#include "reach/peer_uri.h"

#include <algorithm>
#include <charconv>
#include <fmt/core.h>

#include "base/base32.h"
#include "base/check.h"
#include "crypto/key_text.h"

namespace starling::reach {
namespace {

constexpr std::string_view kLinkScheme = "starling:";
constexpr std::string_view kUdpScheme = "udp://";
constexpr std::string_view kTcpScheme = "tcp://";
constexpr size_t kDnsNameSizeMax = 253;  // RFC 1035 section 2.3.4, without the length bytes
constexpr size_t kDnsLabelSizeMax = 63;

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_lower_letter(char c) { return c >= 'a' && c <= 'z'; }

// The characters of RFC 3986 without '#': a link has no fragment.
bool is_link_character(char c) {
  return is_digit(c) || is_lower_letter(c) || (c >= 'A' && c <= 'Z') ||
         std::string_view("-._~:/?[]@!$&'()*+,;=%").find(c) != std::string_view::npos;
}

std::expected<std::string, PeerUriError> checked_lower_case(std::string_view text) {
  if (text.size() > kPeerUriSizeMax) return std::unexpected(PeerUriError::too_long);
  if (!std::all_of(text.begin(), text.end(), is_link_character)) {
    return std::unexpected(PeerUriError::foreign_character);
  }
  std::string lower(text);
  for (char& c : lower) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return lower;
}

// Digits only and no leading zero: one number has one spelling.
template <typename Number>
std::optional<Number> parse_decimal(std::string_view text) {
  if (text.empty() || !is_digit(text.front()) || (text.front() == '0' && text.size() > 1)) {
    return std::nullopt;
  }
  Number number{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return number;
}

std::string_view scheme_of(Transport transport) {
  return transport == Transport::udp ? kUdpScheme : kTcpScheme;
}

bool is_ipv6_host(std::string_view host) { return host.find(':') != std::string_view::npos; }

std::string with_port(std::string_view host, uint16_t port) {
  return is_ipv6_host(host) ? fmt::format("[{}]:{}", host, port) : fmt::format("{}:{}", host, port);
}

std::string host_text(const Endpoint& endpoint) {
  const std::string text = to_text(endpoint);
  const std::string host = text.substr(0, text.rfind(':'));
  return host.front() == '[' ? host.substr(1, host.size() - 2) : host;
}

bool is_broadcast(const Endpoint& endpoint) {
  return endpoint.is_ipv4() && std::all_of(endpoint.address.begin() + 12, endpoint.address.end(),
                                           [](uint8_t byte) { return byte == 255; });
}

// A last label that programs read as a number makes the whole name an IPv4 address for some of them
// ("127.1", "1.0x7f"), so that two programs would connect to different places.
bool is_number_label(std::string_view label) {
  if (label.starts_with("0x")) {
    return label.find_first_not_of("0123456789abcdef", 2) == std::string_view::npos;
  }
  return std::all_of(label.begin(), label.end(), is_digit);
}

bool is_dns_name(std::string_view name) {
  if (name.empty() || name.size() > kDnsNameSizeMax) return false;
  for (;;) {
    const size_t dot = name.find('.');
    const std::string_view label = name.substr(0, dot);
    if (label.empty() || label.size() > kDnsLabelSizeMax) return false;
    if (label.front() == '-' || label.back() == '-') return false;
    // The underscore is no host name character, yet container and home networks use it.
    const bool allowed = std::all_of(label.begin(), label.end(), [](char c) {
      return is_lower_letter(c) || is_digit(c) || c == '-' || c == '_';
    });
    if (!allowed) return false;
    if (dot == std::string_view::npos) return !is_number_label(label);
    name.remove_prefix(dot + 1);
  }
}

// The host as it is kept: numeric addresses in their shortest spelling.
std::expected<std::string, PeerUriError> canonical_host(std::string_view host, bool bracketed) {
  const auto endpoint =
      parse_endpoint(bracketed ? fmt::format("[{}]:1", host) : fmt::format("{}:1", host));
  if (!endpoint) {
    if (bracketed || !is_dns_name(host)) return std::unexpected(PeerUriError::bad_host);
    return std::string(host);
  }
  const bool takes_scope = !endpoint->is_ipv4() && endpoint->is_link_local();
  if (endpoint->scope != 0 && !takes_scope) return std::unexpected(PeerUriError::bad_host);
  if (endpoint->is_unspecified() || endpoint->is_multicast() || is_broadcast(*endpoint)) {
    return std::unexpected(PeerUriError::unusable_address);
  }
  return host_text(*endpoint);
}

// `text` is checked and in lower case.
std::expected<PeerAddress, PeerUriError> parse_address(std::string_view text) {
  PeerAddress address;
  if (text.starts_with(kTcpScheme)) {
    address.transport = Transport::tcp;
  } else if (!text.starts_with(kUdpScheme)) {
    return std::unexpected(PeerUriError::bad_transport);
  }
  text.remove_prefix(scheme_of(address.transport).size());
  const bool bracketed = text.starts_with('[');
  const size_t host_end = bracketed ? text.find(']') : text.find(':');
  if (host_end == std::string_view::npos) {
    return std::unexpected(bracketed ? PeerUriError::bad_host : PeerUriError::missing_port);
  }
  std::string_view after = text.substr(host_end + (bracketed ? 1 : 0));
  if (!after.starts_with(':') || after.size() == 1) {
    return std::unexpected(PeerUriError::missing_port);
  }
  after.remove_prefix(1);
  if (after.find(':') != std::string_view::npos) {
    return std::unexpected(bracketed ? PeerUriError::bad_port
                                     : PeerUriError::ipv6_without_brackets);
  }
  const auto port = parse_decimal<uint16_t>(after);
  if (!port || *port == 0) return std::unexpected(PeerUriError::bad_port);
  address.port = *port;
  const size_t host_begin = bracketed ? 1 : 0;
  auto host = canonical_host(text.substr(host_begin, host_end - host_begin), bracketed);
  if (!host) return std::unexpected(host.error());
  address.host = std::move(*host);
  return address;
}

using Applied = std::expected<void, PeerUriError>;

Applied apply_address(std::string_view value, PeerUri& uri) {
  auto address = parse_address(value);
  if (!address) return std::unexpected(address.error());
  if (std::find(uri.addresses.begin(), uri.addresses.end(), *address) != uri.addresses.end()) {
    return std::unexpected(PeerUriError::repeated_address);
  }
  if (uri.addresses.size() == kPeerUriAddressesMax) {
    return std::unexpected(PeerUriError::too_many_addresses);
  }
  uri.addresses.push_back(std::move(*address));
  return {};
}

Applied apply_secret(std::string_view value, PeerUri& uri) {
  if (uri.secret) return std::unexpected(PeerUriError::repeated_parameter);
  auto bytes = from_base32(value);
  if (!bytes || bytes->size() != InviteSecret::kSize) {
    return std::unexpected(PeerUriError::bad_secret);
  }
  uri.secret.emplace(std::span<const uint8_t, InviteSecret::kSize>(*bytes));
  crypto::wipe(*bytes);
  return {};
}

Applied apply_account(std::string_view value, PeerUri& uri) {
  if (uri.account) return std::unexpected(PeerUriError::repeated_parameter);
  uri.account = crypto::parse_account_key(value);
  if (!uri.account) return std::unexpected(PeerUriError::bad_account);
  return {};
}

Applied apply_expiry(std::string_view value, PeerUri& uri) {
  if (uri.expires_unix_s) return std::unexpected(PeerUriError::repeated_parameter);
  uri.expires_unix_s = parse_decimal<int64_t>(value);
  if (!uri.expires_unix_s) return std::unexpected(PeerUriError::bad_expiry);
  return {};
}

Applied apply_parameter(std::string_view parameter, PeerUri& uri) {
  const size_t equals = parameter.find('=');
  const std::string_view name = parameter.substr(0, equals);
  const std::string_view value =
      equals == std::string_view::npos ? std::string_view{} : parameter.substr(equals + 1);
  if (name.empty()) return std::unexpected(PeerUriError::malformed_parameter);
  if (name == "at") return apply_address(value, uri);
  if (name == "secret") return apply_secret(value, uri);
  if (name == "account") return apply_account(value, uri);
  if (name == "expires") return apply_expiry(value, uri);
  return {};  // of a later version
}

// `text` is what follows "starling:".
std::expected<PeerUri, PeerUriError> parse_node_link(std::string_view text) {
  const size_t question = text.find('?');
  const std::string_view key = text.substr(0, question);
  if (key.starts_with("//") || key.starts_with('a')) {  // person, or site, folder and file
    return std::unexpected(PeerUriError::not_a_node);
  }
  PeerUri uri;
  uri.key = crypto::parse_node_key(key);
  if (!uri.key) return std::unexpected(PeerUriError::bad_key);
  if (question == std::string_view::npos) return uri;
  std::string_view rest = text.substr(question + 1);
  for (;;) {
    const size_t ampersand = rest.find('&');
    if (const Applied applied = apply_parameter(rest.substr(0, ampersand), uri); !applied) {
      return std::unexpected(applied.error());
    }
    if (ampersand == std::string_view::npos) return uri;
    rest.remove_prefix(ampersand + 1);
  }
}

}  // namespace

std::string_view describe(PeerUriError error) {
  switch (error) {
    case PeerUriError::too_long:
      return "The link is longer than 2048 characters.";
    case PeerUriError::foreign_character:
      return "The link contains a space or another character that does not belong in it.";
    case PeerUriError::unknown_form:
      return "A node is named by udp://HOST:PORT, tcp://HOST:PORT or a link that begins with "
             "starling:k.";
    case PeerUriError::not_a_node:
      return "This link names a person or published content, not a node to connect to.";
    case PeerUriError::bad_key:
      return "The node key after starling: is incomplete or mistyped.";
    case PeerUriError::bad_transport:
      return "A node's address must begin with udp:// or tcp://.";
    case PeerUriError::missing_port:
      return "The address lacks a port, as in udp://192.0.2.1:7117.";
    case PeerUriError::bad_port:
      return "The port must be a number from 1 to 65535 with nothing after it.";
    case PeerUriError::bad_host:
      return "The host must be an IPv4 address, an IPv6 address in brackets or a DNS name.";
    case PeerUriError::ipv6_without_brackets:
      return "An IPv6 address needs brackets, as in udp://[2001:db8::1]:7117.";
    case PeerUriError::unusable_address:
      return "An unspecified, multicast or broadcast address is not the address of one node.";
    case PeerUriError::too_many_addresses:
      return "The link has more than 16 addresses.";
    case PeerUriError::repeated_address:
      return "The link has the same address twice.";
    case PeerUriError::repeated_parameter:
      return "The link has its secret, account or expires parameter twice.";
    case PeerUriError::malformed_parameter:
      return "The link has an empty parameter after ? or &.";
    case PeerUriError::bad_secret:
      return "The invitation's secret is incomplete or mistyped.";
    case PeerUriError::bad_account:
      return "The account key in the link is incomplete or mistyped.";
    case PeerUriError::bad_expiry:
      return "The expires parameter must be a time in seconds since 1970.";
  }
  return "The link is not valid.";
}

std::expected<PeerAddress, PeerUriError> parse_peer_address(std::string_view text) {
  const auto lower = checked_lower_case(text);
  if (!lower) return std::unexpected(lower.error());
  return parse_address(*lower);
}

std::string to_text(const PeerAddress& address) {
  return fmt::format("{}{}", scheme_of(address.transport), with_port(address.host, address.port));
}

PeerAddress peer_address_of(Transport transport, const Endpoint& endpoint) {
  return {transport, host_text(endpoint), endpoint.port};
}

std::optional<Endpoint> endpoint_of(const PeerAddress& address) {
  return parse_endpoint(with_port(address.host, address.port));
}

std::expected<PeerUri, PeerUriError> parse_peer_uri(std::string_view text) {
  const auto lower = checked_lower_case(text);
  if (!lower) return std::unexpected(lower.error());
  if (lower->starts_with(kLinkScheme)) {
    return parse_node_link(std::string_view(*lower).substr(kLinkScheme.size()));
  }
  if (!lower->starts_with(kUdpScheme) && !lower->starts_with(kTcpScheme)) {
    return std::unexpected(PeerUriError::unknown_form);
  }
  auto address = parse_address(*lower);
  if (!address) return std::unexpected(address.error());
  PeerUri uri;
  uri.addresses.push_back(std::move(*address));
  return uri;
}

std::string to_text(const PeerUri& uri) {
  if (!uri.key) {
    STARLING_CHECK(uri.addresses.size() == 1 && !uri.secret && !uri.account && !uri.expires_unix_s);
    return to_text(uri.addresses.front());
  }
  std::string tail;
  if (uri.secret) tail += "&secret=" + to_base32(uri.secret->reveal());
  if (uri.account) tail += "&account=" + crypto::to_text(*uri.account);
  if (uri.expires_unix_s) {
    STARLING_CHECK(*uri.expires_unix_s >= 0);
    tail += fmt::format("&expires={}", *uri.expires_unix_s);
  }
  std::string parameters;
  const std::string head = std::string(kLinkScheme) + crypto::to_text(*uri.key);
  for (size_t i = 0; i < std::min(uri.addresses.size(), kPeerUriAddressesMax); ++i) {
    const std::string parameter = "&at=" + to_text(uri.addresses[i]);
    if (head.size() + parameters.size() + parameter.size() + tail.size() > kPeerUriSizeMax) break;
    parameters += parameter;
  }
  parameters += tail;
  if (!parameters.empty()) parameters.front() = '?';
  return head + parameters;
}

}  // namespace starling::reach
