// os/folder.h - a folder of small files: the blocking system calls below FolderFileStore.
//
// Names:   one path component of letters, digits, '.', '-', '_', not starting with a dot, at most
//          kNameBytesMax; any other name is FileError::failed and touches nothing.
// Crashes: write() leaves the old contents or the new; temporary files start with a dot and are
//          removed by open().
// Threads: one at a time.
#pragma once

#include <expected>
#include <string>
#include <string_view>
#include <vector>

#include "env/file_store.h"
#include "os/file_descriptor.h"

namespace starling::os {

class Folder {
 public:
  // A file system takes 255; the rest is for the temporary name around it.
  static constexpr size_t kNameBytesMax = 200;

  // Makes the folder (0700) and those above it where they do not exist.
  static std::expected<Folder, env::FileError> open(const std::string& path);

  // FileError::too_large above FileStore::kFileSizeMax.
  [[nodiscard]] std::expected<Bytes, env::FileError> read(const std::string& name) const;
  // Without error it survives a crash. FileError::too_large for what read() would refuse.
  std::expected<void, env::FileError> write(const std::string& name, ByteView contents);
  // No error when there was none.
  std::expected<void, env::FileError> remove(const std::string& name);
  // The names of regular files, ascending, without temporary files and names that write() refuses.
  [[nodiscard]] std::expected<std::vector<std::string>, env::FileError> list() const;

 private:
  explicit Folder(FileDescriptor folder) : folder_(std::move(folder)) {}
  void remove_leftovers();

  FileDescriptor folder_;
};

}  // namespace starling::os
