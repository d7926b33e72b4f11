// os/home/home_lock.h - lets one node at a time use a home.
//
// How:     flock() on data/lock. The system releases it however the process ends, so no lock is
//          left over. The file stays; it says who holds: "pid 1234\nstarted 1767225600\n".
// Caution: a flock belongs to the open file, which a forked child shares: a child that does not
//          exec keeps the home locked after a parent that was killed. Start workers with exec.
#pragma once

#include <expected>
#include <optional>
#include <string_view>

#include "os/file_descriptor.h"
#include "os/home/home_paths.h"

namespace starling::os {

struct LockHolder {
  int64_t process = 0;
  WallTime started{};
  friend bool operator==(const LockHolder&, const LockHolder&) = default;
};

// Reads the contents of a lock file; empty for anything else.
std::optional<LockHolder> parse_lock_holder(std::string_view text);

// What the lock file says, if that process lives. A hint for sentences and no more: it takes no
// lock (that would make a node that starts at this moment fail), and after a crash another process
// may have got the number.
std::optional<LockHolder> recorded_lock_holder(const HomePaths& paths);

// True also for processes of other users. Pre: process > 0.
bool process_exists(int64_t process);

class HomeLock {
 public:
  // How long acquire() waits for a holder to write its name: it has the lock before it can write.
  // This bounds only how good the sentence is.
  static constexpr Duration kHolderWait = 100ms;

  // Held until destruction. `started` is written for others to read. Pre: make_folders succeeded.
  // in_use: another process holds it, named if it has written its name; cannot_lock;
  // not_a_regular_file.
  static std::expected<HomeLock, HomeError> acquire(const HomePaths& paths, WallTime started);

  HomeLock(HomeLock&&) noexcept = default;
  HomeLock& operator=(HomeLock&&) = delete;
  // In a forked child it leaves the parent's lock alone.
  ~HomeLock();

 private:
  HomeLock(FileDescriptor file, int64_t owner);

  FileDescriptor file_;
  int64_t owner_process_;
};

}  // namespace starling::os
