// os/linux/beacon_socket.h - env::BeaconSocket by multicast to 239.255.83.84 and ff02::5354.
//
// How:     joined where beacon_interfaces() says, which is asked at each send(), because networks come
//          and go. Nodes of one machine share the port and hear each other; a node also hears itself.
// Attack:  beacons from beyond the local networks. Sent with hop limit 1; the IPv4 socket takes only what
//          was sent to the group (RFC 2365 local scope); over IPv6 only link-local senders, or this
//          machine, are heard, and no router lets those through.
// Threads: network thread. The callback may destroy the socket.
#pragma once

#include <expected>
#include <memory>
#include <set>

#include "env/socket.h"
#include "os/event_loop.h"
#include "os/file_descriptor.h"
#include "os/linux/datagram_reader.h"
#include "os/linux/network_interfaces.h"

namespace starling::os {

class MulticastBeaconSocket final : public env::BeaconSocket {
 public:
  // A larger datagram is dropped unread; beacons are some hundred bytes.
  static constexpr DatagramReader::Limits kReadLimits = {16, 2048};

  // Pre: port is not 0. A machine without IPv6, or without IPv4, gets the other alone; address_in_use
  // when a program that shares it with nobody has the port. `loop` is borrowed.
  static std::expected<std::unique_ptr<MulticastBeaconSocket>, env::SocketError> open(
      EventLoop& loop, uint16_t port, env::DatagramSocket::Receive receive);

  // Interfaces that cannot send at the moment are skipped: the next beacon may get through.
  void send(ByteView bytes) override;

 private:
  // One family's socket and where it is a member of the group.
  struct Channel {
    bool ipv4;
    uint16_t port;
    FileDescriptor socket;
    std::set<uint32_t> joined;
    std::unique_ptr<DatagramReader> reader;  // after the socket: stops before it is closed

    void update_memberships(const std::vector<NetworkInterface>& interfaces);
    void send(uint32_t interface, ByteView bytes) const;
  };

  MulticastBeaconSocket(Channel v4, Channel v6);
  static std::expected<Channel, env::SocketError> open_channel(
      EventLoop& loop, bool ipv4, uint16_t port, env::DatagramSocket::Receive receive);
  void rescan();

  Channel v4_;  // either may have no open socket
  Channel v6_;
};

}  // namespace starling::os
