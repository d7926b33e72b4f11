// os/linux/socket_option.h - options of sockets that are whole numbers.
#pragma once

#include <sys/socket.h>

namespace starling::os {

// False with errno.
inline bool set_option(int socket, int level, int name, int value) {
  return setsockopt(socket, level, name, &value, sizeof value) == 0;
}

}  // namespace starling::os
