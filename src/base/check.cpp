#include "base/check.h"

#include <cstdio>
#include <cstdlib>

namespace starling {

void check_failed(const char* condition, const char* file, int line) {
  std::fprintf(stderr, "starling: internal error: %s does not hold at %s:%d\n", condition, file,
               line);
  std::abort();
}

}  // namespace starling
