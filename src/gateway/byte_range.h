// gateway/byte_range.h - which bytes of a file a request asks for: the Range header (RFC 9110, section 14).
// Wire: docs/wire/gateway.md#ranges.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <variant>

namespace starling::gateway {

struct ByteRange {
  uint64_t offset = 0;
  uint64_t size = 0;
  friend bool operator==(const ByteRange&, const ByteRange&) = default;
};
struct WholeFile {
  friend bool operator==(const WholeFile&, const WholeFile&) = default;
};
struct NotInFile {
  friend bool operator==(const NotInFile&, const NotInFile&) = default;
};

// Of a file of `size` bytes. Several ranges, another unit and nonsense get the whole file, as the RFC allows.
std::variant<WholeFile, ByteRange, NotInFile> parse_byte_range(std::string_view header,
                                                               uint64_t size);

}  // namespace starling::gateway
