#include "cli/quantity_text.h"

#include <array>
#include <charconv>
#include <ctime>
#include <fmt/format.h>

namespace starling::cli {
namespace {

constexpr int64_t kMinute = 60;
constexpr int64_t kHour = 60 * kMinute;
constexpr int64_t kDay = 24 * kHour;
constexpr int64_t kLifetimeMax = 365'000 * kDay;
constexpr int64_t kLastSecond = 253'402'300'799;  // of the year 9999

std::optional<int64_t> unit_of(char letter) {
  switch (letter) {
    case 's':
      return 1;
    case 'm':
      return kMinute;
    case 'h':
      return kHour;
    case 'd':
      return kDay;
    case 'w':
      return 7 * kDay;
    default:
      return std::nullopt;
  }
}

}  // namespace

std::optional<std::chrono::seconds> parse_lifetime(std::string_view text) {
  if (text.empty()) return std::nullopt;
  const auto unit = unit_of(text.back());
  text.remove_suffix(1);
  int64_t count = 0;
  const char* end = text.data() + text.size();
  const auto [stopped, error] = std::from_chars(text.data(), end, count);
  if (!unit || error != std::errc() || stopped != end) return std::nullopt;
  if (count <= 0 || count > kLifetimeMax / *unit) return std::nullopt;
  return std::chrono::seconds(count * *unit);
}

std::string duration_text(int64_t seconds) {
  if (seconds < 0) return "-" + duration_text(-seconds);
  struct Unit {
    int64_t size;
    const char* name;
  };
  constexpr std::array<Unit, 4> kUnits{{{kDay, "d"}, {kHour, "h"}, {kMinute, "min"}, {1, "s"}}};
  for (size_t i = 0; i + 1 < kUnits.size(); ++i) {
    const Unit& large = kUnits[i];
    const Unit& small = kUnits[i + 1];
    if (seconds < large.size) continue;
    const int64_t rest = seconds % large.size / small.size;
    const std::string text = fmt::format("{} {}", seconds / large.size, large.name);
    return rest == 0 ? text : fmt::format("{} {} {}", text, rest, small.name);
  }
  return fmt::format("{} s", seconds);
}

std::string rtt_text(int64_t rtt_us) {
  if (rtt_us < 1000) return fmt::format("{} us", rtt_us);
  const double ms = static_cast<double>(rtt_us) / 1000;
  if (ms < 1000) return fmt::format("{:.3g} ms", ms);
  return fmt::format("{:.1f} s", ms / 1000);
}

std::string bytes_text(uint64_t bytes) {
  if (bytes < 1000) return fmt::format("{} B", bytes);
  constexpr std::array kUnits{"kB", "MB", "GB", "TB", "PB"};
  double amount = static_cast<double>(bytes) / 1000;
  size_t unit = 0;
  while (amount >= 999.95 && unit + 1 < kUnits.size()) {
    amount /= 1000;
    ++unit;
  }
  return fmt::format("{:.1f} {}", amount, kUnits[unit]);
}

std::string date_text(int64_t unix_s) {
  if (unix_s > kLastSecond) return ">9999";
  const std::time_t time = unix_s;
  std::tm calendar{};
  if (::gmtime_r(&time, &calendar) == nullptr) return "?";
  return fmt::format("{:04}-{:02}-{:02} {:02}:{:02} UTC", calendar.tm_year + 1900,
                     calendar.tm_mon + 1, calendar.tm_mday, calendar.tm_hour, calendar.tm_min);
}

}  // namespace starling::cli
