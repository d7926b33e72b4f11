// os/home/home_paths.h - where a node keeps its configuration, its data and its traces of running.
//
// Two layouts: everything below one folder (--home DIR), or the XDG base directories (version 0.8).
// The node and the command line work out the same paths independently; nothing records them. That is
// why XDG_RUNTIME_DIR plays no part: it differs between sessions of one user (ssh, su, cron, a service),
// and is emptied at the last logout, while the node may go on running.
#pragma once

#include <expected>
#include <filesystem>
#include <optional>
#include <string>

#include "os/home/home_error.h"

namespace starling::os {

struct HomePaths {
  std::filesystem::path config_file;    // DIR/config.toml, XDG_CONFIG_HOME/starling/config.toml
  std::filesystem::path data_dir;       // DIR/data, XDG_DATA_HOME/starling
  std::filesystem::path run_dir;        // data_dir/run
  std::filesystem::path lock_file;      // data_dir/lock
  std::filesystem::path identity_file;  // data_dir/identity
  std::filesystem::path api_file;       // run_dir/api.json
};

// The variables that decide; an empty one counts as not set.
struct HomeEnvironment {
  std::string home;
  std::string xdg_config_home;
  std::string xdg_data_home;

  static HomeEnvironment of_this_process();
};

// Everything below `folder`, made absolute. Touches no file. no_home when `folder` is empty.
std::expected<HomePaths, HomeError> paths_below(const std::filesystem::path& folder);

// The XDG layout. Relative values are ignored, as the specification asks. no_home when HOME is needed
// and missing.
std::expected<HomePaths, HomeError> paths_by_xdg(const HomeEnvironment& environment);

// What --home says, or XDG without it.
std::expected<HomePaths, HomeError> home_paths(const std::optional<std::filesystem::path>& home,
                                               const HomeEnvironment& environment);

// Makes the folders that are missing, and those above them, with mode 0700. Folders that exist stay
// as they are, and may be links to folders elsewhere; data and run are refused when they belong to
// another user or when group or others may write to them, since whoever can put files there can put
// in an identity or catch the commands.
std::expected<void, HomeError> make_folders(const HomePaths& paths);

}  // namespace starling::os
