// os/home/home_error.h - why a home cannot be used, and the sentence that tells a person.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

#include "base/time.h"

namespace starling::os {

enum class HomeErrorKind : uint8_t {
  // Places.
  no_home,  // neither --home nor HOME says where
  not_a_folder,
  cannot_make_folder,         // system_error
  folder_writable_by_others,  // mode
  belongs_to_another_user,    // a folder or a file
  // The lock.
  in_use,       // process and started, 0 when the holder has not written them
  cannot_lock,  // system_error
  // Files that only their owner may read.
  not_found,
  not_a_regular_file,  // a link, a folder, a pipe
  readable_by_others,  // mode
  cannot_read,         // system_error
  cannot_write,        // system_error
  already_exists,
  // The identity.
  identity_not_ours,  // does not begin as an identity file does
  identity_newer,     // of a format that this program does not know
  identity_wrong_size,
  identity_damaged,  // the checksum does not match
  // The API file.
  no_node_running,  // process and started, when the lock names one that lives
  api_file_damaged,
  api_file_stale,  // process
};

// Of a file's mode, for HomeError::mode.
inline constexpr uint32_t kPermissionBits = 07777;

struct HomeError {
  HomeErrorKind kind;
  std::filesystem::path path;
  int system_error = 0;  // errno, for the kinds that say so
  uint32_t mode = 0;     // permission bits, for the kinds that say so
  int64_t process = 0;
  WallTime started{};
};

// One sentence or two, without a capital at the start and a full stop at the end, to be printed
// after "starling: ". Names the path and, where the user can mend it, how.
std::string describe(const HomeError& error);

}  // namespace starling::os
