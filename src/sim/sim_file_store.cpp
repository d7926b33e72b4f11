#include "sim/sim_file_store.h"

#include <algorithm>
#include <utility>

#include "base/check.h"

namespace starling::sim {
namespace {

bool is_valid_name(const std::string& name) {
  const auto allowed = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
           c == '-' || c == '_';
  };
  return !name.empty() && name.front() != '.' && std::all_of(name.begin(), name.end(), allowed);
}

Duration transfer_time(size_t bytes) {
  return Duration(
      static_cast<int64_t>(static_cast<double>(bytes) / SimFileStore::kBytesPerS * 1e9));
}

}  // namespace

SimFileStore::SimFileStore(EventQueue& queue, SimDisk& disk) : queue_(queue), disk_(disk) {
  disk_.remove_temp();
}

SimFileStore::~SimFileStore() { kill(); }

void SimFileStore::read(std::string name, ReadDone done) {
  STARLING_CHECK(is_valid_name(name));
  submit({Kind::read, std::move(name), {}, std::move(done), {}, {}});
}

void SimFileStore::write(std::string name, Bytes contents, WriteDone done) {
  STARLING_CHECK(is_valid_name(name));
  submit({Kind::write, std::move(name), std::move(contents), {}, std::move(done), {}});
}

void SimFileStore::remove(std::string name, WriteDone done) {
  STARLING_CHECK(is_valid_name(name));
  submit({Kind::remove, std::move(name), {}, {}, std::move(done), {}});
}

void SimFileStore::list(ListDone done) { submit({Kind::list, {}, {}, {}, {}, std::move(done)}); }

void SimFileStore::kill() {
  dead_ = true;
  queue_.cancel(next_step_);
  operations_.clear();
}

SimFileStore::Step SimFileStore::step_of(const Operation& operation) {
  constexpr Step kWriteSteps[] = {Step::create_temp, Step::write_contents, Step::fsync_file,
                                  Step::rename,      Step::fsync_folder,   Step::complete};
  constexpr Step kRemoveSteps[] = {Step::unlink, Step::fsync_folder, Step::complete};
  switch (operation.kind) {
    case Kind::write:
      return operation.no_space ? Step::complete : kWriteSteps[operation.steps_done];
    case Kind::remove:
      return kRemoveSteps[operation.steps_done];
    case Kind::read:
    case Kind::list:
      break;
  }
  return Step::complete;
}

Duration SimFileStore::time_of(const Operation& operation) const {
  switch (step_of(operation)) {
    case Step::create_temp:
    case Step::rename:
    case Step::unlink:
      return kNameStepTime;
    case Step::write_contents:
      return kNameStepTime + transfer_time(operation.contents.size());
    case Step::fsync_file:
    case Step::fsync_folder:
      return kSyncTime;
    case Step::complete:
      break;
  }
  if (operation.kind == Kind::list) return kNameStepTime;
  if (operation.kind != Kind::read) return 0ms;
  const auto found = disk_.files().find(operation.name);
  return kNameStepTime + transfer_time(found == disk_.files().end() ? 0 : found->second.size());
}

void SimFileStore::submit(Operation operation) {
  if (dead_) return;
  operations_.push_back(std::move(operation));
  if (operations_.size() == 1) schedule_step();
}

void SimFileStore::schedule_step() {
  next_step_ = queue_.schedule(queue_.now() + time_of(operations_.front()), [this] { run_step(); });
}

void SimFileStore::run_step() {
  Operation& operation = operations_.front();
  if (operation.kind == Kind::write || operation.kind == Kind::remove) disk_.before_step();
  if (dead_) return;
  const Step step = step_of(operation);
  if (step == Step::complete) return complete();
  apply(operation, step);
  ++operation.steps_done;
  schedule_step();
}

void SimFileStore::apply(Operation& operation, Step step) {
  switch (step) {
    case Step::create_temp:
      return disk_.create_temp();
    case Step::write_contents:
      operation.no_space = disk_.full();
      if (operation.no_space) return disk_.remove_temp();
      return disk_.write_temp(std::move(operation.contents));
    case Step::fsync_file:
      return disk_.fsync_temp();
    case Step::rename:
      return disk_.rename_temp(operation.name);
    case Step::unlink:
      if (disk_.files().contains(operation.name)) disk_.unlink(operation.name);
      return;
    case Step::fsync_folder:
      return disk_.fsync_folder();
    case Step::complete:
      return;
  }
}

void SimFileStore::complete() {
  // The callback may submit, crash the host, or destroy this object: nothing of it is touched
  // afterwards.
  const Operation operation = std::move(operations_.front());
  operations_.pop_front();
  if (!operations_.empty()) schedule_step();
  switch (operation.kind) {
    case Kind::read: {
      if (!operation.read_done) return;
      const auto found = disk_.files().find(operation.name);
      if (found == disk_.files().end()) {
        return operation.read_done(std::unexpected(env::FileError::not_found));
      }
      if (found->second.size() > kFileSizeMax) {
        return operation.read_done(std::unexpected(env::FileError::too_large));
      }
      return operation.read_done(found->second);
    }
    case Kind::list: {
      if (!operation.list_done) return;
      std::vector<std::string> names;
      for (const auto& [name, contents] : disk_.files()) names.push_back(name);
      return operation.list_done(std::move(names));
    }
    case Kind::write:
    case Kind::remove:
      if (!operation.write_done) return;
      if (operation.no_space)
        return operation.write_done(std::unexpected(env::FileError::no_space));
      return operation.write_done({});
  }
}

}  // namespace starling::sim
