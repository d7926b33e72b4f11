#include "base/endpoint.h"

#include <algorithm>
#include <arpa/inet.h>
#include <charconv>
#include <fmt/core.h>

namespace starling {
namespace {

constexpr std::array<uint8_t, 12> kMappedPrefix = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

template <typename Number>
std::optional<Number> parse_number(std::string_view text) {
  Number number{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || end != text.data() + text.size() || text.empty()) return std::nullopt;
  return number;
}

bool parse_ipv4(std::string_view host, Endpoint& endpoint) {
  std::copy(kMappedPrefix.begin(), kMappedPrefix.end(), endpoint.address.begin());
  return inet_pton(AF_INET, std::string(host).c_str(), endpoint.address.data() + 12) == 1;
}

bool parse_ipv6(std::string_view host, Endpoint& endpoint) {
  if (const size_t percent = host.find('%'); percent != std::string_view::npos) {
    const auto scope = parse_number<uint32_t>(host.substr(percent + 1));
    if (!scope) return false;
    endpoint.scope = *scope;
    host = host.substr(0, percent);
  }
  if (inet_pton(AF_INET6, std::string(host).c_str(), endpoint.address.data()) != 1) return false;
  return endpoint.scope == 0 || !endpoint.is_ipv4();
}

}  // namespace

Endpoint Endpoint::ipv4(uint8_t a, uint8_t b, uint8_t c, uint8_t d, uint16_t port) {
  return {{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, a, b, c, d}, port, 0};
}

bool Endpoint::is_ipv4() const {
  return std::equal(kMappedPrefix.begin(), kMappedPrefix.end(), address.begin());
}

bool Endpoint::is_loopback() const {
  if (is_ipv4()) return address[12] == 127;
  return std::all_of(address.begin(), address.end() - 1, [](uint8_t b) { return b == 0; }) &&
         address[15] == 1;
}

bool Endpoint::is_link_local() const {
  if (is_ipv4()) return address[12] == 169 && address[13] == 254;
  return address[0] == 0xfe && (address[1] & 0xc0) == 0x80;
}

bool Endpoint::is_unspecified() const {
  const size_t from = is_ipv4() ? 12 : 0;
  return std::all_of(address.begin() + static_cast<std::ptrdiff_t>(from), address.end(),
                     [](uint8_t b) { return b == 0; });
}

bool Endpoint::is_multicast() const {
  return is_ipv4() ? (address[12] & 0xf0) == 0xe0 : address[0] == 0xff;
}

std::string to_text(const Endpoint& endpoint) {
  char host[INET6_ADDRSTRLEN] = {};
  if (endpoint.is_ipv4()) {
    inet_ntop(AF_INET, endpoint.address.data() + 12, host, sizeof host);
    return fmt::format("{}:{}", host, endpoint.port);
  }
  inet_ntop(AF_INET6, endpoint.address.data(), host, sizeof host);
  if (endpoint.scope != 0) return fmt::format("[{}%{}]:{}", host, endpoint.scope, endpoint.port);
  return fmt::format("[{}]:{}", host, endpoint.port);
}

std::optional<Endpoint> parse_endpoint(std::string_view text) {
  // inet_pton stops at a zero byte and would not see what follows.
  if (text.find('\0') != std::string_view::npos) return std::nullopt;
  const size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) return std::nullopt;
  const auto port = parse_number<uint16_t>(text.substr(colon + 1));
  if (!port) return std::nullopt;
  std::string_view host = text.substr(0, colon);
  Endpoint endpoint;
  endpoint.port = *port;
  const bool bracketed = host.size() >= 2 && host.front() == '[' && host.back() == ']';
  const bool parsed = bracketed ? parse_ipv6(host.substr(1, host.size() - 2), endpoint)
                                : parse_ipv4(host, endpoint);
  if (!parsed) return std::nullopt;
  return endpoint;
}

}  // namespace starling
