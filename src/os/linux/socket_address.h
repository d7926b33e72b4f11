// os/linux/socket_address.h - an Endpoint in the system's form, and back.
//
// IPv4 endpoints belong to AF_INET sockets, all others to AF_INET6 sockets, which are never dual.
#pragma once

#include <netinet/in.h>
#include <sys/socket.h>

#include "base/endpoint.h"

namespace starling::os {

struct SocketAddress {
  union {
    sockaddr any;
    sockaddr_in v4;
    sockaddr_in6 v6{};
  };
  socklen_t size = sizeof(sockaddr_in6);
};

SocketAddress to_socket_address(const Endpoint& endpoint);
// The unspecified endpoint for families other than IP.
Endpoint to_endpoint(const SocketAddress& address);
// What the socket is bound to.
Endpoint local_endpoint(int socket);

}  // namespace starling::os
