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

void FolderFileStore::read(std::string name, ReadDone done) {
  thread_.submit<std::expected<Bytes, FileError>>(
      0, std::unexpected(FileError::failed),
      [this, name = std::move(name)] { return folder_.read(name); }, std::move(done));
}

void FolderFileStore::write(std::string name, Bytes contents, WriteDone done) {
  const size_t bytes = contents.size();
  thread_.submit<std::expected<void, FileError>>(
      bytes, std::unexpected(FileError::failed),
      [this, name = std::move(name), contents = std::move(contents)] {
        return folder_.write(name, contents);
      },
      std::move(done));
}

void FolderFileStore::remove(std::string name, WriteDone done) {
  thread_.submit<std::expected<void, FileError>>(
      0, std::unexpected(FileError::failed),
      [this, name = std::move(name)] { return folder_.remove(name); }, std::move(done));
}

void FolderFileStore::list(ListDone done) {
  thread_.submit<std::expected<std::vector<std::string>, FileError>>(
      0, std::unexpected(FileError::failed), [this] { return folder_.list(); }, std::move(done));
}

}  // namespace starling::os
