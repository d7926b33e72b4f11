#include "os/system_random.h"

#include <cerrno>
#include <sys/random.h>

#include "base/check.h"

namespace starling::os {

void SystemRandom::fill(MutableByteView bytes) {
  while (!bytes.empty()) {
    const ssize_t count = getrandom(bytes.data(), bytes.size(), 0);
    if (count < 0 && errno == EINTR) continue;
    STARLING_CHECK(count > 0);
    bytes = bytes.subspan(static_cast<size_t>(count));
  }
}

}  // namespace starling::os
