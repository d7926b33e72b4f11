// sim/sim_file_store.h - env::FileStore over a SimDisk, for one life of a host.
//
// How:     operations run one after the other in the order of submission; each is a row of steps, each step takes
//          virtual time, and the completion is a step of its own after the last.
// Life:    the SimDisk stays when the host crashes; kill() ends this object, and the next life makes a new one.
#pragma once

#include <deque>

#include "env/file_store.h"
#include "sim/event_queue.h"
#include "sim/sim_disk.h"

namespace starling::sim {

class SimFileStore final : public env::FileStore {
 public:
  static constexpr Duration kNameStepTime = 20us;  // create, rename, unlink, read a folder
  static constexpr Duration kSyncTime = 500us;     // a solid-state disk's
  static constexpr double kBytesPerS = 1e9;        // reading and writing contents

  // Removes what a crash left of a temporary file. Borrows both.
  SimFileStore(EventQueue& queue, SimDisk& disk);
  SimFileStore(const SimFileStore&) = delete;
  SimFileStore& operator=(const SimFileStore&) = delete;
  ~SimFileStore() override;

  // Pre of all: `name` is one that env::FileStore allows (checked).
  void read(std::string name, ReadDone done) override;
  void write(std::string name, Bytes contents, WriteDone done) override;
  void remove(std::string name, WriteDone done) override;
  void list(ListDone done) override;

  // Nothing completes any more; what is submitted later is forgotten.
  void kill();

 private:
  enum class Kind : uint8_t { read, list, write, remove };
  enum class Step : uint8_t {
    create_temp,
    write_contents,
    fsync_file,
    rename,
    unlink,
    fsync_folder,
    complete
  };
  struct Operation {
    Kind kind;
    std::string name;
    Bytes contents;
    ReadDone read_done;
    WriteDone write_done;  // also of remove
    ListDone list_done;
    size_t steps_done = 0;
    bool no_space = false;
  };

  [[nodiscard]] static Step step_of(const Operation& operation);
  [[nodiscard]] Duration time_of(const Operation& operation) const;
  void submit(Operation operation);
  void schedule_step();
  void run_step();
  void apply(Operation& operation, Step step);
  void complete();

  EventQueue& queue_;
  SimDisk& disk_;
  std::deque<Operation> operations_;
  EventId next_step_;
  bool dead_ = false;
};

}  // namespace starling::sim
