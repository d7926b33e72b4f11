#include "sim/sim_disk.h"

#include <utility>

#include "base/check.h"

namespace starling::sim {

void SimDisk::create_temp() {
  temp_.emplace();
  temp_synced_ = false;
}

void SimDisk::write_temp(Bytes contents) {
  STARLING_CHECK(temp_.has_value());
  temp_ = std::move(contents);
  temp_synced_ = false;
}

void SimDisk::fsync_temp() {
  STARLING_CHECK(temp_.has_value());
  temp_synced_ = true;
}

void SimDisk::rename_temp(const std::string& name) {
  STARLING_CHECK(temp_.has_value() && !unsynced_.has_value());
  // Renaming unsynced contents would leave a name with anything in it: SimFileStore must not.
  STARLING_CHECK(temp_synced_);
  unsynced_ = NameChange{name, std::nullopt, true};
  if (const auto found = files_.find(name); found != files_.end()) {
    unsynced_->before = std::move(found->second);
  }
  files_[name] = std::move(*temp_);
  temp_.reset();
}

void SimDisk::remove_temp() { temp_.reset(); }

void SimDisk::unlink(const std::string& name) {
  STARLING_CHECK(!unsynced_.has_value());
  const auto found = files_.find(name);
  STARLING_CHECK(found != files_.end());
  unsynced_ = NameChange{name, std::move(found->second), false};
  files_.erase(found);
}

void SimDisk::fsync_folder() { unsynced_.reset(); }

void SimDisk::crash() {
  if (unsynced_ && rng_.chance(0.5)) {
    if (unsynced_->was_rename) {
      temp_ = std::move(files_[unsynced_->name]);
      temp_synced_ = true;
    }
    files_.erase(unsynced_->name);
    if (unsynced_->before) files_[unsynced_->name] = std::move(*unsynced_->before);
  }
  unsynced_.reset();
  if (temp_ && !temp_synced_) {
    // The new name, and any part of the contents, may be missing.
    temp_->resize(rng_.below(temp_->size() + 1));
    if (rng_.chance(0.5)) temp_.reset();
  }
}

void SimDisk::set_crash_at_step(uint64_t n, std::function<void()> crash) {
  steps_to_crash_ = n;
  crash_ = std::move(crash);
}

void SimDisk::before_step() {
  ++steps_;
  if (steps_to_crash_ == 0 || --steps_to_crash_ > 0) return;
  const auto crash = std::exchange(crash_, {});
  crash();
}

}  // namespace starling::sim
