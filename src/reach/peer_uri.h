// reach/peer_uri.h - the text that names a node: what --peer and `join` read, and what `invite` prints.
//
// Form:    udp://HOST:PORT | tcp://HOST:PORT
//          starling:k…?at=udp://HOST:PORT&at=…&secret=…&account=a…&expires=…
//          HOST: an IPv4 address, an [IPv6 address] with an optional %SCOPE number, or a DNS name.
// Rules:   unknown parameters are ignored, everything else is strict; letters count in either case and are
//          kept in lower case. Nothing is resolved here.
// Wire:    docs/wire/invitation.md.
#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/endpoint.h"
#include "crypto/keys.h"
#include "reach/invite_secret.h"

namespace starling::reach {

// Longer ones make poor QR codes and worse typing. Parsing refuses; printing leaves the last addresses out.
inline constexpr size_t kPeerUriSizeMax = 2048;  // characters
// Each address costs the joining node a dial. Parsing refuses; printing leaves the last ones out.
inline constexpr size_t kPeerUriAddressesMax = 16;

enum class PeerUriError : uint8_t {
  too_long,
  foreign_character,
  unknown_form,
  not_a_node,  // a link to a person, site or file
  bad_key,
  bad_transport,
  missing_port,
  bad_port,
  bad_host,
  ipv6_without_brackets,
  unusable_address,  // unspecified, multicast or broadcast
  too_many_addresses,
  repeated_address,
  repeated_parameter,
  malformed_parameter,
  bad_secret,
  bad_account,
  bad_expiry,
};
// One sentence for a person.
std::string_view describe(PeerUriError error);

enum class Transport : uint8_t { udp, tcp };

struct PeerAddress {
  Transport transport = Transport::udp;
  // "192.0.2.1", "2001:db8::1" (no brackets), "fe80::1%3" or a DNS name; lower case.
  std::string host;
  uint16_t port = 0;

  friend bool operator==(const PeerAddress&, const PeerAddress&) = default;
};

// "udp://HOST:PORT" or "tcp://HOST:PORT".
std::expected<PeerAddress, PeerUriError> parse_peer_address(std::string_view text);
// Pre: `address` came from parse_peer_address, parse_peer_uri or peer_address_of.
std::string to_text(const PeerAddress& address);
PeerAddress peer_address_of(Transport transport, const Endpoint& endpoint);
// Empty when the host is a name, which somebody has to resolve first.
std::optional<Endpoint> endpoint_of(const PeerAddress& address);

struct PeerUri {
  // None in the udp: and tcp: forms, which hold one address and nothing else.
  std::optional<crypto::NodeKey> key;
  // None: the node is found in other ways, such as on the local network.
  std::vector<PeerAddress> addresses;
  std::optional<InviteSecret> secret;
  std::optional<crypto::AccountKey> account;  // a claim of the link, proved by nothing in it
  // Never negative; for the reader only: the inviter decides.
  std::optional<int64_t> expires_unix_s;
};

std::expected<PeerUri, PeerUriError> parse_peer_uri(std::string_view text);
// Parses back to the same value. Pre: a key, or exactly one address and nothing else; expires_unix_s not
// negative. With a secret in it, the text is as confidential as the secret.
std::string to_text(const PeerUri& uri);

}  // namespace starling::reach
