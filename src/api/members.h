// api/members.h - what a request says: the members of its JSON body, or the fields of its query.
#pragma once

#include <expected>
#include <initializer_list>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>

#include "api/api_handler.h"

namespace starling::api {

// The members of a request's body, all of them known; an empty body has none. The error is the answer to give.
std::expected<nlohmann::json, Response> parse_members(
    const std::string& body, std::initializer_list<std::string_view> known);

// The text member of that name; empty when it is missing. The error is the answer to give.
std::expected<std::optional<std::string>, Response> text_member(const nlohmann::json& members,
                                                                const char* name);
// False when it is missing.
std::expected<bool, Response> switch_member(const nlohmann::json& members, const char* name);

// The fields of "a=b&c=d%20e", all of them known, none twice.
using QueryFields = std::map<std::string, std::string, std::less<>>;
std::expected<QueryFields, Response> parse_query(const std::string& query,
                                                 std::initializer_list<std::string_view> known);
// The whole number in that field; empty when it is missing. The error is the answer to give.
std::expected<std::optional<uint64_t>, Response> number_field(const QueryFields& fields,
                                                              std::string_view name);

}  // namespace starling::api
