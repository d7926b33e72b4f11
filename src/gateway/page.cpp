#include "gateway/page.h"

#include <fmt/format.h>

namespace starling::gateway {
namespace {

constexpr std::string_view kStyle =
    "body{font:16px/1.5 system-ui,sans-serif;max-width:48rem;margin:3rem auto;padding:0 1rem;"
    "color:#1c2430;background:#fff}a{color:#0b57a4}td{padding:.1rem 1.5rem .1rem 0}"
    "td+td{text-align:right;font-variant-numeric:tabular-nums}"
    "@media(prefers-color-scheme:dark){body{color:#e4e8ee;background:#14181f}a{color:#8ec1f5}}";

std::string page(std::string_view title, std::string_view body) {
  return fmt::format(
      "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" "
      "content=\"width=device-width\"><title>{}</title><style>{}</style></head><body>{}</body></"
      "html>\n",
      escaped(title), kStyle, body);
}

// RFC 3986: in an URL of one segment only these may stand as they are.
std::string url_segment(std::string_view name) {
  std::string result;
  for (const char c : name) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       c == '-' || c == '_' || c == '.' || c == '~';
    if (plain) {
      result += c;
    } else {
      result += fmt::format("%{:02X}", static_cast<unsigned char>(c));
    }
  }
  return result;
}

std::string size_text(uint64_t bytes) {
  if (bytes < 1'000) return fmt::format("{} B", bytes);
  double value = static_cast<double>(bytes);
  size_t unit = 0;
  constexpr std::string_view kUnits = "kMGTPE";
  while (value >= 999.5 && unit < kUnits.size()) {
    value /= 1'000;
    ++unit;
  }
  return fmt::format("{:.3g} {}B", value, kUnits[unit - 1]);
}

}  // namespace

std::string escaped(std::string_view text) {
  std::string result;
  for (const char c : text) {
    switch (c) {
      case '&':
        result += "&amp;";
        break;
      case '<':
        result += "&lt;";
        break;
      case '>':
        result += "&gt;";
        break;
      case '"':
        result += "&quot;";
        break;
      case '\'':
        result += "&#39;";
        break;
      default:
        result += c;
    }
  }
  return result;
}

std::string message_page(std::string_view title, std::string_view sentence) {
  return page(title, fmt::format("<h1>{}</h1><p>{}</p>", escaped(title), escaped(sentence)));
}

std::string folder_page(std::string_view path, const content::Manifest& folder) {
  std::string rows;
  if (path != "/") rows += "<tr><td><a href=\"../\">../</a></td><td></td></tr>";
  for (const content::ManifestEntry& entry : folder.entries) {
    const bool is_folder = entry.kind == content::ManifestEntry::Kind::folder;
    const std::string_view slash = is_folder ? "/" : "";
    // A dot first: a name with a colon is no scheme.
    rows += fmt::format("<tr><td><a href=\"./{}{}\">{}{}</a></td><td>{}</td></tr>",
                        url_segment(entry.name), slash, escaped(entry.name), slash,
                        is_folder ? "" : size_text(entry.blob.size));
  }
  return page(path, fmt::format("<h1>{}</h1><table>{}</table>", escaped(path), rows));
}

}  // namespace starling::gateway
