// cli/socket_name.h - an endpoint as the system calls take it.
#pragma once

#include <cstring>
#include <netinet/in.h>
#include <sys/socket.h>

#include "base/endpoint.h"

namespace starling::cli {

// `size` bytes of the storage count.
struct SocketName {
  sockaddr_storage storage{};
  socklen_t size = 0;

  explicit SocketName(const Endpoint& endpoint) {
    if (endpoint.is_ipv4()) {
      sockaddr_in name{};
      name.sin_family = AF_INET;
      name.sin_port = htons(endpoint.port);
      std::memcpy(&name.sin_addr, endpoint.address.data() + 12, sizeof name.sin_addr);
      std::memcpy(&storage, &name, size = sizeof name);
    } else {
      sockaddr_in6 name{};
      name.sin6_family = AF_INET6;
      name.sin6_port = htons(endpoint.port);
      name.sin6_scope_id = endpoint.scope;
      std::memcpy(&name.sin6_addr, endpoint.address.data(), sizeof name.sin6_addr);
      std::memcpy(&storage, &name, size = sizeof name);
    }
  }
};

}  // namespace starling::cli
