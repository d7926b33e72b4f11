#include "sim/address_table.h"

#include <algorithm>
#include <cstring>

#include "base/check.h"

namespace starling::sim {
namespace {

constexpr size_t kHostsMax = (size_t{1} << 24) - 2;

Endpoint default_address(size_t index) {
  const size_t number = index + 1;
  return Endpoint::ipv4(10, static_cast<uint8_t>(number >> 16), static_cast<uint8_t>(number >> 8),
                        static_cast<uint8_t>(number), 0);
}

// The index of the host that `address` is the default address of, whether that host exists or not.
std::optional<size_t> default_owner(const Endpoint& address) {
  if (!address.is_ipv4() || address.address[12] != 10) return std::nullopt;
  const size_t number =
      size_t{address.address[13]} << 16 | size_t{address.address[14]} << 8 | address.address[15];
  if (number == 0) return std::nullopt;
  return number - 1;
}

bool same_address(const Endpoint& a, const Endpoint& b) { return a.address == b.address; }

Endpoint with_port(Endpoint endpoint, uint16_t port) {
  endpoint.port = port;
  return endpoint;
}

}  // namespace

HostId AddressTable::add_host() {
  STARLING_CHECK(hosts_.size() < kHostsMax);
  const Endpoint address = default_address(hosts_.size());
  // A test may have given the address to an earlier host by hand.
  STARLING_CHECK(host_of(address) == kNoHost);
  hosts_.push_back({{address}, true});
  return HostId{static_cast<uint32_t>(hosts_.size() - 1)};
}

void AddressTable::set(HostId host, const Endpoint& address) {
  const std::vector<Endpoint> before = hosts_[index_of(host)].addresses;
  for (const Endpoint& old : before) {
    if (old.is_ipv4() == address.is_ipv4()) remove(host, old);
  }
  add(host, address);
}

void AddressTable::add(HostId host, const Endpoint& address) {
  STARLING_CHECK(host_of(address) == kNoHost);
  STARLING_CHECK(!address.is_unspecified() && !address.is_loopback() && !address.is_multicast());
  Host& entry = hosts_[index_of(host)];
  entry.addresses.push_back(with_port(address, 0));
  if (default_owner(address) == index_of(host)) {
    entry.has_default = true;
  } else {
    others_.emplace(address.address, host);
  }
}

HostId AddressTable::host_of(const Endpoint& address) const {
  const std::optional<size_t> owner = default_owner(address);
  if (owner && *owner < hosts_.size() && hosts_[*owner].has_default) {
    return HostId{static_cast<uint32_t>(*owner)};
  }
  const auto found = others_.find(address.address);
  return found == others_.end() ? kNoHost : found->second;
}

bool AddressTable::has(HostId host, const Endpoint& address) const {
  if (address.is_loopback()) return true;
  const Host& entry = hosts_[index_of(host)];
  if (default_owner(address) == index_of(host)) return entry.has_default;
  return std::any_of(entry.addresses.begin(), entry.addresses.end(),
                     [&](const Endpoint& own) { return same_address(own, address); });
}

std::optional<Endpoint> AddressTable::source(HostId host, const Endpoint& destination,
                                             uint16_t port) const {
  if (destination.is_loopback()) return with_port(destination, port);
  for (const Endpoint& own : hosts_[index_of(host)].addresses) {
    if (own.is_ipv4() == destination.is_ipv4()) return with_port(own, port);
  }
  return std::nullopt;
}

std::optional<env::SocketError> AddressTable::refuses_to_bind(HostId host,
                                                              const Endpoint& local) const {
  const std::vector<Endpoint>& addresses = hosts_[index_of(host)].addresses;
  if (local.is_unspecified()) {
    if (local.is_ipv4()) return std::nullopt;
    const bool has_ipv6 = std::any_of(addresses.begin(), addresses.end(),
                                      [](const Endpoint& own) { return !own.is_ipv4(); });
    return has_ipv6 ? std::nullopt : std::optional(env::SocketError::unsupported);
  }
  return has(host, local) ? std::nullopt : std::optional(env::SocketError::address_not_available);
}

void AddressTable::remove(HostId host, const Endpoint& address) {
  Host& entry = hosts_[index_of(host)];
  std::erase_if(entry.addresses, [&](const Endpoint& own) { return same_address(own, address); });
  if (default_owner(address) == index_of(host)) {
    entry.has_default = false;
  } else {
    others_.erase(address.address);
  }
}

size_t AddressTable::AddressHash::operator()(const Address& address) const {
  uint64_t high = 0;
  uint64_t low = 0;
  std::memcpy(&high, address.data(), sizeof high);
  std::memcpy(&low, address.data() + sizeof high, sizeof low);
  return static_cast<size_t>((high ^ low * 0x9e3779b97f4a7c15) * 0xbf58476d1ce4e5b9);
}

}  // namespace starling::sim
