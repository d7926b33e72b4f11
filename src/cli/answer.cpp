#include "cli/answer.h"

#include <fmt/ostream.h>
#include <nlohmann/json.hpp>

#include "cli/api_client.h"

namespace starling::cli {

using nlohmann::json;

int fail(const Console& console, const std::string& sentence) {
  fmt::print(console.err, "starling: {}\n", sentence);
  return kFailed;
}

void print_json(const Console& console, const json& value) {
  constexpr int kOneLine = -1;
  const auto replace_what_is_not_utf8 = json::error_handler_t::replace;
  console.out << value.dump(kOneLine, ' ', /*ensure_ascii=*/false, replace_what_is_not_utf8)
              << "\n";
}

int show(const CommandSetting& setting, const Console& console, const std::string& path,
         const std::function<std::string(const json&)>& text_of_answer) {
  const auto client = ApiClient::find(setting.home);
  if (!client) return fail(console, client.error());
  const Answer answer = client->get(path);
  if (!answer) return fail(console, answer.error());
  if (setting.json) {
    print_json(console, *answer);
  } else {
    console.out << text_of_answer(*answer);
  }
  return kDone;
}

std::string text_of(const json& object, const char* name) {
  const auto found = object.find(name);
  return found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
}

int64_t number_of(const json& object, const char* name) {
  const auto found = object.find(name);
  return found != object.end() && found->is_number_integer() ? found->get<int64_t>() : 0;
}

bool is_true(const json& object, const char* name) {
  const auto found = object.find(name);
  return found != object.end() && found->is_boolean() && found->get<bool>();
}

const json& list_of(const json& object, const char* name) {
  static const json kNone = json::array();
  const auto found = object.find(name);
  return found != object.end() && found->is_array() ? *found : kNone;
}

}  // namespace starling::cli
