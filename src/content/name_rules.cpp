#include "content/name_rules.h"

#include <algorithm>
#include <memory>
#include <unicase.h>
#include <uninorm.h>
#include <unistr.h>

#include "base/bytes.h"

namespace starling::content {
namespace {

// What libunistring allocates, as a string; empty when it refuses.
std::string take(uint8_t* bytes, size_t size) {
  const std::unique_ptr<uint8_t, decltype(&std::free)> owned(bytes, &std::free);
  return owned ? std::string(text_of({bytes, size})) : std::string();
}

}  // namespace

NameFault fault_of_name(std::string_view name) {
  if (name.empty()) return NameFault::empty;
  if (name.size() > kNameSizeMax) return NameFault::too_long;
  if (u8_check(view_of(name).data(), name.size()) != nullptr) return NameFault::not_utf8;
  const bool forbidden = name == "." || name == ".." || std::ranges::any_of(name, [](char c) {
                           const auto byte = static_cast<unsigned char>(c);
                           return byte < 0x20 || byte == 0x7f || c == '/';
                         });
  if (forbidden) return NameFault::forbidden;
  return normal_name(name) == name ? NameFault::none : NameFault::not_normal;
}

std::string_view describe(NameFault fault) {
  switch (fault) {
    case NameFault::none:
      return "is fine";
    case NameFault::empty:
      return "is empty";
    case NameFault::too_long:
      return "has more than 255 bytes";
    case NameFault::not_utf8:
      return "is not valid UTF-8";
    case NameFault::not_normal:
      return "is not in Unicode's normal form C";
    case NameFault::forbidden:
      break;
  }
  return "holds a slash or a control character, or is . or ..";
}

std::string folded_name(std::string_view name) {
  size_t size = 0;
  uint8_t* folded =
      u8_casefold(view_of(name).data(), name.size(), nullptr, UNINORM_NFC, nullptr, &size);
  return take(folded, size);
}

std::string normal_name(std::string_view name) {
  const ByteView bytes = view_of(name);
  if (u8_check(bytes.data(), bytes.size()) != nullptr) return std::string(name);
  size_t size = 0;
  uint8_t* normal = u8_normalize(UNINORM_NFC, bytes.data(), bytes.size(), nullptr, &size);
  return normal ? take(normal, size) : std::string(name);
}

}  // namespace starling::content
