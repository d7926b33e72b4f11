// cli/quantity_text.h - durations and amounts as people write and read them.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace starling::cli {

// "90s", "15m", "36h", "7d" or "2w": a whole number and a unit, more than zero. Empty for anything
// else and beyond a thousand years.
std::optional<std::chrono::seconds> parse_lifetime(std::string_view text);

// The two largest units that are not zero: "4 d 3 h", "2 min", "0 s". Negative ones with a minus.
std::string duration_text(int64_t seconds);
// Three digits that count: "87 us", "1.25 ms", "2.1 s".
std::string rtt_text(int64_t rtt_us);
// Decimal units: "999 B", "1.5 kB", "12.3 GB".
std::string bytes_text(uint64_t bytes);
// "2026-01-31 09:15 UTC"; years above 9999 as ">9999".
std::string date_text(int64_t unix_s);

}  // namespace starling::cli
