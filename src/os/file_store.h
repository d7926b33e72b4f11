// os/file_store.h - env::FileStore on a folder, with the system calls on a thread of its own.
//
// Order, threads and lifetime: as os/storage_thread.h. What finds no room is FileError::failed.
#pragma once

#include <memory>

#include "env/file_store.h"
#include "os/folder.h"
#include "os/storage_thread.h"

namespace starling::os {

class FolderFileStore final : public env::FileStore {
 public:
  // `loop` is borrowed. Makes the folder (0700) if there is none and removes what a crash left half written. Blocks.
  static std::expected<std::unique_ptr<FolderFileStore>, env::FileError> open(
      EventLoop& loop, const std::string& path);

  // A bad name is FileError::failed.
  void read(std::string name, ReadDone done) override;
  void write(std::string name, Bytes contents, WriteDone done) override;
  void remove(std::string name, WriteDone done) override;
  void list(ListDone done) override;

 private:
  FolderFileStore(EventLoop& loop, Folder folder) : folder_(std::move(folder)), thread_(loop) {}

  Folder folder_;  // storage thread only
  StorageThread thread_;
};

}  // namespace starling::os
