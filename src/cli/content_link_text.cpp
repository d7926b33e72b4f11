#include "cli/content_link_text.h"

#include <algorithm>
#include <charconv>

namespace starling::cli {
namespace {

constexpr std::string_view kScheme = "starling://";
// Of a key that stands for a name.
constexpr size_t kShortKeySize = 16;

std::string_view without_scheme(std::string_view link) {
  if (link.starts_with(kScheme)) link.remove_prefix(kScheme.size());
  return link.substr(0, link.find_first_of("?#"));
}

std::string decoded(std::string_view text) {
  std::string result;
  for (size_t i = 0; i < text.size(); ++i) {
    uint8_t value = 0;
    if (text[i] == '%' && i + 2 < text.size()) {
      const auto [end, error] = std::from_chars(&text[i + 1], &text[i + 3], value, 16);
      if (error == std::errc() && end == &text[i + 3]) {
        result += static_cast<char>(value);
        i += 2;
        continue;
      }
    }
    result += text[i];
  }
  return result;
}

}  // namespace

std::string file_name_of(std::string_view link) {
  std::string_view rest = without_scheme(link);
  while (rest.ends_with('/')) rest.remove_suffix(1);
  const size_t slash = rest.find_last_of('/');
  const std::string name = slash < rest.size() ? decoded(rest.substr(slash + 1)) : std::string();
  const bool usable =
      !name.empty() && name != "." && name != ".." && name.find('/') == std::string::npos;
  return usable ? name : std::string(rest.substr(0, std::min(rest.find('/'), kShortKeySize)));
}

}  // namespace starling::cli
