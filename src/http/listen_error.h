// http/listen_error.h - why a server cannot listen, and how to say it.
#pragma once

#include <string>
#include <string_view>

#include "base/endpoint.h"

namespace starling::http {

enum class ListenError : uint8_t {
  not_loopback,  // only programs of this computer may reach it
  address_in_use,
  address_not_available,
  not_permitted,
  failed,
};

// One sentence for a person: `what` is "the API", `option` what chooses another address.
std::string describe(ListenError error, std::string_view what, std::string_view option,
                     const Endpoint& listen);

}  // namespace starling::http
