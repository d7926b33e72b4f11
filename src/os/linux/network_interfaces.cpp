#include "os/linux/network_interfaces.h"

#include <algorithm>
#include <cstring>
#include <ifaddrs.h>
#include <iterator>
#include <map>
#include <memory>
#include <net/if.h>
#include <set>
#include <sys/socket.h>

#include "os/linux/socket_address.h"

namespace starling::os {

std::vector<NetworkInterface> network_interfaces() {
  ifaddrs* first = nullptr;
  if (getifaddrs(&first) != 0) return {};
  const std::unique_ptr<ifaddrs, void (*)(ifaddrs*)> owner(first, &freeifaddrs);
  std::map<uint32_t, NetworkInterface> by_index;
  for (const ifaddrs* entry = first; entry != nullptr; entry = entry->ifa_next) {
    // An alias address may be named "eth0:1"; it has the index of its interface.
    const uint32_t index = if_nametoindex(entry->ifa_name);
    if (index == 0) continue;
    NetworkInterface& found = by_index[index];
    found.index = index;
    found.is_up = (entry->ifa_flags & IFF_UP) != 0;
    found.is_loopback = (entry->ifa_flags & IFF_LOOPBACK) != 0;
    found.has_multicast = (entry->ifa_flags & IFF_MULTICAST) != 0;
    if (entry->ifa_addr == nullptr) continue;
    found.has_ipv4 |= entry->ifa_addr->sa_family == AF_INET;
    found.has_ipv6 |= entry->ifa_addr->sa_family == AF_INET6;
  }
  std::vector<NetworkInterface> result;
  for (const auto& [index, found] : by_index) result.push_back(found);
  return result;
}

std::vector<Endpoint> interface_addresses() {
  ifaddrs* first = nullptr;
  if (getifaddrs(&first) != 0) return {};
  const std::unique_ptr<ifaddrs, void (*)(ifaddrs*)> owner(first, &freeifaddrs);
  std::set<Endpoint> loopback;
  std::set<Endpoint> others;
  for (const ifaddrs* entry = first; entry != nullptr; entry = entry->ifa_next) {
    if (entry->ifa_addr == nullptr || (entry->ifa_flags & IFF_UP) == 0) continue;
    const int family = entry->ifa_addr->sa_family;
    if (family != AF_INET && family != AF_INET6) continue;
    SocketAddress address;
    std::memcpy(&address.any, entry->ifa_addr,
                family == AF_INET ? sizeof address.v4 : sizeof address.v6);
    Endpoint endpoint = to_endpoint(address);
    endpoint.port = 0;
    if (endpoint.is_link_local()) continue;
    (endpoint.is_loopback() ? loopback : others).insert(endpoint);
  }
  const auto& chosen = others.empty() ? loopback : others;
  return {chosen.begin(), chosen.end()};
}

std::vector<NetworkInterface> beacon_interfaces(const std::vector<NetworkInterface>& all) {
  const auto is_usable = [](const NetworkInterface& i) {
    return i.is_up && (i.has_ipv4 || i.has_ipv6);
  };
  std::vector<NetworkInterface> chosen;
  std::copy_if(all.begin(), all.end(), std::back_inserter(chosen),
               [&](const auto& i) { return is_usable(i) && i.has_multicast && !i.is_loopback; });
  if (chosen.empty()) {
    // Linux does not call loopback multicast-capable, but it is.
    std::copy_if(all.begin(), all.end(), std::back_inserter(chosen),
                 [&](const auto& i) { return is_usable(i) && i.is_loopback; });
  }
  if (chosen.size() > kBeaconInterfacesMax) chosen.resize(kBeaconInterfacesMax);
  return chosen;
}

}  // namespace starling::os
