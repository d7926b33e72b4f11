#include "node/node_config.h"

#include <fmt/core.h>

namespace starling::node {
namespace {

std::string_view reason(env::SocketError error) {
  switch (error) {
    case env::SocketError::address_in_use:
      return "another program uses this port; stop it or choose another with --listen";
    case env::SocketError::address_not_available:
      return "this computer does not have that address";
    case env::SocketError::not_permitted:
      return "this user may not use that port; choose one above 1023";
    case env::SocketError::unsupported:
      return "this computer does not support that kind of address";
    case env::SocketError::refused:
    case env::SocketError::unreachable:
    case env::SocketError::closed:
    case env::SocketError::failed:
      break;
  }
  return "the operating system refused";
}

}  // namespace

std::string describe(const StartError& error) {
  const std::string address =
      reach::to_text(reach::peer_address_of(error.transport, error.endpoint));
  switch (error.kind) {
    case StartError::Kind::cannot_listen:
      return fmt::format("cannot listen on {}: {}", address, reason(error.socket_error));
    case StartError::Kind::nowhere_to_listen:
      return fmt::format("cannot listen anywhere: {}", reason(error.socket_error));
    case StartError::Kind::file_damaged:
      return fmt::format(
          "the file '{}' in the home is damaged; move it away to start without what it held",
          error.file);
    case StartError::Kind::file_newer:
      return fmt::format(
          "the file '{}' in the home was written by a newer Starling; start that one", error.file);
    case StartError::Kind::file_unreadable:
      return fmt::format("the file '{}' in the home cannot be read", error.file);
    case StartError::Kind::tables_unreadable:
      return "the tables in the home cannot be read";
  }
  return "the node cannot start";
}

}  // namespace starling::node
