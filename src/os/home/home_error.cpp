#include "os/home/home_error.h"

#include <fmt/chrono.h>
#include <fmt/format.h>
#include <string_view>
#include <system_error>

namespace starling::os {
namespace {

// As a shell reads it back, whatever the path holds.
std::string shell_quoted(const std::filesystem::path& path) {
  std::string text = "'";
  for (const char character : path.string()) {
    if (character == '\'') {
      text += "'\\''";
    } else {
      text += character;
    }
  }
  return text + "'";
}

std::string reason_of(const HomeError& error) {
  return std::generic_category().message(error.system_error);
}

std::string process_text(const HomeError& error) {
  if (error.process == 0) return "another process";
  return fmt::format("process {} (started {:%Y-%m-%d %H:%M:%S} UTC)", error.process,
                     fmt::gmtime(static_cast<std::time_t>(error.started.unix_seconds)));
}

std::string describe_place(const HomeError& error) {
  const std::string path = error.path.string();
  switch (error.kind) {
    case HomeErrorKind::no_home:
      return "there is no home folder because HOME is not set; name a folder with --home DIR";
    case HomeErrorKind::not_a_folder:
      return fmt::format("{} is not a folder", path);
    case HomeErrorKind::cannot_make_folder:
      return fmt::format("the folder {} cannot be made: {}", path, reason_of(error));
    case HomeErrorKind::folder_writable_by_others:
      return fmt::format(
          "other users may write to the folder {} (mode {:04o}); mend it with: chmod go-w {}", path,
          error.mode, shell_quoted(error.path));
    case HomeErrorKind::belongs_to_another_user:
      return fmt::format(
          "{} belongs to another user; start Starling as that user or choose another --home", path);
    case HomeErrorKind::in_use:
      return fmt::format("this home is in use by {}; its lock is {}", process_text(error), path);
    case HomeErrorKind::cannot_lock:
      return fmt::format("{} cannot be locked: {}", path, reason_of(error));
    default:
      return {};
  }
}

std::string describe_private_file(const HomeError& error) {
  const std::string path = error.path.string();
  switch (error.kind) {
    case HomeErrorKind::not_found:
      return fmt::format("there is no {}", path);
    case HomeErrorKind::not_a_regular_file:
      return fmt::format(
          "{} is not a regular file (links are not followed here); nothing was changed", path);
    case HomeErrorKind::readable_by_others:
      return fmt::format(
          "{} holds a secret and is open to other users (mode {:04o}); mend it with: chmod 600 {}",
          path, error.mode, shell_quoted(error.path));
    case HomeErrorKind::cannot_read:
      return fmt::format("{} cannot be read: {}", path, reason_of(error));
    case HomeErrorKind::cannot_write:
      return fmt::format("{} cannot be written: {}", path, reason_of(error));
    case HomeErrorKind::already_exists:
      return fmt::format("{} exists already and is not overwritten", path);
    default:
      return {};
  }
}

std::string describe_identity(const HomeError& error) {
  constexpr std::string_view kRemedy =
      "it was left as it is: put back a copy, or move it away to start as a new node and account";
  const std::string path = error.path.string();
  switch (error.kind) {
    case HomeErrorKind::identity_not_ours:
      return fmt::format("{} is not an identity file of Starling; {}", path, kRemedy);
    case HomeErrorKind::identity_newer:
      return fmt::format(
          "{} was made by a newer Starling; it was left as it is: use that version or a later one",
          path);
    case HomeErrorKind::identity_wrong_size:
      return fmt::format("the identity file {} is damaged (it has the wrong size); {}", path,
                         kRemedy);
    case HomeErrorKind::identity_damaged:
      return fmt::format("the identity file {} is damaged (its checksum does not match); {}", path,
                         kRemedy);
    default:
      return {};
  }
}

std::string describe_api_file(const HomeError& error) {
  const std::string path = error.path.string();
  switch (error.kind) {
    case HomeErrorKind::no_node_running:
      if (error.process == 0) {
        return fmt::format("no node is running here (there is no {}); start one with: starling up",
                           path);
      }
      return fmt::format(
          "this home is in use by {}, but there is no {}: the node is just starting or stopping",
          process_text(error), path);
    case HomeErrorKind::api_file_damaged:
      return fmt::format("{} is damaged; the node writes it again when it starts", path);
    case HomeErrorKind::api_file_stale:
      return fmt::format(
          "no node is running here: process {}, which wrote {}, is gone; start one with: starling "
          "up",
          error.process, path);
    default:
      return {};
  }
}

}  // namespace

std::string describe(const HomeError& error) {
  if (error.kind <= HomeErrorKind::cannot_lock) return describe_place(error);
  if (error.kind <= HomeErrorKind::already_exists) return describe_private_file(error);
  if (error.kind <= HomeErrorKind::identity_damaged) return describe_identity(error);
  return describe_api_file(error);
}

}  // namespace starling::os
