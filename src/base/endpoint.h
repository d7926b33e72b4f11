// base/endpoint.h - an IP address and a port, IPv4 and IPv6 in one type.
//
// IPv4 addresses are kept in the IPv4-mapped form ::ffff:a.b.c.d (RFC 4291 section 2.5.5.2).
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace starling {

struct Endpoint {
  std::array<uint8_t, 16> address{};
  uint16_t port = 0;
  uint32_t scope = 0;  // interface index of a link-local IPv6 address, 0 elsewhere

  static Endpoint ipv4(uint8_t a, uint8_t b, uint8_t c, uint8_t d, uint16_t port);

  [[nodiscard]] bool is_ipv4() const;
  [[nodiscard]] bool is_loopback() const;
  [[nodiscard]] bool is_link_local() const;
  [[nodiscard]] bool is_unspecified() const;
  [[nodiscard]] bool is_multicast() const;
  friend auto operator<=>(const Endpoint&, const Endpoint&) = default;
};

// "192.0.2.1:7117", "[2001:db8::1]:7117", "[fe80::1%3]:7117".
std::string to_text(const Endpoint& endpoint);
// Reads what to_text writes; no host names. Empty when it is something else or the port is missing or above 65535.
std::optional<Endpoint> parse_endpoint(std::string_view text);

}  // namespace starling
