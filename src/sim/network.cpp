#include "sim/network.h"

#include "base/check.h"
#include "sim/seed.h"

namespace starling::sim {

Network::Network(EventQueue& queue, Trace& trace, uint64_t seed)
    : fabric_{queue, trace, {}, Paths(derive_seed(seed, SeedUse::paths)), {}},
      streams_(fabric_, derive_seed(seed, SeedUse::streams)) {}

HostId Network::add_host() {
  datagrams_.add_host();
  streams_.add_host();
  beacons_.add_host();
  return fabric_.addresses.add_host();
}

Endpoint Network::endpoint(HostId host, uint16_t port) const {
  auto found = fabric_.addresses.source(host, Endpoint::ipv4(0, 0, 0, 0, 0), port);
  if (!found) found = fabric_.addresses.source(host, Endpoint{}, port);
  STARLING_CHECK(found.has_value());
  return *found;
}

void Network::set_address(HostId host, const Endpoint& address) {
  fabric_.addresses.set(host, address);
  streams_.paths_changed();
}

void Network::add_address(HostId host, const Endpoint& address) {
  fabric_.addresses.add(host, address);
  streams_.paths_changed();
}

void Network::set_default_link(const LinkProperties& link) { fabric_.paths.set_default(link); }

void Network::set_link(HostId a, HostId b, const LinkProperties& link) {
  fabric_.paths.set_one_way(a, b, link);
  fabric_.paths.set_one_way(b, a, link);
}

void Network::set_link_one_way(HostId from, HostId to, const LinkProperties& link) {
  fabric_.paths.set_one_way(from, to, link);
}

void Network::block(HostId a, HostId b) {
  fabric_.paths.set_blocked_one_way(a, b, true);
  block_one_way(b, a);
}

void Network::block_one_way(HostId from, HostId to) {
  fabric_.paths.set_blocked_one_way(from, to, true);
  streams_.paths_changed();
}

void Network::unblock(HostId a, HostId b) {
  fabric_.paths.set_blocked_one_way(a, b, false);
  unblock_one_way(b, a);
}

void Network::unblock_one_way(HostId from, HostId to) {
  fabric_.paths.set_blocked_one_way(from, to, false);
  streams_.paths_changed();
}

void Network::partition(const std::vector<std::vector<HostId>>& groups) {
  fabric_.paths.partition(groups);
  streams_.paths_changed();
}

void Network::heal() {
  fabric_.paths.heal();
  streams_.paths_changed();
}

void Network::crash(HostId host) {
  datagrams_.crash(host);
  streams_.crash(host);
  beacons_.crash(host);
}

}  // namespace starling::sim
