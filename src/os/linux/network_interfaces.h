// os/linux/network_interfaces.h - the machine's network interfaces, and which carry beacons.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/endpoint.h"

namespace starling::os {

struct NetworkInterface {
  uint32_t index = 0;
  bool is_up = false;
  bool is_loopback = false;
  bool has_multicast = false;
  bool has_ipv4 = false;  // an address of that kind
  bool has_ipv6 = false;
};

// Ascending by index. Empty when the system does not tell.
std::vector<NetworkInterface> network_interfaces();

// As env::Runtime::interface_addresses() says, without repeats, in ascending order.
std::vector<Endpoint> interface_addresses();

// Those that are up, can multicast and have an address; at most kBeaconInterfacesMax, lowest index
// first. Loopback only when there is no other, for nodes of one machine without a network.
std::vector<NetworkInterface> beacon_interfaces(const std::vector<NetworkInterface>& all);

// What Linux lets an IPv4 socket join (net.ipv4.igmp_max_memberships). Hosts of many containers
// have more interfaces.
inline constexpr size_t kBeaconInterfacesMax = 20;

}  // namespace starling::os
