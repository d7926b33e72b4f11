#include "os/linux/socket_address.h"

#include <arpa/inet.h>
#include <cstring>

namespace starling::os {

SocketAddress to_socket_address(const Endpoint& endpoint) {
  SocketAddress address;
  if (endpoint.is_ipv4()) {
    address.v4 = {};
    address.v4.sin_family = AF_INET;
    address.v4.sin_port = htons(endpoint.port);
    std::memcpy(&address.v4.sin_addr, endpoint.address.data() + 12, 4);
    address.size = sizeof address.v4;
    return address;
  }
  address.v6.sin6_family = AF_INET6;
  address.v6.sin6_port = htons(endpoint.port);
  std::memcpy(&address.v6.sin6_addr, endpoint.address.data(), 16);
  address.v6.sin6_scope_id = endpoint.scope;
  return address;
}

Endpoint to_endpoint(const SocketAddress& address) {
  if (address.any.sa_family == AF_INET) {
    Endpoint endpoint = Endpoint::ipv4(0, 0, 0, 0, ntohs(address.v4.sin_port));
    std::memcpy(endpoint.address.data() + 12, &address.v4.sin_addr, 4);
    return endpoint;
  }
  Endpoint endpoint;
  if (address.any.sa_family != AF_INET6) return endpoint;
  std::memcpy(endpoint.address.data(), &address.v6.sin6_addr, 16);
  endpoint.port = ntohs(address.v6.sin6_port);
  if (endpoint.is_link_local()) endpoint.scope = address.v6.sin6_scope_id;
  return endpoint;
}

Endpoint local_endpoint(int socket) {
  SocketAddress address;
  if (getsockname(socket, &address.any, &address.size) != 0) return {};
  return to_endpoint(address);
}

}  // namespace starling::os
