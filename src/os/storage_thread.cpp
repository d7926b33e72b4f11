#include "os/storage_thread.h"

#include <chrono>
#include <sys/resource.h>

namespace starling::os {

StorageThread::StorageThread(EventLoop& loop, std::function<void()> idle, int nice)
    : loop_(loop), idle_(std::move(idle)), thread_([this, nice] { run_thread(nice); }) {}

StorageThread::~StorageThread() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_one();
  thread_.join();
  *alive_ = false;
}

void StorageThread::run(size_t bytes, std::function<void()> work) {
  ++pending_;
  pending_bytes_ += bytes;
  {
    const std::lock_guard lock(mutex_);
    tasks_.push_back(std::move(work));
  }
  changed_.notify_one();
}

void StorageThread::complete(size_t bytes, std::function<void()> done) {
  loop_.post([this, bytes, alive = alive_, done = std::move(done)] {
    if (!*alive) return;
    --pending_;
    pending_bytes_ -= bytes;
    done();
  });
}

void StorageThread::run_thread(int nice) {
  // On Linux that is this thread alone.
  if (nice != 0) ::setpriority(PRIO_PROCESS, 0, nice);
  using Clock = std::chrono::steady_clock;
  auto idle_at = Clock::now();
  std::unique_lock lock(mutex_);
  for (;;) {
    const bool is_due = idle_ && (tasks_.empty() || Clock::now() - idle_at >= kIdleInterval);
    if (is_due) {
      lock.unlock();
      idle_();
      idle_at = Clock::now();
      lock.lock();
    }
    changed_.wait(lock, [this] { return stopping_ || !tasks_.empty(); });
    if (tasks_.empty()) return;
    {
      const std::function<void()> task = std::move(tasks_.front());
      tasks_.pop_front();
      lock.unlock();
      task();
    }
    lock.lock();
  }
}

}  // namespace starling::os
