// The only translation unit with toml++, which takes seconds to compile.
#include "daemon/config_file.h"

#include <fmt/format.h>
#include <fstream>
#include <iterator>
#include <optional>
#include <toml++/toml.h>

namespace starling::daemon {
namespace {

using Shape = Option::Shape;
using Values = std::vector<std::string>;

struct Fault {
  uint32_t line = 0;
  std::string sentence;
};

std::string_view wanted(Shape shape) {
  switch (shape) {
    case Shape::on_or_off:
      return "true or false";
    case Shape::number:
      return "a whole number";
    case Shape::text:
      return "a string in quotes";
    case Shape::texts:
      break;
  }
  return "an array of strings, such as [\"a\", \"b\"], or one string";
}

// Empty when an element is no string or there is none.
std::optional<Values> strings_of(const toml::array& array) {
  Values values;
  for (const toml::node& element : array) {
    const auto text = element.value_exact<std::string>();
    if (!text) return std::nullopt;
    values.push_back(*text);
  }
  if (values.empty()) return std::nullopt;
  return values;
}

// Empty when the type is wrong.
std::optional<Values> values_of(const toml::node& node, Shape shape) {
  if (shape == Shape::on_or_off) {
    const auto on = node.value_exact<bool>();
    return on ? std::optional(Values{*on ? "true" : "false"}) : std::nullopt;
  }
  if (shape == Shape::number) {
    const auto number = node.value_exact<int64_t>();
    return number ? std::optional(Values{std::to_string(*number)}) : std::nullopt;
  }
  if (shape == Shape::texts && node.is_array()) return strings_of(*node.as_array());
  const auto text = node.value_exact<std::string>();
  return text ? std::optional(Values{*text}) : std::nullopt;
}

// The reason why the key or its value is refused, or an empty text.
std::string apply_key(std::string_view key, const toml::node& node, Settings& settings) {
  const Option* option = find_option(key);
  if (option == nullptr) {
    return fmt::format("there is no option '{}'; 'starling help up' lists them", key);
  }
  const auto values = values_of(node, option->shape);
  if (!values) return fmt::format("'{}' must be {}", key, wanted(option->shape));
  const std::string reason = option->apply(*values, settings);
  return reason.empty() ? reason : fmt::format("'{}': {}", key, reason);
}

std::expected<void, Fault> apply_table(const toml::table& table, Settings& settings) {
  Settings result = settings;
  std::optional<Fault> first;
  for (const auto& [key, node] : table) {
    std::string reason = apply_key(key.str(), node, result);
    const uint32_t line = key.source().begin.line;
    if (!reason.empty() && (!first || line < first->line)) first = Fault{line, std::move(reason)};
  }
  if (first) return std::unexpected(std::move(*first));
  settings = std::move(result);
  return {};
}

}  // namespace

std::expected<void, std::string> apply_config(std::string_view text,
                                              const std::filesystem::path& path,
                                              Settings& settings) {
  const auto sentence = [&path](uint32_t line, std::string_view reason) {
    return fmt::format("{}:{}: {}", path.string(), line, reason);
  };
  try {
    const auto applied = apply_table(toml::parse(text), settings);
    if (!applied) return std::unexpected(sentence(applied.error().line, applied.error().sentence));
  } catch (const toml::parse_error& error) {
    return std::unexpected(sentence(error.source().begin.line, error.description()));
  }
  return {};
}

std::expected<void, std::string> apply_config_file(const std::filesystem::path& path,
                                                   Settings& settings) {
  std::error_code error;
  const auto status = std::filesystem::status(path, error);
  if (status.type() == std::filesystem::file_type::not_found) return {};
  if (status.type() != std::filesystem::file_type::regular) {
    return std::unexpected(fmt::format("{} cannot be read: {}", path.string(),
                                       error ? error.message() : "it is not a regular file"));
  }
  std::ifstream stream(path, std::ios::binary);
  std::string text(kConfigSizeMax + 1, '\0');
  stream.read(text.data(), static_cast<std::streamsize>(text.size()));
  if (!stream.is_open() || stream.bad()) {
    return std::unexpected(fmt::format("{} cannot be read; is it yours?", path.string()));
  }
  text.resize(static_cast<size_t>(stream.gcount()));
  if (text.size() > kConfigSizeMax) {
    return std::unexpected(fmt::format("{} is larger than 1 MiB", path.string()));
  }
  return apply_config(text, path, settings);
}

}  // namespace starling::daemon
