#include "os/linux/beacon_socket.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <iterator>
#include <netinet/in.h>
#include <sys/socket.h>
#include <utility>
#include <vector>

#include "base/check.h"
#include "os/linux/socket_address.h"
#include "os/linux/socket_option.h"
#include "os/socket_error.h"

namespace starling::os {
namespace {

using env::DatagramSocket;
using env::ReceivedDatagram;
using env::SocketError;

Endpoint group_v4(uint16_t port) { return Endpoint::ipv4(239, 255, 83, 84, port); }

Endpoint group_v6(uint16_t port, uint32_t interface) {
  return {{0xff, 0x02, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x53, 0x54}, port, interface};
}

bool set_options(int socket, bool ipv4) {
  if (!set_option(socket, SOL_SOCKET, SO_REUSEADDR, 1) ||
      !set_option(socket, SOL_SOCKET, SO_REUSEPORT, 1)) {
    return false;
  }
  // MULTICAST_ALL off: only what was sent to the groups and interfaces joined by this very socket.
  if (ipv4) {
    return set_option(socket, IPPROTO_IP, IP_MULTICAST_TTL, 1) &&
           set_option(socket, IPPROTO_IP, IP_MULTICAST_LOOP, 1) &&
           set_option(socket, IPPROTO_IP, IP_MULTICAST_ALL, 0);
  }
#ifdef IPV6_MULTICAST_ALL
  set_option(socket, IPPROTO_IPV6, IPV6_MULTICAST_ALL, 0);
#endif
  return set_option(socket, IPPROTO_IPV6, IPV6_V6ONLY, 1) &&
         set_option(socket, IPPROTO_IPV6, IPV6_MULTICAST_HOPS, 1) &&
         set_option(socket, IPPROTO_IPV6, IPV6_MULTICAST_LOOP, 1);
}

// True when the socket then is a member, or no longer one.
bool change_membership(int socket, bool ipv4, uint32_t interface, bool join) {
  if (ipv4) {
    ip_mreqn request{};
    request.imr_multiaddr = to_socket_address(group_v4(0)).v4.sin_addr;
    request.imr_ifindex = static_cast<int>(interface);
    return setsockopt(socket, IPPROTO_IP, join ? IP_ADD_MEMBERSHIP : IP_DROP_MEMBERSHIP, &request,
                      sizeof request) == 0 ||
           errno == EADDRINUSE;  // is one already
  }
  ipv6_mreq request{};
  request.ipv6mr_multiaddr = to_socket_address(group_v6(0, 0)).v6.sin6_addr;
  request.ipv6mr_interface = interface;
  return setsockopt(socket, IPPROTO_IPV6, join ? IPV6_JOIN_GROUP : IPV6_LEAVE_GROUP, &request,
                    sizeof request) == 0 ||
         errno == EADDRINUSE;
}

// IPv4 needs the interface in a control message; IPv6 has it in the address.
void send_v4(int socket, uint32_t interface, const SocketAddress& group, ByteView bytes) {
  iovec vector{const_cast<uint8_t*>(bytes.data()), bytes.size()};
  alignas(cmsghdr) std::array<uint8_t, CMSG_SPACE(sizeof(in_pktinfo))> control{};
  msghdr header{};
  header.msg_name = const_cast<sockaddr*>(&group.any);
  header.msg_namelen = group.size;
  header.msg_iov = &vector;
  header.msg_iovlen = 1;
  header.msg_control = control.data();
  header.msg_controllen = control.size();
  cmsghdr* item = CMSG_FIRSTHDR(&header);
  item->cmsg_level = IPPROTO_IP;
  item->cmsg_type = IP_PKTINFO;
  item->cmsg_len = CMSG_LEN(sizeof(in_pktinfo));
  in_pktinfo info{};
  info.ipi_ifindex = static_cast<int>(interface);
  std::memcpy(CMSG_DATA(item), &info, sizeof info);
  sendmsg(socket, &header, MSG_DONTWAIT | MSG_NOSIGNAL);
}

// Passes on what a neighbour sent; see "Attack" in the header.
DatagramSocket::Receive only_local_senders(DatagramSocket::Receive receive) {
  return [receive = std::move(receive)](std::span<const ReceivedDatagram> datagrams) {
    std::vector<ReceivedDatagram> local;
    std::copy_if(datagrams.begin(), datagrams.end(), std::back_inserter(local),
                 [](const auto& d) { return d.from.is_link_local() || d.from.is_loopback(); });
    if (!local.empty()) receive(local);
  };
}

}  // namespace

std::expected<std::unique_ptr<MulticastBeaconSocket>, SocketError> MulticastBeaconSocket::open(
    EventLoop& loop, uint16_t port, DatagramSocket::Receive receive) {
  STARLING_CHECK(port != 0);
  // One function for both families: it may keep state in itself.
  const auto shared = std::make_shared<const DatagramSocket::Receive>(std::move(receive));
  const DatagramSocket::Receive receive_any = [shared](auto datagrams) { (*shared)(datagrams); };
  auto v4 = open_channel(loop, true, port, receive_any);
  auto v6 = open_channel(loop, false, port, only_local_senders(receive_any));
  for (const auto* channel : {&v4, &v6}) {
    // Half deaf without anybody knowing would be worse than not to start.
    if (!*channel && channel->error() != SocketError::unsupported) {
      return std::unexpected(channel->error());
    }
  }
  if (!v4 && !v6) return std::unexpected(SocketError::unsupported);
  return std::unique_ptr<MulticastBeaconSocket>(
      new MulticastBeaconSocket(v4 ? std::move(*v4) : Channel{true, port, {}, {}, {}},
                                v6 ? std::move(*v6) : Channel{false, port, {}, {}, {}}));
}

std::expected<MulticastBeaconSocket::Channel, SocketError> MulticastBeaconSocket::open_channel(
    EventLoop& loop, bool ipv4, uint16_t port, DatagramSocket::Receive receive) {
  Channel channel{ipv4, port, {}, {}, {}};
  channel.socket = FileDescriptor{
      ::socket(ipv4 ? AF_INET : AF_INET6, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)};
  // An IPv6 socket bound to a link-local group would be bound to a single interface.
  const Endpoint local = ipv4 ? group_v4(port) : Endpoint{.address = {}, .port = port, .scope = 0};
  const SocketAddress address = to_socket_address(local);
  if (!channel.socket.is_open() || !set_options(channel.socket.number(), ipv4) ||
      bind(channel.socket.number(), &address.any, address.size) != 0) {
    return std::unexpected(socket_error_of(errno));
  }
  channel.reader = std::make_unique<DatagramReader>(loop, channel.socket.number(), kReadLimits,
                                                    std::move(receive));
  return channel;
}

MulticastBeaconSocket::MulticastBeaconSocket(Channel v4, Channel v6)
    : v4_(std::move(v4)), v6_(std::move(v6)) {
  rescan();
}

void MulticastBeaconSocket::send(ByteView bytes) {
  rescan();
  for (const uint32_t interface : v4_.joined) v4_.send(interface, bytes);
  for (const uint32_t interface : v6_.joined) v6_.send(interface, bytes);
}

void MulticastBeaconSocket::rescan() {
  const auto interfaces = beacon_interfaces(network_interfaces());
  v4_.update_memberships(interfaces);
  v6_.update_memberships(interfaces);
}

// Leaves the interfaces that went away: the kernel limits the memberships of a socket (20 for
// IPv4), and those of vanished interfaces count.
void MulticastBeaconSocket::Channel::update_memberships(
    const std::vector<NetworkInterface>& interfaces) {
  if (!socket.is_open()) return;
  std::set<uint32_t> wanted;
  for (const auto& interface : interfaces) {
    if (ipv4 ? interface.has_ipv4 : interface.has_ipv6) wanted.insert(interface.index);
  }
  std::erase_if(joined, [&](uint32_t interface) {
    if (wanted.contains(interface)) return false;
    change_membership(socket.number(), ipv4, interface, false);
    return true;
  });
  for (const uint32_t interface : wanted) {
    if (joined.contains(interface)) continue;
    if (change_membership(socket.number(), ipv4, interface, true)) joined.insert(interface);
  }
}

void MulticastBeaconSocket::Channel::send(uint32_t interface, ByteView bytes) const {
  if (ipv4) {
    send_v4(socket.number(), interface, to_socket_address(group_v4(port)), bytes);
    return;
  }
  const SocketAddress group = to_socket_address(group_v6(port, interface));
  sendto(socket.number(), bytes.data(), bytes.size(), MSG_DONTWAIT | MSG_NOSIGNAL, &group.any,
         group.size);
}

}  // namespace starling::os
