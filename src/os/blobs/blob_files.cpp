#include "os/blobs/blob_files.h"

#include <cerrno>
#include <dirent.h>
#include <fcntl.h>
#include <filesystem>
#include <memory>
#include <sys/stat.h>

namespace starling::os {
namespace {

using env::BlobError;

constexpr std::string_view kPartSuffix = ".part";
constexpr std::string_view kTreeSuffix = ".tree";
constexpr std::string_view kTemporarySuffix = ".new";

std::unexpected<BlobError> failure() { return std::unexpected(blob_error_of(errno)); }

std::string folder_of(const BlobId& id) { return to_hex(id.root.view().first(1)); }

std::string path_of(const BlobId& id, std::string_view suffix) {
  return folder_of(id) + "/" + to_text(id) + std::string(suffix);
}

// The names in a folder, none when it cannot be read.
std::vector<std::string> names_in(int folder, const char* path) {
  std::vector<std::string> names;
  FileDescriptor own(::openat(folder, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!own.is_open()) return names;
  const std::unique_ptr<DIR, int (*)(DIR*)> entries(::fdopendir(own.number()), &::closedir);
  if (!entries) return names;
  own.release();
  while (const dirent* entry = ::readdir(entries.get())) names.emplace_back(entry->d_name);
  return names;
}

}  // namespace

BlobError blob_error_of(int error_number) {
  switch (error_number) {
    case ENOENT:
    case ENOTDIR:
      return BlobError::not_here;
    case ENOSPC:
    case EDQUOT:
      return BlobError::no_space;
    case EACCES:
    case EPERM:
    case EROFS:
      return BlobError::not_permitted;
    case ELOOP:
    case EXDEV:
    case EISDIR:
      return BlobError::unsuitable;
    case EEXIST:
      return BlobError::exists;
    default:
      return BlobError::failed;
  }
}

int write_all_at(int file, ByteView bytes, uint64_t offset) {
  while (!bytes.empty()) {
    const ssize_t count = ::pwrite(file, bytes.data(), bytes.size(), static_cast<off_t>(offset));
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return errno;
    bytes = bytes.subspan(static_cast<size_t>(count));
    offset += static_cast<uint64_t>(count);
  }
  return 0;
}

int read_all_at(int file, MutableByteView bytes, uint64_t offset) {
  while (!bytes.empty()) {
    const ssize_t count = ::pread(file, bytes.data(), bytes.size(), static_cast<off_t>(offset));
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return errno;
    if (count == 0) return EIO;
    bytes = bytes.subspan(static_cast<size_t>(count));
    offset += static_cast<uint64_t>(count);
  }
  return 0;
}

BlobFiles::Result<BlobFiles> BlobFiles::open(const std::string& path) {
  std::error_code error;
  const auto above = std::filesystem::path(path).parent_path();
  if (!above.empty()) std::filesystem::create_directories(above, error);
  if (::mkdir(path.c_str(), 0700) != 0 && errno != EEXIST) return failure();
  FileDescriptor folder(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!folder.is_open()) return failure();
  return BlobFiles(std::move(folder));
}

BlobFiles::Result<FileDescriptor> BlobFiles::open_data(const BlobId& id, Stage stage, bool create) {
  if (create && ::mkdirat(folder_.number(), folder_of(id).c_str(), 0700) != 0 && errno != EEXIST)
    return failure();
  const std::string path = path_of(id, stage == Stage::part ? kPartSuffix : "");
  const int flags = O_CLOEXEC | O_NOFOLLOW | (stage == Stage::part ? O_RDWR : O_RDONLY);
  FileDescriptor file(
      ::openat(folder_.number(), path.c_str(), flags | (create ? O_CREAT : 0), 0600));
  if (!file.is_open()) return failure();
  return file;
}

BlobFiles::Result<FileDescriptor> BlobFiles::open_tree(const BlobId& id, bool create) {
  FileDescriptor file(::openat(folder_.number(), path_of(id, kTreeSuffix).c_str(),
                               O_RDWR | O_CLOEXEC | O_NOFOLLOW | (create ? O_CREAT : 0), 0600));
  if (!file.is_open()) return failure();
  return file;
}

BlobFiles::Result<> BlobFiles::sync_folder_of(const BlobId& id) {
  const FileDescriptor folder(
      ::openat(folder_.number(), folder_of(id).c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!folder.is_open() || ::fsync(folder.number()) != 0 || ::fsync(folder_.number()) != 0)
    return failure();
  return {};
}

BlobFiles::Result<> BlobFiles::finish(const BlobId& id) {
  const std::string part = path_of(id, kPartSuffix);
  if (::renameat(folder_.number(), part.c_str(), folder_.number(), path_of(id, "").c_str()) != 0)
    return failure();
  return sync_folder_of(id);
}

void BlobFiles::remove(const BlobId& id) {
  for (const std::string_view suffix : {std::string_view(), kPartSuffix, kTreeSuffix})
    ::unlinkat(folder_.number(), path_of(id, suffix).c_str(), 0);
}

BlobFiles::Result<FileDescriptor> BlobFiles::create_temporary(const std::string& name) {
  FileDescriptor file(::openat(folder_.number(), (name + std::string(kTemporarySuffix)).c_str(),
                               O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (!file.is_open()) return failure();
  return file;
}

BlobFiles::Result<> BlobFiles::adopt(const std::string& data, const std::string& tree,
                                     const BlobId& id) {
  if (::mkdirat(folder_.number(), folder_of(id).c_str(), 0700) != 0 && errno != EEXIST)
    return failure();
  const std::string suffix(kTemporarySuffix);
  // The tree first: a blob that is whole has one.
  if (::renameat(folder_.number(), (tree + suffix).c_str(), folder_.number(),
                 path_of(id, kTreeSuffix).c_str()) != 0 ||
      ::renameat(folder_.number(), (data + suffix).c_str(), folder_.number(),
                 path_of(id, "").c_str()) != 0) {
    return failure();
  }
  ::unlinkat(folder_.number(), path_of(id, kPartSuffix).c_str(), 0);
  return sync_folder_of(id);
}

void BlobFiles::remove_temporary(const std::string& name) {
  ::unlinkat(folder_.number(), (name + std::string(kTemporarySuffix)).c_str(), 0);
}

void BlobFiles::remove_strangers(const std::function<bool(const BlobId&)>& is_known) {
  for (const std::string& name : names_in(folder_.number(), ".")) {
    if (name.ends_with(kTemporarySuffix)) ::unlinkat(folder_.number(), name.c_str(), 0);
    if (name.size() != 2 || !from_hex(name)) continue;
    for (const std::string& file : names_in(folder_.number(), name.c_str())) {
      const auto id = crypto::parse_blob_id(file.substr(0, file.find('.')));
      if (id && !is_known(*id)) ::unlinkat(folder_.number(), (name + "/" + file).c_str(), 0);
    }
  }
}

}  // namespace starling::os
