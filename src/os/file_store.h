// os/file_store.h - env::FileStore on a folder, with a thread of its own for the system calls.
//
// Order:    completions come in the order of submission, except that what is refused for lack of room
//           completes at once.
// Threads:  all calls and completions on the network thread; the storage thread is inside.
// Lifetime: the destructor finishes everything submitted, which takes as long as the disk does; no
//           completion comes after it.
#pragma once

#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>
#include <thread>

#include "env/file_store.h"
#include "os/event_loop.h"
#include "os/folder.h"

namespace starling::os {

class FolderFileStore final : public env::FileStore {
 public:
  // Submitted and not yet completed. Beyond either: FileError::failed. A node keeps dozens of files
  // and writes each every few seconds; more than this waiting means that the disk does not keep up,
  // and memory must not pay for it.
  static constexpr size_t kPendingMax = 4096;
  static constexpr size_t kPendingBytesMax = 256 << 20;

  // `loop` is borrowed. Makes the folder (0700) if there is none and removes what a crash left half
  // written. Blocks.
  static std::expected<std::unique_ptr<FolderFileStore>, env::FileError> open(
      EventLoop& loop, const std::string& path);
  ~FolderFileStore() override;
  FolderFileStore(const FolderFileStore&) = delete;
  FolderFileStore& operator=(const FolderFileStore&) = delete;

  // A bad name is FileError::failed.
  void read(std::string name, ReadDone done) override;
  void write(std::string name, Bytes contents, WriteDone done) override;
  void remove(std::string name, WriteDone done) override;
  void list(ListDone done) override;

 private:
  using Task = std::function<void()>;

  FolderFileStore(EventLoop& loop, Folder folder);
  template <typename Result>
  void submit(size_t bytes, std::function<Result()> work, std::function<void(Result)> done);
  void run_storage_thread();

  EventLoop& loop_;
  Folder folder_;  // storage thread only
  size_t pending_ = 0;
  size_t pending_bytes_ = 0;
  // Read by completions on the network thread, which may outlive the store in the loop's queue.
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);

  std::mutex mutex_;  // guards what follows
  std::condition_variable changed_;
  std::deque<Task> tasks_;  // bounded by kPendingMax
  bool stopping_ = false;

  std::thread thread_;  // last: starts when the rest is there
};

}  // namespace starling::os
