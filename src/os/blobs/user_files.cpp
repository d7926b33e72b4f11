#include "os/blobs/user_files.h"

#include <algorithm>
#include <cerrno>
#include <dirent.h>
#include <fcntl.h>
#include <filesystem>
#include <linux/openat2.h>
#include <memory>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "os/blobs/blob_files.h"

namespace starling::os {
namespace {

using env::BlobError;

// Deeper trees and larger ones are no folder to publish.
constexpr size_t kDepthMax = 64;
constexpr size_t kFilesMax = 1'000'000;
constexpr size_t kCopySize = 1 << 20;
constexpr const char* kOwnFiles = "/proc/self/fd";

std::unexpected<BlobError> failure(int error_number) {
  return std::unexpected(blob_error_of(error_number));
}

FileDescriptor open_beneath(int folder, const std::string& path, int flags, mode_t mode = 0) {
  open_how how{};
  how.flags = static_cast<unsigned long long>(flags | O_CLOEXEC);
  how.mode = mode;
  how.resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS;
  while (true) {
    const long number = ::syscall(SYS_openat2, folder, path.c_str(), &how, sizeof how);
    // The tree changed while the kernel looked; it asks to try again.
    if (number < 0 && errno == EAGAIN) continue;
    return FileDescriptor(static_cast<int>(number));
  }
}

bool is_executable(const struct stat& status) { return (status.st_mode & S_IXUSR) != 0; }

class Walk {
 public:
  Walk(int root, bool with_hidden) : root_(root), with_hidden_(with_hidden) {}

