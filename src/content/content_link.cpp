#include "content/content_link.h"

#include <algorithm>

#include "content/name_rules.h"
#include "crypto/key_text.h"

namespace starling::content {
namespace {

int digit_of(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

std::optional<std::string> decoded(std::string_view text) {
  std::string result;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      result += text[i];
      continue;
    }
    if (i + 2 >= text.size()) return std::nullopt;
    const int high = digit_of(text[i + 1]);
    const int low = digit_of(text[i + 2]);
    if (high < 0 || low < 0) return std::nullopt;
    result += static_cast<char>(high * 16 + low);
    i += 2;
  }
  return result;
}

// RFC 3986, section 3.3: what a path segment may hold as it is.
bool is_plain(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
         std::string_view("-._~!$&'()*+,;=:@").find(c) != std::string_view::npos;
}

std::string encoded(std::string_view name) {
  constexpr std::string_view kDigits = "0123456789ABCDEF";
  std::string result;
  for (const char c : name) {
    if (is_plain(c)) {
      result += c;
      continue;
    }
    const auto byte = static_cast<unsigned char>(c);
    result += '%';
    result += kDigits[byte >> 4];
    result += kDigits[byte & 15];
  }
  return result;
}

constexpr std::string_view kHttpScheme = "http://";
constexpr std::string_view kLocalDomain = ".localhost";

std::string name_text(const ContentLink& link) {
  return std::visit(
      [](const auto& what) {
        using crypto::to_text;
        return to_text(what);
      },
      link.what);
}

std::string path_text(const ContentLink& link) {
  std::string text;
  for (const std::string& name : link.path) text += "/" + encoded(name);
  return text;
}

}  // namespace

std::string_view describe(LinkFault fault) {
  switch (fault) {
    case LinkFault::not_a_link:
      return "it does not name published content: starling://s… (a site), starling://d… (a "
             "folder) or starling://b… (a file)";
    case LinkFault::bad_name:
      return "the name behind starling:// is mistyped";
    case LinkFault::bad_path:
      return "the path holds a name that no file can have";
    case LinkFault::path_of_blob:
      return "a file has no path behind its name";
    case LinkFault::too_long:
      break;
  }
  return "it is too long";
}

std::expected<std::vector<std::string>, LinkFault> parse_path(std::string_view path) {
  std::vector<std::string> names;
  while (!path.empty()) {
    const size_t end = std::min(path.find('/'), path.size());
    const std::string_view segment = path.substr(0, end);
    path.remove_prefix(std::min(end + 1, path.size()));
    if (segment.empty()) continue;
    const auto name = decoded(segment);
    if (!name) return std::unexpected(LinkFault::bad_path);
    std::string normal = normal_name(*name);
    if (fault_of_name(normal) != NameFault::none) return std::unexpected(LinkFault::bad_path);
    names.push_back(std::move(normal));
  }
  return names;
}

std::expected<ContentLink, LinkFault> parse_content_link(std::string_view text) {
  if (text.size() > ContentLink::kTextSizeMax) return std::unexpected(LinkFault::too_long);
  const bool is_browser_url = text.starts_with(kHttpScheme);
  const bool has_scheme = is_browser_url || text.starts_with(ContentLink::kScheme);
  if (is_browser_url) {
    text.remove_prefix(kHttpScheme.size());
  } else if (has_scheme) {
    text.remove_prefix(ContentLink::kScheme.size());
  }
  text = text.substr(0, text.find_first_of("?#"));
  const size_t slash = std::min(text.find('/'), text.size());
  std::string_view name = text.substr(0, slash);
  const std::string_view path = text.substr(slash);
  if (is_browser_url) {
    const size_t dot = name.find('.');
    const std::string_view domain = dot < name.size() ? name.substr(dot) : std::string_view();
    if (domain.substr(0, domain.find(':')) != kLocalDomain)
      return std::unexpected(LinkFault::not_a_link);
    name = name.substr(0, dot);
  }
  ContentLink link;
  const char letter = name.empty() ? ' ' : static_cast<char>(name.front() | 0x20);
  if (letter != 's' && letter != 'd' && letter != 'b') {
    return std::unexpected(LinkFault::not_a_link);
  }
  const auto take = [&](const auto& parsed) {
    if (parsed) link.what = *parsed;
    return parsed.has_value();
  };
  const bool good = letter == 's'   ? take(crypto::parse_site_key(name))
                    : letter == 'd' ? take(crypto::parse_folder_id(name))
                                    : take(crypto::parse_blob_id(name));
  if (!good) return std::unexpected(has_scheme ? LinkFault::bad_name : LinkFault::not_a_link);
  auto names = parse_path(path);
  if (!names) return std::unexpected(names.error());
  // A browser may need the name of a file to know of what kind it is.
  if (letter == 'b' && is_browser_url) names->clear();
  if (letter == 'b' && !names->empty()) return std::unexpected(LinkFault::path_of_blob);
  link.path = std::move(*names);
  link.ends_with_slash = letter != 'b' && path.ends_with('/');
  return link;
}

std::string to_text(const ContentLink& link) {
  std::string text = std::string(ContentLink::kScheme) + name_text(link) + path_text(link);
  if (link.ends_with_slash) text += '/';
  return text;
}

std::string to_browser_url(const ContentLink& link, uint16_t port) {
  std::string url = std::string(kHttpScheme) + name_text(link) + std::string(kLocalDomain) + ":" +
                    std::to_string(port) + path_text(link);
  if (link.ends_with_slash || link.path.empty()) url += '/';
  return url;
}

}  // namespace starling::content
