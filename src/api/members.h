// api/members.h - what a request says: the members of its JSON body, or the fields of its query.
#pragma once

#include <expected>
#include <initializer_list>
#include <map>
#include <nlohmann/json.hpp>
#include <string>

#include "api/api_handler.h"

namespace starling::api {

// The members of a request's body, all of them known; an empty body has none. The error is the answer to give.
std::expected<nlohmann::json, Response> parse_members(
    const std::string& body, std::initializer_list<std::string_view> known);

// The fields of "a=b&c=d%20e", all of them known, none twice.
using QueryFields = std::map<std::string, std::string, std::less<>>;
std::expected<QueryFields, Response> parse_query(const std::string& query,
                                                 std::initializer_list<std::string_view> known);

}  // namespace starling::api
