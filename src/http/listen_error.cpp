#include "http/listen_error.h"

#include <fmt/core.h>

namespace starling::http {

std::string describe(ListenError error, std::string_view what, std::string_view option,
                     const Endpoint& listen) {
  const std::string address = to_text(listen);
  switch (error) {
    case ListenError::not_loopback:
      return fmt::format("{} must listen on a loopback address such as 127.0.0.1, not on {}", what,
                         address);
    case ListenError::address_in_use:
      return fmt::format(
          "cannot serve {} at {}: another program uses this port; choose another with {}", what,
          address, option);
    case ListenError::address_not_available:
      return fmt::format("cannot serve {} at {}: this computer does not have that address", what,
                         address);
    case ListenError::not_permitted:
      return fmt::format(
          "cannot serve {} at {}: this user may not use that port; choose one above 1023", what,
          address);
    case ListenError::failed:
      break;
  }
  return fmt::format("cannot serve {} at {}: the operating system refused", what, address);
}

}  // namespace starling::http
