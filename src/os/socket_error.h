// os/socket_error.h - what an errno of a socket call means to a core.
#pragma once

#include "env/socket.h"

namespace starling::os {

env::SocketError socket_error_of(int error_number);

}  // namespace starling::os
