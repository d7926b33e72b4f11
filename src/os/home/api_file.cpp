#include "os/home/api_file.h"

#include <fmt/format.h>
#include <iterator>
#include <limits>
#include <nlohmann/json.hpp>
#include <unistd.h>
#include <utility>

#include "base/check.h"
#include "os/home/home_lock.h"

namespace starling::os {
namespace {

using nlohmann::json;

std::optional<std::string> text_member(const json& object, const char* name) {
  const auto member = object.find(name);
  if (member == object.end() || !member->is_string()) return std::nullopt;
  return member->get<std::string>();
}

std::optional<int64_t> process_member(const json& object) {
  const auto member = object.find("pid");
  if (member == object.end() || !member->is_number_unsigned()) return std::nullopt;
  const auto process = member->get<uint64_t>();
  if (process == 0 || process > std::numeric_limits<pid_t>::max()) return std::nullopt;
  return static_cast<int64_t>(process);
}

std::optional<ApiToken> token_from(std::string_view hex) {
  const auto bytes = from_hex(hex);
  if (!bytes) return std::nullopt;
  const PrivateBytes token(std::move(*bytes));
  if (token.reveal().size() != ApiToken::kSize) return std::nullopt;
  return ApiToken(token.reveal().first<ApiToken::kSize>());
}

// What is in the file, whether or not its process lives.
std::expected<ApiAccess, HomeError> load(const HomePaths& paths) {
  const auto contents = read_private_file(paths.api_file, kApiFileSizeMax);
  if (!contents) return std::unexpected(contents.error());
  auto access = decode_api_file(contents->reveal());
  if (!access) {
    return std::unexpected(
        HomeError{.kind = HomeErrorKind::api_file_damaged, .path = paths.api_file});
  }
  return *access;
}

}  // namespace

PrivateBytes encode_api_file(const ApiAccess& access) {
  std::string token = to_hex(access.token.reveal());
  Bytes text;
  text.reserve(kApiFileSizeMax);  // no copies from growing
  fmt::format_to(std::back_inserter(text), R"({{"address":"{}","token":"{}","pid":{}}})",
                 to_text(access.address), token, access.process);
  text.push_back('\n');
  crypto::wipe({reinterpret_cast<uint8_t*>(token.data()), token.size()});
  return PrivateBytes(std::move(text));
}

std::optional<ApiAccess> decode_api_file(ByteView bytes) {
  if (bytes.size() > kApiFileSizeMax) return std::nullopt;
  const json object = json::parse(text_of(bytes), nullptr, /*allow_exceptions=*/false);
  if (!object.is_object()) return std::nullopt;
  const auto address_text = text_member(object, "address");
  const auto token_text = text_member(object, "token");
  const auto process = process_member(object);
  if (!address_text || !token_text || !process) return std::nullopt;
  const auto address = parse_endpoint(*address_text);
  const auto token = token_from(*token_text);
  if (!address || address->port == 0 || !token) return std::nullopt;
  return ApiAccess{.address = *address, .token = *token, .process = *process};
}

std::expected<ApiAccess, HomeError> read_api_file(const HomePaths& paths) {
  auto access = load(paths);
  if (!access && access.error().kind == HomeErrorKind::not_found) {
    const LockHolder holder = recorded_lock_holder(paths).value_or(LockHolder{});
    return std::unexpected(HomeError{.kind = HomeErrorKind::no_node_running,
                                     .path = paths.api_file,
                                     .process = holder.process,
                                     .started = holder.started});
  }
  if (access && !process_exists(access->process)) {
    return std::unexpected(HomeError{
        .kind = HomeErrorKind::api_file_stale, .path = paths.api_file, .process = access->process});
  }
  return access;
}

std::expected<ApiFile, HomeError> ApiFile::publish(const HomePaths& paths,
                                                   const ApiAccess& access) {
  STARLING_CHECK(access.process == ::getpid());
  const auto written =
      write_private_file(paths.api_file, encode_api_file(access).reveal(), IfExists::replace);
  if (!written) return std::unexpected(written.error());
  return ApiFile(paths, access.process);
}

ApiFile::ApiFile(HomePaths paths, int64_t process) : paths_(std::move(paths)), process_(process) {}

ApiFile::ApiFile(ApiFile&& other) noexcept
    : paths_(std::move(other.paths_)), process_(std::exchange(other.process_, 0)) {}

ApiFile::~ApiFile() {
  if (process_ != ::getpid()) return;  // moved from, or in a forked child
  const auto access = load(paths_);
  if (access && access->process == process_) ::unlink(paths_.api_file.c_str());
}

}  // namespace starling::os
