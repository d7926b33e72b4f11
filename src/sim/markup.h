// sim/markup.h - text that goes into SVG and HTML: escaped, and with numbers as people read them.
#pragma once

#include <string>
#include <string_view>

namespace starling::sim {

// For text and for attributes in either kind of quotes. What XML 1.0 has no place for (control characters, bytes that
// are not UTF-8) becomes U+FFFD.
std::string escaped(std::string_view text);

// What fits into `columns` characters, the last of them "…" where something is missing.
std::string shortened(std::string_view text, size_t columns);

// About how wide, in units of the font's size: wider than most fonts are, so that nothing touches.
double text_width(std::string_view text);

// Fixed notation with a true minus and thin spaces between thousands: 12 345.50, −3.
std::string number_text(double value, int decimals);
// Six significant digits, without zeros at the end: 0.9987, 12 345.5, 3.2×10⁻⁷; also "not a number" and ±∞.
std::string number_text(double value);
// As number_text, with all digits: two that look equal are equal.
std::string exact_number_text(double value);
// 10⁻⁷, or 2×10⁻⁷.
std::string power_text(std::string_view factor, int exponent);

}  // namespace starling::sim
