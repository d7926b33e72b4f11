#include "os/home/home_paths.h"

#include <cerrno>
#include <cstdlib>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "os/home/private_file.h"

namespace starling::os {
namespace {

namespace fs = std::filesystem;

constexpr mode_t kFolderMode = 0700;
constexpr mode_t kWritableByOthers = S_IWGRP | S_IWOTH;

std::string variable(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? std::string() : std::string(value);
}

HomePaths paths_of(fs::path config_file, fs::path data_dir) {
  HomePaths paths;
  paths.config_file = std::move(config_file);
  paths.data_dir = std::move(data_dir);
  paths.run_dir = paths.data_dir / "run";
  paths.lock_file = paths.data_dir / "lock";
  paths.identity_file = paths.data_dir / "identity";
  paths.api_file = paths.run_dir / "api.json";
  return paths;
}

// The folder that `value` names if it is absolute, else `fallback` below `home`.
std::expected<fs::path, HomeError> base_folder(const std::string& value, const std::string& home,
                                               const char* fallback) {
  if (const fs::path named = value; named.is_absolute()) return named;
  if (const fs::path above = home; above.is_absolute()) return above / fallback;
  return std::unexpected(HomeError{.kind = HomeErrorKind::no_home, .path = home});
}

std::expected<void, HomeError> make_one_folder(const fs::path& path) {
  if (::mkdir(path.c_str(), kFolderMode) == 0) {
    // So that a power cut cannot take away the folder from around an identity that was already
    // used. The folder above may be one that we may not open, such as /home; then this is left to
    // the system.
    (void)sync_folder(path.parent_path());
    return {};
  }
  const int error = errno;
  struct stat status{};
  if (::stat(path.c_str(), &status) != 0) {
    return std::unexpected(
        HomeError{.kind = HomeErrorKind::cannot_make_folder, .path = path, .system_error = error});
  }
  if (!S_ISDIR(status.st_mode)) {
    return std::unexpected(HomeError{.kind = HomeErrorKind::not_a_folder, .path = path});
  }
  return {};
}

std::expected<void, HomeError> make_folder_and_those_above(const fs::path& path) {
  fs::path so_far;
  for (const fs::path& part : path) {
    so_far /= part;
    if (so_far == path.root_path() || part.empty()) continue;
    if (auto made = make_one_folder(so_far); !made) return made;
  }
  return {};
}

std::expected<void, HomeError> check_only_we_write(const fs::path& path) {
  struct stat status{};
  if (::stat(path.c_str(), &status) != 0) {
    return std::unexpected(
        HomeError{.kind = HomeErrorKind::cannot_make_folder, .path = path, .system_error = errno});
  }
  if (status.st_uid != ::geteuid()) {
    return std::unexpected(HomeError{.kind = HomeErrorKind::belongs_to_another_user, .path = path});
  }
  if ((status.st_mode & kWritableByOthers) != 0) {
    return std::unexpected(HomeError{.kind = HomeErrorKind::folder_writable_by_others,
                                     .path = path,
                                     .mode = status.st_mode & kPermissionBits});
  }
  return {};
}

}  // namespace

HomeEnvironment HomeEnvironment::of_this_process() {
  return {.home = variable("HOME"),
          .xdg_config_home = variable("XDG_CONFIG_HOME"),
          .xdg_data_home = variable("XDG_DATA_HOME")};
}

std::expected<HomePaths, HomeError> paths_below(const fs::path& folder) {
  if (folder.empty()) return std::unexpected(HomeError{.kind = HomeErrorKind::no_home, .path = {}});
  std::error_code error;
  const fs::path whole = fs::absolute(folder, error);
  if (error) {
    return std::unexpected(HomeError{
        .kind = HomeErrorKind::cannot_make_folder, .path = folder, .system_error = error.value()});
  }
  return paths_of(whole / "config.toml", whole / "data");
}

std::expected<HomePaths, HomeError> paths_by_xdg(const HomeEnvironment& environment) {
  const auto config = base_folder(environment.xdg_config_home, environment.home, ".config");
  if (!config) return std::unexpected(config.error());
  const auto data = base_folder(environment.xdg_data_home, environment.home, ".local/share");
  if (!data) return std::unexpected(data.error());
  return paths_of(*config / "starling" / "config.toml", *data / "starling");
}

std::expected<HomePaths, HomeError> home_paths(const std::optional<fs::path>& home,
                                               const HomeEnvironment& environment) {
  return home ? paths_below(*home) : paths_by_xdg(environment);
}

std::expected<void, HomeError> make_folders(const HomePaths& paths) {
  if (auto made = make_folder_and_those_above(paths.config_file.parent_path()); !made) return made;
  for (const fs::path& folder : {paths.data_dir, paths.run_dir}) {
    if (auto made = make_folder_and_those_above(folder); !made) return made;
    if (auto safe = check_only_we_write(folder); !safe) return safe;
  }
  return {};
}

}  // namespace starling::os
