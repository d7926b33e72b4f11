// os/linux/udp_socket.h - env::DatagramSocket on UDP, batched both ways.
//
// Never fragments: "don't fragment" is set, and the kernel's own idea of the path MTU is not used
// (PMTUDISC_PROBE), because links probe it themselves and an ICMP message can be forged.
// Threads: network thread. The callback may destroy the socket.
#pragma once

#include <expected>
#include <memory>

#include "env/socket.h"
#include "os/event_loop.h"
#include "os/file_descriptor.h"
#include "os/linux/datagram_reader.h"
#include "os/linux/datagram_sender.h"

namespace starling::os {

class UdpSocket final : public env::DatagramSocket {
 public:
  // Asked of the kernel, which may give less: 30 ms at 1 Gbit/s.
  static constexpr int kKernelBufferBytes = 4 << 20;
  // What one recvmmsg can bring: 64 trains of at most 64 KiB.
  static constexpr DatagramReader::Limits kReadLimits = {64, 64 << 10};

  // An IPv4 or IPv6 socket by the form of `local`, never both. `loop` is borrowed.
  static std::expected<std::unique_ptr<UdpSocket>, env::SocketError> open(EventLoop& loop,
                                                                          const Endpoint& local,
                                                                          Receive receive);

  void send(std::span<const env::OutgoingDatagram> datagrams) override;
  [[nodiscard]] Endpoint local() const override;
  [[nodiscard]] env::DatagramCounts counts() const override;

 private:
  UdpSocket(EventLoop& loop, FileDescriptor socket, const Endpoint& local, Receive receive);

  FileDescriptor socket_;
  Endpoint local_;
  DatagramSender sender_;
  DatagramReader reader_;  // after the socket: stops before it is closed
};

}  // namespace starling::os
