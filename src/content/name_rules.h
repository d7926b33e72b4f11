// content/name_rules.h - which names files and folders may have, so that what one computer publishes any other can keep.
//
// Rules and the trouble that each answers:
//  - valid UTF-8 in normal form C: two spellings that look the same are one name;
//  - no '/', no control characters, not '.', '..' or empty: a name never leads out of its folder, nor plays with a terminal;
//  - no two names of a folder that differ only in case: some file systems keep one of them.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace starling::content {

// Bytes of UTF-8; what file systems take.
inline constexpr size_t kNameSizeMax = 255;

enum class NameFault : uint8_t { none, empty, too_long, not_utf8, not_normal, forbidden };
NameFault fault_of_name(std::string_view name);
// For a sentence: "is not valid UTF-8".
std::string_view describe(NameFault fault);

// Equal for names that differ only in case. Pre: no fault.
std::string folded_name(std::string_view name);
// The normal form C of valid UTF-8; anything else as it is.
std::string normal_name(std::string_view name);

}  // namespace starling::content
