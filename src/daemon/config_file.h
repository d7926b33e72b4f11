// daemon/config_file.h - reads config.toml: every option of `up` by its name, and nothing else.
//
// on_or_off is a TOML boolean, number an integer, text a string, texts an array of strings or one string.
// What the program does not know is refused, so that a misspelt key does not silently do nothing.
#pragma once

#include <expected>
#include <filesystem>
#include <string>
#include <string_view>

#include "daemon/settings.h"

namespace starling::daemon {

// Larger files are refused: a few lines are enough for all options.
inline constexpr size_t kConfigSizeMax = 1 << 20;

// Applies all of `text` to `settings`, or nothing; then the error is a sentence that begins with
// "PATH:LINE: ", of the first line with a fault.
std::expected<void, std::string> apply_config(std::string_view text,
                                              const std::filesystem::path& path,
                                              Settings& settings);
// A missing file changes nothing.
std::expected<void, std::string> apply_config_file(const std::filesystem::path& path,
                                                   Settings& settings);

}  // namespace starling::daemon
