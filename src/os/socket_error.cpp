#include "os/socket_error.h"

#include <cerrno>

namespace starling::os {

env::SocketError socket_error_of(int error_number) {
  using env::SocketError;
  switch (error_number) {
    case EADDRINUSE:
      return SocketError::address_in_use;
    case EADDRNOTAVAIL:
      return SocketError::address_not_available;
    case EACCES:
    case EPERM:
      return SocketError::not_permitted;
    case EAFNOSUPPORT:
    case EPROTONOSUPPORT:
    case EOPNOTSUPP:
      return SocketError::unsupported;
    case ECONNREFUSED:
      return SocketError::refused;
    case EHOSTUNREACH:
    case EHOSTDOWN:
    case ENETUNREACH:
    case ENETDOWN:
    case ETIMEDOUT:
      return SocketError::unreachable;
    case ECONNRESET:
    case ECONNABORTED:
    case EPIPE:
    case ENOTCONN:
      return SocketError::closed;
    default:
      return SocketError::failed;
  }
}

}  // namespace starling::os
