#include "os/file_store.h"

#include <utility>

namespace starling::os {

using env::FileError;

std::expected<std::unique_ptr<FolderFileStore>, FileError> FolderFileStore::open(
    EventLoop& loop, const std::string& path) {
  auto folder = Folder::open(path);
  if (!folder) return std::unexpected(folder.error());
  return std::unique_ptr<FolderFileStore>(new FolderFileStore(loop, std::move(*folder)));
}

FolderFileStore::FolderFileStore(EventLoop& loop, Folder folder)
    : loop_(loop), folder_(std::move(folder)), thread_([this] { run_storage_thread(); }) {}

FolderFileStore::~FolderFileStore() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_one();
  thread_.join();
  *alive_ = false;
}

void FolderFileStore::read(std::string name, ReadDone done) {
  submit<std::expected<Bytes, FileError>>(
      0, [this, name = std::move(name)] { return folder_.read(name); }, std::move(done));
}

void FolderFileStore::write(std::string name, Bytes contents, WriteDone done) {
  const size_t bytes = contents.size();
  submit<std::expected<void, FileError>>(
      bytes,
      [this, name = std::move(name), contents = std::move(contents)] {
        return folder_.write(name, contents);
      },
      std::move(done));
}

void FolderFileStore::remove(std::string name, WriteDone done) {
  submit<std::expected<void, FileError>>(
      0, [this, name = std::move(name)] { return folder_.remove(name); }, std::move(done));
}

void FolderFileStore::list(ListDone done) {
  submit<std::expected<std::vector<std::string>, FileError>>(
      0, [this] { return folder_.list(); }, std::move(done));
}

template <typename Result>
void FolderFileStore::submit(size_t bytes, std::function<Result()> work,
                             std::function<void(Result)> done) {
  if (pending_ >= kPendingMax || bytes > kPendingBytesMax - pending_bytes_) {
    loop_.post([alive = alive_, done = std::move(done)] {
      if (*alive && done) done(std::unexpected(FileError::failed));
    });
    return;
  }
  ++pending_;
  pending_bytes_ += bytes;
  Task task = [this, bytes, alive = alive_, work = std::move(work),
               done = std::move(done)]() mutable {
    loop_.post(
        [this, bytes, alive = std::move(alive), done = std::move(done), result = work()]() mutable {
          if (!*alive) return;
          --pending_;
          pending_bytes_ -= bytes;
          if (done) done(std::move(result));
        });
  };
  {
    const std::lock_guard lock(mutex_);
    tasks_.push_back(std::move(task));
  }
  changed_.notify_one();
}

void FolderFileStore::run_storage_thread() {
  std::unique_lock lock(mutex_);
  for (;;) {
    changed_.wait(lock, [this] { return stopping_ || !tasks_.empty(); });
    if (tasks_.empty()) return;
    {
      const Task task = std::move(tasks_.front());
      tasks_.pop_front();
      lock.unlock();
      task();
    }
    lock.lock();
  }
}

}  // namespace starling::os
