#include "gateway/byte_range.h"

#include <algorithm>
#include <charconv>

namespace starling::gateway {
namespace {

// Digits only. A number too large for 64 bits is the largest.
std::optional<uint64_t> number_of(std::string_view text) {
  const bool digits =
      !text.empty() && std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
  if (!digits) return std::nullopt;
  uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc() ? number : UINT64_MAX;
}

}  // namespace

std::variant<WholeFile, ByteRange, NotInFile> parse_byte_range(std::string_view header,
                                                               uint64_t size) {
  constexpr std::string_view kUnit = "bytes=";
  if (!header.starts_with(kUnit)) return WholeFile{};
  header.remove_prefix(kUnit.size());
  const size_t dash = header.find('-');
  if (dash == std::string_view::npos) return WholeFile{};
  const std::string_view first_text = header.substr(0, dash);
  const std::string_view last_text = header.substr(dash + 1);
  if (first_text.empty()) {
    const auto suffix = number_of(last_text);
    if (!suffix) return WholeFile{};
    if (*suffix == 0 || size == 0) return NotInFile{};
    const uint64_t length = std::min(*suffix, size);
    return ByteRange{size - length, length};
  }
  const auto first = number_of(first_text);
  const auto last = last_text.empty() ? std::optional(UINT64_MAX) : number_of(last_text);
  if (!first || !last || *last < *first) return WholeFile{};
  if (*first >= size) return NotInFile{};
  return ByteRange{*first, std::min(*last, size - 1) - *first + 1};
}

}  // namespace starling::gateway
