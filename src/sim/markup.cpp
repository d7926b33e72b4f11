#include "sim/markup.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <fmt/format.h>

namespace starling::sim {
namespace {

constexpr std::string_view kReplacement = "\xef\xbf\xbd";  // U+FFFD
constexpr std::string_view kMinus = "−";
constexpr std::string_view kThinSpace = "\u2009";

struct Character {
  char32_t code = 0xfffd;
  size_t size = 1;
  bool valid = false;
};

// The character at the front of `text`, which is not empty. One invalid byte counts as one character.
Character first_character(std::string_view text) {
  const auto byte = [&](size_t at) -> uint32_t {
    return at < text.size() ? static_cast<uint8_t>(text[at]) : 0;
  };
  const uint32_t lead = byte(0);
  if (lead < 0x80) return {lead, 1, true};
  const size_t size = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
  if (lead < 0xc2 || lead > 0xf4) return {};
  uint32_t code = lead & (0xff >> (size + 1));
  for (size_t i = 1; i < size; ++i) {
    if ((byte(i) & 0xc0) != 0x80) return {};
    code = code << 6 | (byte(i) & 0x3f);
  }
  constexpr std::array<uint32_t, 5> kSmallest{0, 0, 0x80, 0x800, 0x10000};
  const bool surrogate = code >= 0xd800 && code < 0xe000;
  if (code < kSmallest[size] || code > 0x10ffff || surrogate) return {};
  return {code, size, true};
}

bool fits_xml(char32_t code) {
  return code >= 0x20 ? code != 0x7f && code != 0xfffe && code != 0xffff
                      : code == '\t' || code == '\n' || code == '\r';
}

// Digits as printf makes them: a true minus in front, thin spaces between thousands from five digits on.
std::string typeset(std::string_view digits) {
  std::string text;
  if (digits.starts_with('-')) {
    digits.remove_prefix(1);
    if (digits.find_first_not_of("0.") != std::string_view::npos) text = kMinus;  // never "−0"
  }
  const size_t whole = std::min(digits.find('.'), digits.size());
  for (size_t i = 0; i < digits.size(); ++i) {
    if (whole >= 5 && i > 0 && i < whole && (whole - i) % 3 == 0) text += kThinSpace;
    text += digits[i];
  }
  return text;
}

// "1.5e-07" as 1.5×10⁻⁷.
std::string typeset_power(std::string_view digits) {
  const size_t mark = digits.find('e');
  return power_text(typeset(digits.substr(0, mark)),
                    std::atoi(std::string(digits.substr(mark + 1)).c_str()));
}

}  // namespace

std::string escaped(std::string_view text) {
  std::string result;
  result.reserve(text.size());
  while (!text.empty()) {
    const Character character = first_character(text);
    if (!character.valid || !fits_xml(character.code)) {
      result += kReplacement;
    } else if (character.code == '&') {
      result += "&amp;";
    } else if (character.code == '<') {
      result += "&lt;";
    } else if (character.code == '>') {
      result += "&gt;";
    } else if (character.code == '"') {
      result += "&quot;";
    } else if (character.code == '\'') {
      result += "&#39;";
    } else {
      result += text.substr(0, character.size);
    }
    text.remove_prefix(character.size);
  }
  return result;
}

std::string shortened(std::string_view text, size_t columns) {
  size_t end = 0;
  size_t end_of_short = 0;
  for (size_t column = 0; end < text.size(); ++column) {
    if (column + 1 == columns) end_of_short = end;
    if (column == columns) return std::string(text.substr(0, end_of_short)) + "…";
    end += first_character(text.substr(end)).size;
  }
  return std::string(text);
}

double text_width(std::string_view text) {
  // DejaVu Sans, the widest of the usual sans-serif fonts, and the square characters of East Asia.
  constexpr double kLetter = 0.62;
  constexpr double kThin = 0.32;
  constexpr double kSquare = 1.0;
  double width = 0;
  while (!text.empty()) {
    const Character character = first_character(text);
    const std::string_view bytes = text.substr(0, character.size);
    if (character.code >= 0x2e80) {
      width += kSquare;
    } else {
      width += bytes == kThinSpace || bytes == "." || bytes == " " ? kThin : kLetter;
    }
    text.remove_prefix(character.size);
  }
  return width;
}

std::string number_text(double value, int decimals) {
  return typeset(fmt::format("{:.{}f}", value, decimals));
}

std::string number_text(double value) {
  if (std::isnan(value)) return "not a number";
  if (std::isinf(value)) return value > 0 ? "∞" : "−∞";
  const double size = std::abs(value);
  if (size != 0 && (size < 1e-4 || size >= 1e15)) {
    const std::string digits = fmt::format("{:.6g}", value);
    if (digits.find('e') != std::string::npos) return typeset_power(digits);
  }
  const int exponent = size == 0 ? 0 : static_cast<int>(std::floor(std::log10(size)));
  std::string digits = fmt::format("{:.{}f}", value, std::max(0, 5 - exponent));
  if (digits.find('.') != std::string::npos) {
    digits.erase(digits.find_last_not_of('0') + 1);
    if (digits.ends_with('.')) digits.pop_back();
  }
  return typeset(digits);
}

std::string exact_number_text(double value) {
  if (!std::isfinite(value)) return number_text(value);
  const std::string digits = fmt::format("{}", value);
  return digits.find('e') == std::string::npos ? typeset(digits) : typeset_power(digits);
}

std::string power_text(std::string_view factor, int exponent) {
  constexpr std::array<std::string_view, 10> kRaised{"⁰", "¹", "²", "³", "⁴",
                                                     "⁵", "⁶", "⁷", "⁸", "⁹"};
  std::string text = factor == "1" ? "10" : factor == "−1" ? "−10" : std::string(factor) + "×10";
  for (const char digit : fmt::format("{}", exponent)) {
    text += digit == '-' ? "⁻" : kRaised[static_cast<size_t>(digit - '0')];
  }
  return text;
}

}  // namespace starling::sim
