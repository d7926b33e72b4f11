// sim/packet_fate.h - what became of the datagrams and beacons of a simulated network, as counters.
#pragma once

#include <string_view>

#include "base/counters.h"

namespace starling::sim {

// Each packet sent ends as one of those from delivered to not_listening; a duplicated one once more.
enum class PacketFate : uint8_t {
  sent,       // handed to the network
  delivered,  // a socket got it
  lost,       // LinkProperties::loss
  blocked,    // block() or partition()
  too_big,    // above LinkProperties::mtu
  queue_full,
  no_such_address,  // no host had the address when it was sent
  address_gone,     // the receiver changed its address while it was in flight
  not_listening,    // no open socket, also because the host is down
  duplicated,
  reordered,
  injected,
  count_
};

constexpr std::string_view name_of(PacketFate fate) {
  constexpr std::string_view kNames[] = {
      "sent",       "delivered",       "lost",         "blocked",       "too_big",
      "queue_full", "no_such_address", "address_gone", "not_listening", "duplicated",
      "reordered",  "injected"};
  static_assert(std::size(kNames) == static_cast<size_t>(PacketFate::count_));
  return kNames[static_cast<size_t>(fate)];
}

}  // namespace starling::sim
