// The most memory that this process has had at once.
#pragma once

#include <sys/resource.h>

namespace starling {

inline double peak_memory_mb() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return static_cast<double>(usage.ru_maxrss) / 1024;
}

}  // namespace starling
