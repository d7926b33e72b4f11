// daemon/log.h - what the node reports to its owner on standard error, one line each, with the time in UTC.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <spdlog/fwd.h>
#include <string_view>

namespace starling::daemon {

enum class LogLevel : uint8_t { error, warn, info, debug };

std::optional<LogLevel> parse_log_level(std::string_view text);

// Any thread may log. Control characters are the caller's business: nothing that a stranger chose may be
// logged as it is.
std::shared_ptr<spdlog::logger> make_log(LogLevel level);

}  // namespace starling::daemon
