// base/check.h - aborts on our own bugs, in release builds too.
//
// STARLING_CHECK(condition) is for what only a programming error can break. What a peer, a user or the
// operating system can break is an std::expected or a counted drop, never a check.
#pragma once

namespace starling {

// Prints the place and the condition to standard error and aborts.
[[noreturn]] void check_failed(const char* condition, const char* file, int line);

}  // namespace starling

#define STARLING_CHECK(condition) \
  ((condition) ? static_cast<void>(0) : ::starling::check_failed(#condition, __FILE__, __LINE__))
