// sim/beacon_network.h - multicast on local networks: a beacon reaches every socket of its port in the LAN.
//
// How:     the sender gets its own beacon back, as with IP_MULTICAST_LOOP, which is on unless switched off. A block
//          between two hosts stops beacons between them as well; other link properties do not apply within a LAN.
// Life:    sockets must be gone before this object; after crash() they are dead and may go at any time.
#pragma once

#include <expected>
#include <memory>
#include <optional>
#include <unordered_map>
#include <vector>

#include "base/bytes.h"
#include "env/socket.h"
#include "sim/fabric.h"
#include "sim/port_table.h"

namespace starling::sim {

class BeaconNetwork {
 public:
  static constexpr Duration kLanDelay = 200us;
  static constexpr size_t kPayloadMax =
      1472;  // one Ethernet frame; larger beacons are dropped as too_big

  explicit BeaconNetwork(Fabric& fabric) : fabric_(fabric) {}

  void add_host();
  // Empty: in no LAN, where nobody hears it. A host starts so.
  void set_lan(HostId host, std::optional<uint32_t> group);
  // One for each port of a host; address_in_use for a second.
  std::expected<std::unique_ptr<env::BeaconSocket>, env::SocketError> open(
      HostId host, uint16_t port, env::DatagramSocket::Receive receive);
  void crash(HostId host);

 private:
  class Socket;

  void send(HostId from, uint16_t port, ByteView bytes);
  void arrive(HostId to, const Endpoint& from, ByteView bytes);

  Fabric& fabric_;
  PortTable<Socket> ports_;
  std::vector<std::optional<uint32_t>> lans_;                  // by host
  std::unordered_map<uint32_t, std::vector<HostId>> members_;  // ascending; never iterated
};

}  // namespace starling::sim
