// cli/answer.h - what commands do with the API's answers: print them, or say why there is none.
#pragma once

#include <expected>
#include <functional>
#include <nlohmann/json_fwd.hpp>
#include <string>

#include "cli/commands.h"

namespace starling::cli {

using Answer = std::expected<nlohmann::json, std::string>;

// Prints the reason, and is kFailed.
int fail(const Console& console, const std::string& sentence);
void print_json(const Console& console, const nlohmann::json& value);
// GETs `path` and prints the answer: as JSON, or what `text_of_answer` makes of it.
int show(const CommandSetting& setting, const Console& console, const std::string& path,
         const std::function<std::string(const nlohmann::json&)>& text_of_answer);

// Members of an answer; empty, 0 or false when they are missing or of another kind.
std::string text_of(const nlohmann::json& object, const char* name);
int64_t number_of(const nlohmann::json& object, const char* name);
bool is_true(const nlohmann::json& object, const char* name);
// An empty list when it is missing.
const nlohmann::json& list_of(const nlohmann::json& object, const char* name);

}  // namespace starling::cli
