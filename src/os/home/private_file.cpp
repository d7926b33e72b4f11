#include "os/home/private_file.h"

#include <cerrno>
#include <cstdio>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "os/file_descriptor.h"

namespace starling::os {
namespace {

namespace fs = std::filesystem;

constexpr mode_t kFileMode = 0600;
constexpr mode_t kOpenToOthers = S_IRWXG | S_IRWXO;

std::unexpected<HomeError> failure(HomeErrorKind kind, const fs::path& path, int error = 0) {
  return std::unexpected(HomeError{.kind = kind, .path = path, .system_error = error});
}

std::expected<void, HomeError> check_private(const FileDescriptor& file, const fs::path& path) {
  struct stat status{};
  if (::fstat(file.number(), &status) != 0) {
    return failure(HomeErrorKind::cannot_read, path, errno);
  }
  if (!S_ISREG(status.st_mode)) return failure(HomeErrorKind::not_a_regular_file, path);
  if (status.st_uid != ::geteuid()) return failure(HomeErrorKind::belongs_to_another_user, path);
  if ((status.st_mode & kOpenToOthers) != 0) {
    return std::unexpected(HomeError{.kind = HomeErrorKind::readable_by_others,
                                     .path = path,
                                     .mode = status.st_mode & kPermissionBits});
  }
  return {};
}

// False with errno.
bool write_all(int descriptor, ByteView contents) {
  while (!contents.empty()) {
    const ssize_t written = ::write(descriptor, contents.data(), contents.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return false;
    contents = contents.subspan(static_cast<size_t>(written));
  }
  return true;
}

// The file before it has its name. Taken away again unless it was published.
class TemporaryFile {
 public:
  explicit TemporaryFile(const fs::path& beside)
      : name_(beside.string() + ".new-XXXXXX"), file_(::mkostemp(name_.data(), O_CLOEXEC)) {}
  TemporaryFile(const TemporaryFile&) = delete;
  TemporaryFile& operator=(const TemporaryFile&) = delete;
  ~TemporaryFile() {
    if (file_.is_open() && !published_) ::unlink(name_.c_str());
  }

  [[nodiscard]] bool is_open() const { return file_.is_open(); }
  [[nodiscard]] int descriptor() const { return file_.number(); }

  // False with errno; EEXIST when `path` exists and may not be replaced.
  bool publish(const fs::path& path, IfExists if_exists) {
    if (if_exists == IfExists::replace) {
      published_ = ::rename(name_.c_str(), path.c_str()) == 0;
      return published_;
    }
    published_ =
        ::renameat2(AT_FDCWD, name_.c_str(), AT_FDCWD, path.c_str(), RENAME_NOREPLACE) == 0;
    if (published_ || (errno != EINVAL && errno != ENOSYS)) return published_;
    // A file system that cannot rename without replacing may know hard links, which never replace;
    // the temporary name then goes with this object.
    return ::link(name_.c_str(), path.c_str()) == 0;
  }

 private:
  std::string name_;
  FileDescriptor file_;
  bool published_ = false;
};

}  // namespace

std::expected<PrivateBytes, HomeError> read_private_file(const fs::path& path, size_t size_max) {
  // O_NONBLOCK: opening a pipe would wait for a writer.
  const FileDescriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK));
  if (!file.is_open()) {
    if (errno == ENOENT) return failure(HomeErrorKind::not_found, path);
    // A link; a socket or a device without a driver.
    if (errno == ELOOP || errno == ENXIO) return failure(HomeErrorKind::not_a_regular_file, path);
    return failure(HomeErrorKind::cannot_read, path, errno);
  }
  if (auto checked = check_private(file, path); !checked) return std::unexpected(checked.error());

  // As large as it can get from the start: growing would leave copies of secrets behind.
  Bytes buffer(size_max + 1);
  size_t size = 0;
  while (size < buffer.size()) {
    const ssize_t got = ::read(file.number(), buffer.data() + size, buffer.size() - size);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) {
      const int error = errno;
      crypto::wipe(buffer);
      return failure(HomeErrorKind::cannot_read, path, error);
    }
    if (got == 0) break;
    size += static_cast<size_t>(got);
  }
  buffer.resize(size);
  return PrivateBytes(std::move(buffer));
}

std::expected<void, HomeError> write_private_file(const fs::path& path, ByteView contents,
                                                  IfExists if_exists,
                                                  const WriteObserver& observe) {
  const auto done = [&observe](WriteStep step) {
    if (observe) observe(step);
  };
  TemporaryFile temporary(path);
  if (!temporary.is_open()) return failure(HomeErrorKind::cannot_write, path, errno);
  done(WriteStep::temporary_made);
  // mkostemp asks for 0600, of which a narrow umask may have taken bits.
  if (::fchmod(temporary.descriptor(), kFileMode) != 0 ||
      !write_all(temporary.descriptor(), contents)) {
    return failure(HomeErrorKind::cannot_write, path, errno);
  }
  done(WriteStep::written);
  if (::fsync(temporary.descriptor()) != 0) {
    return failure(HomeErrorKind::cannot_write, path, errno);
  }
  done(WriteStep::synced);
  if (!temporary.publish(path, if_exists)) {
    if (errno == EEXIST) return failure(HomeErrorKind::already_exists, path);
    return failure(HomeErrorKind::cannot_write, path, errno);
  }
  done(WriteStep::published);
  if (!sync_folder(path.parent_path())) return failure(HomeErrorKind::cannot_write, path, errno);
  done(WriteStep::folder_synced);
  return {};
}

bool sync_folder(const fs::path& folder) {
  const FileDescriptor file(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  // EINVAL: a file system that has nothing to sync for a folder.
  return file.is_open() && (::fsync(file.number()) == 0 || errno == EINVAL);
}

}  // namespace starling::os
