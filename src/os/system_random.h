// os/system_random.h - the operating system's random numbers, fit for keys. Any thread.
#pragma once

#include "crypto/secure_random.h"

namespace starling::os {

class SystemRandom final : public crypto::SecureRandom {
 public:
  // Aborts when the system has no random numbers: nothing safe could be done without them.
  void fill(MutableByteView bytes) override;
};

}  // namespace starling::os
