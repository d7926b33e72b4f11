// base/base32.h - RFC 4648 base32 as Starling prints it: lower case, no padding.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/bytes.h"

namespace starling {

std::string to_base32(ByteView bytes);

// Accepts upper and lower case. Empty for a foreign character, an impossible length, or unused bits that are
// not zero: one byte string has one spelling apart from case.
std::optional<Bytes> from_base32(std::string_view text);

}  // namespace starling