  // 0 or an errno.
  int visit(const std::string& path, size_t depth) {
    FileDescriptor folder =
        path.empty() ? FileDescriptor(::openat(root_, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC))
                     : open_beneath(root_, path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
    if (!folder.is_open()) return errno;
    if (depth > kDepthMax) return ENAMETOOLONG;
    const std::unique_ptr<DIR, int (*)(DIR*)> entries(::fdopendir(folder.number()), &::closedir);
    if (!entries) return errno;
    const int number = folder.release();
    while (true) {
      errno = 0;
      const dirent* entry = ::readdir(entries.get());
      if (entry == nullptr) return errno;
      const std::string name = entry->d_name;
      if (name == "." || name == "..") continue;
      if (name.front() == '.' && !with_hidden_) {
        ++tree.left_out;
        continue;
      }
      const std::string below = path.empty() ? name : path + "/" + name;
      if (const int error = take(number, name, below, depth); error != 0) return error;
    }
  }

  env::FoundTree tree;

 private:
  int take(int folder, const std::string& name, const std::string& path, size_t depth) {
    struct stat status{};
    if (::fstatat(folder, name.c_str(), &status, AT_SYMLINK_NOFOLLOW) != 0) return errno;
    if (S_ISDIR(status.st_mode)) return visit(path, depth + 1);
    if (S_ISLNK(status.st_mode)) {
      const FileDescriptor target = open_beneath(root_, path, O_RDONLY | O_NONBLOCK);
      if (!target.is_open() || ::fstat(target.number(), &status) != 0) status.st_mode = 0;
    }
    if (!S_ISREG(status.st_mode)) {
      ++tree.left_out;
      return 0;
    }
    if (tree.files.size() >= kFilesMax) return EFBIG;
    tree.files.push_back({path, static_cast<uint64_t>(status.st_size), is_executable(status)});
    return 0;
  }

  int root_;
  bool with_hidden_;
};

}  // namespace

UserFileResult<env::FoundTree> find_user_files(const std::string& path, bool with_hidden) {
  const FileDescriptor root(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (!root.is_open()) return failure(errno);
  struct stat status{};
  if (::fstat(root.number(), &status) != 0) return failure(errno);
  env::FoundTree tree;
  if (S_ISREG(status.st_mode)) {
    const std::filesystem::path whole(path);
    tree.files.push_back(
        {whole.filename().string(), static_cast<uint64_t>(status.st_size), is_executable(status)});
    return tree;
  }
  if (!S_ISDIR(status.st_mode)) return std::unexpected(BlobError::unsuitable);
  Walk walk(root.number(), with_hidden);
  if (const int error = walk.visit("", 0); error != 0) return failure(error);
  walk.tree.is_folder = true;
  std::ranges::sort(walk.tree.files, {}, &env::FoundFile::path);
  return std::move(walk.tree);
}

UserFileResult<UserFile> open_user_file(const std::string& folder, const std::string& relative) {
  UserFile found;
  if (relative.empty()) {
    found.file = FileDescriptor(::open(folder.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  } else {
    const FileDescriptor root(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!root.is_open()) return failure(errno);
    found.file = open_beneath(root.number(), relative, O_RDONLY | O_NONBLOCK);
  }
  struct stat status{};
  if (!found.file.is_open() || ::fstat(found.file.number(), &status) != 0) return failure(errno);
  if (!S_ISREG(status.st_mode)) return std::unexpected(BlobError::unsuitable);
  found.size = static_cast<uint64_t>(status.st_size);
  ::posix_fadvise(found.file.number(), 0, 0, POSIX_FADV_SEQUENTIAL);
  return found;
}

UserFileResult<UserFileWriter> UserFileWriter::create(const std::string& folder,
                                                      const std::string& relative,
                                                      bool executable) {
  std::error_code ignored;
  std::filesystem::create_directories(folder, ignored);
  const FileDescriptor root(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!root.is_open()) return failure(errno);
  UserFileWriter writer;
  writer.folder_ = FileDescriptor(::openat(root.number(), ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  size_t begin = 0;
  for (size_t slash = relative.find('/'); slash != std::string::npos;
       slash = relative.find('/', begin)) {
    const std::string path = relative.substr(0, slash);
    const std::string name = relative.substr(begin, slash - begin);
    if (::mkdirat(writer.folder_.number(), name.c_str(), 0777) != 0 && errno != EEXIST)
      return failure(errno);
    // From the top again: a link on the way may lead about, but not out.
    writer.folder_ = open_beneath(root.number(), path, O_RDONLY | O_DIRECTORY);
    if (!writer.folder_.is_open()) return failure(errno);
    begin = slash + 1;
  }
  writer.name_ = relative.substr(begin);
  struct stat status{};
  if (::fstatat(writer.folder_.number(), writer.name_.c_str(), &status, AT_SYMLINK_NOFOLLOW) == 0 &&
      S_ISDIR(status.st_mode)) {
    return std::unexpected(BlobError::exists);
  }
  writer.temporary_ = ".starling-" + std::to_string(::getpid()) + "-" + writer.name_.substr(0, 200);
  const mode_t mode = executable ? 0777 : 0666;
  if (!writer.create_nameless(mode) && !writer.create_named(mode)) return failure(errno);
  return writer;
}

bool UserFileWriter::create_nameless(mode_t mode) {
  // Without /proc it could get no name.
  if (::access(kOwnFiles, X_OK) != 0) return false;
  file_ = FileDescriptor(::openat(folder_.number(), ".", O_RDWR | O_TMPFILE | O_CLOEXEC, mode));
  return file_.is_open();
}

bool UserFileWriter::create_named(mode_t mode) {
  file_ = FileDescriptor(::openat(folder_.number(), temporary_.c_str(),
                                  O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, mode));
  has_temporary_name_ = file_.is_open();
  return has_temporary_name_;
}

UserFileWriter::~UserFileWriter() {
  if (file_.is_open() && has_temporary_name_) ::unlinkat(folder_.number(), temporary_.c_str(), 0);
}

UserFileResult<> UserFileWriter::add(ByteView bytes) {
  if (const int error = write_all_at(file_.number(), bytes, offset_); error != 0)
    return failure(error);
  offset_ += bytes.size();
  return {};
}

UserFileResult<> UserFileWriter::add_from(int file, uint64_t offset, size_t size) {
  // The kernel copies, or lets both files have the same blocks where the file system can.
  while (size > 0) {
    auto from = static_cast<off_t>(offset);
    auto to = static_cast<off_t>(offset_);
    const ssize_t count = ::copy_file_range(file, &from, file_.number(), &to, size, 0);
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) break;
    offset += static_cast<uint64_t>(count);
    offset_ += static_cast<uint64_t>(count);
    size -= static_cast<size_t>(count);
  }
  // Not between these two file systems; or it failed, and this says why.
  Bytes buffer(std::min(size, kCopySize));
  while (size > 0) {
    buffer.resize(std::min(size, kCopySize));
    if (const int error = read_all_at(file, buffer, offset); error != 0)
      return error == EIO ? std::unexpected(BlobError::not_here) : failure(error);
    if (const auto added = add(buffer); !added) return added;
    offset += buffer.size();
    size -= buffer.size();
  }
  return {};
}

bool UserFileWriter::link_as(const std::string& name) {
  const std::string path = std::string(kOwnFiles) + "/" + std::to_string(file_.number());
  return ::linkat(AT_FDCWD, path.c_str(), folder_.number(), name.c_str(), AT_SYMLINK_FOLLOW) == 0;
}

UserFileResult<> UserFileWriter::copy_to_named() {
  struct stat status{};
  const FileDescriptor nameless = std::move(file_);
  if (::fstat(nameless.number(), &status) != 0 || !create_named(status.st_mode & 0777))
    return failure(errno);
  return add_from(nameless.number(), 0, std::exchange(offset_, 0));
}

UserFileResult<> UserFileWriter::finish() {
  if (!has_temporary_name_) {
    if (link_as(name_)) {
      file_.close();
      return {};
    }
    // A link takes nobody's place, but a renamed file does.
    ::unlinkat(folder_.number(), temporary_.c_str(), 0);
    has_temporary_name_ = link_as(temporary_);
    if (!has_temporary_name_) {
      // A file system without links.
      if (const auto copied = copy_to_named(); !copied) return copied;
    }
  }
  if (::renameat(folder_.number(), temporary_.c_str(), folder_.number(), name_.c_str()) != 0) {
    return errno == EISDIR || errno == EEXIST ? std::unexpected(BlobError::exists) : failure(errno);
  }
  file_.close();
  return {};
}

}  // namespace starling::os
