// sim/datagram_network.h - UDP between simulated hosts.
//
// How:     a packet is copied into a pooled buffer, travels as one event, and is looked up by address where it arrives.
// Views:   what a receiver is given is valid until its callback returns. Batches have one datagram.
// Life:    sockets must be gone before this object; after crash() they are dead and may go at any time.
#pragma once

#include <expected>
#include <memory>
#include <vector>

#include "base/bytes.h"
#include "env/socket.h"
#include "sim/fabric.h"
#include "sim/port_table.h"

namespace starling::sim {

class DatagramNetwork {
 public:
  // Largest UDP payload over IPv4 (RFC 768, RFC 791); a larger one is too_big everywhere.
  static constexpr size_t kPayloadMax = 65'507;

  explicit DatagramNetwork(Fabric& fabric) : fabric_(fabric) {}

  void add_host() { ports_.add_host(); }
  std::expected<std::unique_ptr<env::DatagramSocket>, env::SocketError> open(
      HostId host, const Endpoint& local, env::DatagramSocket::Receive receive);

  // Sends from `via` a datagram that claims to come from `source`, which may be any address. It
  // travels over the paths of `via`.
  void inject(HostId via, const Endpoint& source, const Endpoint& to, ByteView bytes);

  // All sockets of the host are dead: nothing arrives, what is sent is dropped.
  void crash(HostId host);

 private:
  class Socket;
  struct Packet {
    Endpoint from;
    Endpoint to;
    HostId receiver{};
    Bytes bytes;
  };

  PacketFate transmit(HostId via, const Endpoint& from, const Endpoint& to, ByteView bytes);
  void carry(Instant arrival, HostId receiver, const Endpoint& from, const Endpoint& to,
             ByteView bytes);
  void arrive(uint32_t index);
  [[nodiscard]] PacketFate deliver(const Packet& packet, ByteView bytes);

  Fabric& fabric_;
  PortTable<Socket> ports_;
  std::vector<Packet> packets_;  // grows to the most that were ever in flight
  std::vector<uint32_t> free_packets_;
};

}  // namespace starling::sim
