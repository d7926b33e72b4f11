// os/storage_thread.h - a thread for system calls that may wait for the disk.
//
// Order:    completions come in the order of submission, except that what is refused for lack of room completes at once.
// Threads:  submit() network thread; `work` runs on the thread inside, `done` on the network thread.
// Lifetime: the destructor finishes everything submitted, which takes as long as the disk does; no completion comes after it.
#pragma once

#include <chrono>
#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>

#include "os/event_loop.h"

namespace starling::os {

class StorageThread {
 public:
  // Submitted and not yet completed. Beyond either, submit() refuses: more than this waiting means that the disk does not keep
  // up, and memory must not pay for it.
  static constexpr size_t kPendingMax = 4096;
  static constexpr size_t kPendingBytesMax = 256 << 20;

  // `loop` is borrowed. `idle` is called on the thread when nothing more waits, and at least after each task that took it
  // beyond kIdleInterval. `nice`, 0 to 19: how far the thread stands back behind others that want a processor (nice(2)).
  explicit StorageThread(EventLoop& loop, std::function<void()> idle = {}, int nice = 0);
  ~StorageThread();
  StorageThread(const StorageThread&) = delete;
  StorageThread& operator=(const StorageThread&) = delete;

  // `bytes`: what the task holds in memory. `refused` is what `done` gets when there is no room.
  template <typename Result>
  void submit(size_t bytes, Result refused, std::function<Result()> work,
              std::function<void(Result)> done) {
    if (!has_room(bytes)) {
      loop_.post([alive = alive_, done = std::move(done), refused = std::move(refused)]() mutable {
        if (*alive && done) done(std::move(refused));
      });
      return;
    }
    run(bytes, [this, bytes, work = std::move(work), done = std::move(done)]() mutable {
      complete(bytes, [done = std::move(done), result = work()]() mutable {
        if (done) done(std::move(result));
      });
    });
  }
  // The same for work that calls complete() itself, once, then or later, on the thread. Pre: has_room(bytes).
  void run(size_t bytes, std::function<void()> work);
  void complete(size_t bytes, std::function<void()> done);
  [[nodiscard]] bool has_room(size_t bytes) const {
    return pending_ < kPendingMax && bytes <= kPendingBytesMax - pending_bytes_;
  }
  EventLoop& loop() { return loop_; }

 private:
  static constexpr auto kIdleInterval = std::chrono::milliseconds(5);

  void run_thread(int nice);

  EventLoop& loop_;
  std::function<void()> idle_;
  size_t pending_ = 0;
  size_t pending_bytes_ = 0;
  // Read by completions on the network thread, which may outlive this object in the loop's queue.
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);

  std::mutex mutex_;  // guards what follows
  std::condition_variable changed_;
  std::deque<std::function<void()>> tasks_;  // bounded by kPendingMax
  bool stopping_ = false;

  std::thread thread_;  // last: starts when the rest is there
};

}  // namespace starling::os
