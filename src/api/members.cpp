#include "api/members.h"

#include <algorithm>
#include <charconv>
#include <fmt/core.h>

namespace starling::api {
namespace {

using nlohmann::json;

bool is_known(std::initializer_list<std::string_view> known, std::string_view name) {
  return std::find(known.begin(), known.end(), name) != known.end();
}

int digit_of(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

// Percent signs and plus signs as forms write them; nothing when it is malformed.
std::optional<std::string> unescaped(std::string_view text) {
  std::string result;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '+') {
      result += ' ';
    } else if (text[i] != '%') {
      result += text[i];
    } else {
      if (i + 2 >= text.size()) return std::nullopt;
      const int high = digit_of(text[i + 1]);
      const int low = digit_of(text[i + 2]);
      if (high < 0 || low < 0) return std::nullopt;
      result += static_cast<char>(high * 16 + low);
      i += 2;
    }
  }
  return result;
}

}  // namespace

std::expected<json, Response> parse_members(const std::string& body,
                                            std::initializer_list<std::string_view> known) {
  if (body.empty()) return json::object();
  json members = json::parse(body, nullptr, /*allow_exceptions=*/false);
  if (!members.is_object())
    return std::unexpected(error_response(400, "the body must be one JSON object"));
  for (const auto& [name, value] : members.items()) {
    if (!is_known(known, name)) {
      return std::unexpected(
          error_response(400, fmt::format("'{}' is not a member of this request", name)));
    }
  }
  return members;
}

std::expected<QueryFields, Response> parse_query(const std::string& query,
                                                 std::initializer_list<std::string_view> known) {
  QueryFields fields;
  std::string_view rest = query;
  while (!rest.empty()) {
    const size_t end = std::min(rest.find('&'), rest.size());
    const std::string_view pair = rest.substr(0, end);
    rest.remove_prefix(std::min(end + 1, rest.size()));
    const size_t equals = std::min(pair.find('='), pair.size());
    const auto name = unescaped(pair.substr(0, equals));
    const auto value = unescaped(pair.substr(std::min(equals + 1, pair.size())));
    if (!name || !value)
      return std::unexpected(error_response(400, "a percent sign in the query is malformed"));
    if (!is_known(known, *name)) {
      return std::unexpected(
          error_response(400, fmt::format("'{}' is not a field of this request", *name)));
    }
    if (!fields.emplace(*name, *value).second) {
      return std::unexpected(error_response(400, fmt::format("'{}' comes twice", *name)));
    }
  }
  return fields;
}

std::expected<std::optional<std::string>, Response> text_member(const json& members,
                                                                const char* name) {
  const auto member = members.find(name);
  if (member == members.end()) return std::nullopt;
  if (!member->is_string())
    return std::unexpected(error_response(400, std::string(name) + " must be a text"));
  return member->get<std::string>();
}

std::expected<bool, Response> switch_member(const json& members, const char* name) {
  const auto member = members.find(name);
  if (member == members.end()) return false;
  if (!member->is_boolean())
    return std::unexpected(error_response(400, std::string(name) + " must be true or false"));
  return member->get<bool>();
}

std::expected<std::optional<uint64_t>, Response> number_field(const QueryFields& fields,
                                                              std::string_view name) {
  const auto field = fields.find(name);
  if (field == fields.end()) return std::nullopt;
  uint64_t number = 0;
  const std::string& text = field->second;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size())
    return std::unexpected(error_response(400, fmt::format("{} must be a whole number", name)));
  return number;
}

}  // namespace starling::api
