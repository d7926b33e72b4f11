// http/json_response.h - responses whose body is JSON.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string_view>

#include "http/message.h"

namespace starling::http {

// Text that is not UTF-8 is replaced, never an error.
std::string text_of_json(const nlohmann::json& value);
Response json_response(const nlohmann::json& value);
// {"error": sentence}; every failure of the API looks like this.
Response error_response(int status, std::string_view sentence);
// 405, naming the method that works.
Response wrong_method(std::string_view allowed);

}  // namespace starling::http
