// sim/fabric.h - what datagrams, streams and beacons of one simulated network share.
#pragma once

#include "sim/address_table.h"
#include "sim/event_queue.h"
#include "sim/packet_fate.h"
#include "sim/paths.h"
#include "sim/trace.h"

namespace starling::sim {

struct Fabric {
  EventQueue& queue;
  Trace& trace;
  AddressTable addresses;
  Paths paths;
  Counters<PacketFate> counts;

  // The host that a packet from `from` to `to` reaches, or kNoHost.
  [[nodiscard]] HostId route(HostId from, const Endpoint& to) const {
    return to.is_loopback() ? from : addresses.host_of(to);
  }
};

}  // namespace starling::sim
