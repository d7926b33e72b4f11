#include "os/folder.h"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <dirent.h>
#include <fcntl.h>
#include <filesystem>
#include <memory>
#include <sys/stat.h>

namespace starling::os {
namespace {

using env::FileError;
using env::FileStore;

constexpr std::string_view kTemporaryPrefix = ".new-";

bool is_name_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
         c == '-' || c == '_';
}

bool is_valid_name(std::string_view name) {
  return !name.empty() && name.size() <= Folder::kNameBytesMax && name.front() != '.' &&
         std::all_of(name.begin(), name.end(), is_name_character);
}

std::unexpected<FileError> error_of(int error_number) {
  switch (error_number) {
    case ENOENT:
      return std::unexpected(FileError::not_found);
    case ENOSPC:
    case EDQUOT:
      return std::unexpected(FileError::no_space);
    case EACCES:
    case EPERM:
    case EROFS:
      return std::unexpected(FileError::not_permitted);
    case EFBIG:
      return std::unexpected(FileError::too_large);
    default:
      return std::unexpected(FileError::failed);
  }
}

// The functions below return 0 or an errno.
int write_all(int file, ByteView bytes) {
  while (!bytes.empty()) {
    const ssize_t count = ::write(file, bytes.data(), bytes.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return errno;
    bytes = bytes.subspan(static_cast<size_t>(count));
  }
  return 0;
}

int write_and_sync(int folder, const std::string& name, ByteView contents) {
  const FileDescriptor file{
      openat(folder, name.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600)};
  if (!file.is_open()) return errno;
  if (const int error = write_all(file.number(), contents); error != 0) return error;
  return fsync(file.number()) == 0 ? 0 : errno;
}

// Calls visit(name) for every entry.
template <typename Visit>
int for_each_entry(int folder, Visit&& visit) {
  // A descriptor of its own: the position in the folder belongs to the open file description.
  FileDescriptor own{openat(folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
  if (!own.is_open()) return errno;
  const std::unique_ptr<DIR, int (*)(DIR*)> entries(fdopendir(own.number()), &closedir);
  if (!entries) return errno;
  own.release();  // closedir() closes it
  for (;;) {
    errno = 0;
    const dirent* entry = readdir(entries.get());
    if (entry == nullptr) return errno;
    visit(std::string_view(entry->d_name));
  }
}

// A new folder is as lasting as its entry in the folder above.
void sync_folder_above(const std::string& path) {
  const auto above = std::filesystem::path(path).parent_path();
  const FileDescriptor folder{
      ::open(above.empty() ? "." : above.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
  if (folder.is_open()) fsync(folder.number());
}

}  // namespace

std::expected<Folder, FileError> Folder::open(const std::string& path) {
  std::error_code error;
  const auto above = std::filesystem::path(path).parent_path();
  if (!above.empty()) std::filesystem::create_directories(above, error);
  if (mkdir(path.c_str(), 0700) == 0) {
    sync_folder_above(path);
  } else if (errno != EEXIST) {
    return error_of(errno);
  }
  FileDescriptor folder{::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
  if (!folder.is_open()) return error_of(errno);
  Folder result{std::move(folder)};
  result.remove_leftovers();
  return result;
}

void Folder::remove_leftovers() {
  std::vector<std::string> leftovers;
  for_each_entry(folder_.number(), [&](std::string_view name) {
    if (name.starts_with(kTemporaryPrefix)) leftovers.emplace_back(name);
  });
  for (const auto& name : leftovers) unlinkat(folder_.number(), name.c_str(), 0);
}

std::expected<Bytes, FileError> Folder::read(const std::string& name) const {
  if (!is_valid_name(name)) return std::unexpected(FileError::failed);
  // O_NONBLOCK: what is no regular file must not block.
  const FileDescriptor file{
      openat(folder_.number(), name.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK)};
  struct stat about{};
  if (!file.is_open() || fstat(file.number(), &about) != 0) return error_of(errno);
  if (!S_ISREG(about.st_mode)) return std::unexpected(FileError::failed);
  const auto size = static_cast<uint64_t>(about.st_size);
  if (size > FileStore::kFileSizeMax) return std::unexpected(FileError::too_large);
  Bytes contents(size);
  size_t filled = 0;
  while (filled < contents.size()) {
    const ssize_t count = ::read(file.number(), contents.data() + filled, contents.size() - filled);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return error_of(errno);
    if (count == 0) break;
    filled += static_cast<size_t>(count);
  }
  contents.resize(filled);
  return contents;
}

std::expected<void, FileError> Folder::write(const std::string& name, ByteView contents) {
  if (!is_valid_name(name)) return std::unexpected(FileError::failed);
  if (contents.size() > FileStore::kFileSizeMax) return std::unexpected(FileError::too_large);
  const std::string temporary = std::string(kTemporaryPrefix) + name;
  const int folder = folder_.number();
  int error = write_and_sync(folder, temporary, contents);
  if (error == 0 && renameat(folder, temporary.c_str(), folder, name.c_str()) != 0) error = errno;
  if (error != 0) {
    unlinkat(folder, temporary.c_str(), 0);
    return error_of(error);
  }
  if (fsync(folder) != 0) return error_of(errno);
  return {};
}

std::expected<void, FileError> Folder::remove(const std::string& name) {
  if (!is_valid_name(name)) return std::unexpected(FileError::failed);
  if (unlinkat(folder_.number(), name.c_str(), 0) != 0) {
    if (errno == ENOENT) return {};
    return error_of(errno);
  }
  if (fsync(folder_.number()) != 0) return error_of(errno);
  return {};
}

std::expected<std::vector<std::string>, FileError> Folder::list() const {
  std::vector<std::string> names;
  const int error = for_each_entry(folder_.number(), [&](std::string_view name) {
    struct stat about{};
    if (is_valid_name(name) &&
        fstatat(folder_.number(), name.data(), &about, AT_SYMLINK_NOFOLLOW) == 0 &&
        S_ISREG(about.st_mode)) {
      names.emplace_back(name);
    }
  });
  if (error != 0) return error_of(error);
  std::sort(names.begin(), names.end());
  return names;
}

}  // namespace starling::os
