// sim/network.h - the simulated Internet: hosts with addresses, what lies between them, and its faults.
//
// How:     faults and properties are sim/paths.h; who has which address is sim/address_table.h; datagrams, streams and
//          beacons are one file each. SimRuntime opens sockets here; tests set faults here, at any time.
// Threads: single owner.
#pragma once

#include "sim/beacon_network.h"
#include "sim/datagram_network.h"
#include "sim/stream_network.h"

namespace starling::sim {

class Network {
 public:
  // Borrows `queue` and `trace`.
  Network(EventQueue& queue, Trace& trace, uint64_t seed);
  Network(const Network&) = delete;
  Network& operator=(const Network&) = delete;

  HostId add_host();
  [[nodiscard]] size_t host_count() const { return fabric_.addresses.host_count(); }

  // The host's first address, IPv4 unless it has none.
  [[nodiscard]] Endpoint endpoint(HostId host, uint16_t port) const;
  // Replaces the host's addresses of that family, from now on: packets in flight to the old one are
  // lost, sockets bound to it are dead, those bound to 0.0.0.0 or :: go on. Port and scope are
  // ignored. Pre: no other host has it.
  void set_address(HostId host, const Endpoint& address);
  void add_address(HostId host, const Endpoint& address);

  void set_default_link(const LinkProperties& link);
  void set_link(HostId a, HostId b, const LinkProperties& link);
  void set_link_one_way(HostId from, HostId to, const LinkProperties& link);

  void block(HostId a, HostId b);
  void block_one_way(HostId from, HostId to);
  void unblock(HostId a, HostId b);
  void unblock_one_way(HostId from, HostId to);
  // Hosts in no group form one more group. Replaces the last partition; blocks stay.
  void partition(const std::vector<std::vector<HostId>>& groups);
  // Ends the partition and all blocks. Link properties stay.
  void heal();

  void set_lan(HostId host, std::optional<uint32_t> group) { beacons_.set_lan(host, group); }
  // A datagram with a forged source, which travels over the paths of `via`.
  void inject(HostId via, const Endpoint& source, const Endpoint& to, ByteView bytes) {
    datagrams_.inject(via, source, to, bytes);
  }
  // Every socket, listener and stream of the host is dead from now on.
  void crash(HostId host);

  [[nodiscard]] uint64_t count(PacketFate fate) const { return fabric_.counts.of(fate); }
  [[nodiscard]] const Counters<PacketFate>& counts() const { return fabric_.counts; }

  DatagramNetwork& datagrams() { return datagrams_; }
  StreamNetwork& streams() { return streams_; }
  BeaconNetwork& beacons() { return beacons_; }

 private:
  Fabric fabric_;
  DatagramNetwork datagrams_{fabric_};
  StreamNetwork streams_;
  BeaconNetwork beacons_{fabric_};
};

}  // namespace starling::sim
