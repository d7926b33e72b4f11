// sim/sim_disk.h - one host's folder as a POSIX file system keeps it, with what a crash may leave.
//
// How:     single steps, as a program makes them by system calls. A step whose fsync did not follow
//          may or may not have happened after a crash: drawn from the seed. SimFileStore composes
//          the steps.
// Threads: single owner.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>

#include "base/bytes.h"
#include "base/rng.h"

namespace starling::sim {

class SimDisk {
 public:
  explicit SimDisk(uint64_t seed) : rng_(seed) {}

  // What a program sees now, in ascending order of names.
  [[nodiscard]] const std::map<std::string, Bytes>& files() const { return files_; }
  // The contents of a temporary file that nobody renamed or removed yet.
  [[nodiscard]] const std::optional<Bytes>& leftover() const { return temp_; }

  // Steps. Pre: as for the system call (a temporary file exists, the name exists), and the last
  // change of names was followed by fsync_folder().
  void create_temp();
  void write_temp(Bytes contents);
  void fsync_temp();
  void rename_temp(const std::string& name);
  void remove_temp();
  void unlink(const std::string& name);
  void fsync_folder();

  // What was not synced survives or not. The crash itself is World::crash().
  void crash();

  // While full, SimFileStore's writes end with no_space.
  void set_full(bool full) { full_ = full; }
  [[nodiscard]] bool full() const { return full_; }

  // Calls `crash` exactly before the n-th step from now, 1 being the next; completions of writes
  // and removals count as steps, reads and lists do not. Replaces an earlier wish; 0 takes it back.
  void set_crash_at_step(uint64_t n, std::function<void()> crash);
  // Announces the next step. Called by SimFileStore, which afterwards looks whether it still lives.
  void before_step();
  [[nodiscard]] uint64_t steps() const { return steps_; }

 private:
  struct NameChange {
    std::string name;
    std::optional<Bytes> before;  // empty: there was no such file
    bool was_rename = false;
  };

  Rng rng_;
  std::map<std::string, Bytes> files_;
  std::optional<Bytes> temp_;
  bool temp_synced_ = false;
  std::optional<NameChange> unsynced_;
  bool full_ = false;
  uint64_t steps_ = 0;
  uint64_t steps_to_crash_ = 0;  // 0: none
  std::function<void()> crash_;
};

}  // namespace starling::sim
