#include "os/linux/udp_socket.h"

#include <cerrno>
#include <netinet/in.h>
#include <netinet/udp.h>
#include <sys/socket.h>

#include "os/linux/socket_address.h"
#include "os/linux/socket_option.h"
#include "os/socket_error.h"

namespace starling::os {
namespace {

// Without these the socket would break its contract.
bool set_required_options(int socket, bool ipv4) {
  if (ipv4) return set_option(socket, IPPROTO_IP, IP_MTU_DISCOVER, IP_PMTUDISC_PROBE);
  return set_option(socket, IPPROTO_IPV6, IPV6_V6ONLY, 1) &&
         set_option(socket, IPPROTO_IPV6, IPV6_MTU_DISCOVER, IPV6_PMTUDISC_PROBE);
}

// Without these it is only slower.
void ask_for_options(int socket) {
  set_option(socket, SOL_SOCKET, SO_RCVBUF, UdpSocket::kKernelBufferBytes);
  set_option(socket, SOL_SOCKET, SO_SNDBUF, UdpSocket::kKernelBufferBytes);
  set_option(socket, SOL_UDP, UDP_GRO, 1);
}

}  // namespace

std::expected<std::unique_ptr<UdpSocket>, env::SocketError> UdpSocket::open(EventLoop& loop,
                                                                            const Endpoint& local,
                                                                            Receive receive) {
  const bool ipv4 = local.is_ipv4();
  FileDescriptor socket{
      ::socket(ipv4 ? AF_INET : AF_INET6, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)};
  const SocketAddress address = to_socket_address(local);
  if (!socket.is_open() || !set_required_options(socket.number(), ipv4) ||
      bind(socket.number(), &address.any, address.size) != 0) {
    return std::unexpected(socket_error_of(errno));
  }
  ask_for_options(socket.number());
  const Endpoint bound = local_endpoint(socket.number());
  return std::unique_ptr<UdpSocket>(
      new UdpSocket(loop, std::move(socket), bound, std::move(receive)));
}

UdpSocket::UdpSocket(EventLoop& loop, FileDescriptor socket, const Endpoint& local, Receive receive)
    : socket_(std::move(socket)),
      local_(local),
      sender_(socket_.number(), local.is_ipv4()),
      reader_(loop, socket_.number(), kReadLimits, std::move(receive)) {}

void UdpSocket::send(std::span<const env::OutgoingDatagram> datagrams) { sender_.send(datagrams); }

Endpoint UdpSocket::local() const { return local_; }

env::DatagramCounts UdpSocket::counts() const {
  env::DatagramCounts counts = sender_.counts();
  counts.received = reader_.received();
  return counts;
}

}  // namespace starling::os
