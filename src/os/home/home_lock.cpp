#include "os/home/home_lock.h"

#include <array>
#include <cerrno>
#include <charconv>
#include <fcntl.h>
#include <fmt/format.h>
#include <limits>
#include <signal.h>
#include <string>
#include <sys/file.h>
#include <sys/stat.h>
#include <thread>
#include <unistd.h>

#include "base/check.h"

namespace starling::os {
namespace {

constexpr size_t kLockFileSizeMax = 64;  // "pid " and "started " with their numbers take 35 at most
constexpr int kHolderReads = 20;         // spread over kHolderWait
constexpr int64_t kLastSecond =
    253'402'300'799;  // of the year 9999: what a person's calendar can show

std::unexpected<HomeError> failure(HomeErrorKind kind, const HomePaths& paths, int error = 0) {
  return std::unexpected(HomeError{.kind = kind, .path = paths.lock_file, .system_error = error});
}

// Takes "<label> <number>\n" off the front of `text`; the number lies in [0, max].
std::optional<int64_t> take_line(std::string_view& text, std::string_view label, int64_t max) {
  if (!text.starts_with(label)) return std::nullopt;
  text.remove_prefix(label.size());
  int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || number < 0 || number > max) return std::nullopt;
  text.remove_prefix(static_cast<size_t>(end - text.data()));
  if (!text.starts_with('\n')) return std::nullopt;
  text.remove_prefix(1);
  return number;
}

std::optional<LockHolder> read_holder(const FileDescriptor& file) {
  std::array<char, kLockFileSizeMax> text{};
  const ssize_t size = ::pread(file.number(), text.data(), text.size(), 0);
  if (size <= 0) return std::nullopt;
  const auto holder = parse_lock_holder({text.data(), static_cast<size_t>(size)});
  if (!holder || !process_exists(holder->process)) return std::nullopt;
  return holder;
}

// The lock holds without its holder's name, so a full disk does not keep a node from starting.
void write_holder(const FileDescriptor& file, const LockHolder& holder) {
  const std::string text =
      fmt::format("pid {}\nstarted {}\n", holder.process, holder.started.unix_seconds);
  if (::ftruncate(file.number(), 0) != 0) return;
  [[maybe_unused]] const ssize_t written = ::pwrite(file.number(), text.data(), text.size(), 0);
}

}  // namespace

std::optional<LockHolder> parse_lock_holder(std::string_view text) {
  const auto process = take_line(text, "pid ", std::numeric_limits<pid_t>::max());
  if (!process || *process == 0) return std::nullopt;
  const auto started = take_line(text, "started ", kLastSecond);
  if (!started || !text.empty()) return std::nullopt;
  return LockHolder{.process = *process, .started = WallTime{*started}};
}

std::optional<LockHolder> recorded_lock_holder(const HomePaths& paths) {
  const FileDescriptor file(
      ::open(paths.lock_file.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK));
  if (!file.is_open()) return std::nullopt;
  return read_holder(file);
}

bool process_exists(int64_t process) {
  STARLING_CHECK(process > 0 && process <= std::numeric_limits<pid_t>::max());
  return ::kill(static_cast<pid_t>(process), 0) == 0 || errno == EPERM;
}

std::expected<HomeLock, HomeError> HomeLock::acquire(const HomePaths& paths, WallTime started) {
  FileDescriptor file(::open(paths.lock_file.c_str(),
                             O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK,
                             S_IRUSR | S_IWUSR));
  if (!file.is_open()) {
    if (errno == ELOOP || errno == EISDIR || errno == ENXIO) {
      return failure(HomeErrorKind::not_a_regular_file, paths);
    }
    return failure(HomeErrorKind::cannot_lock, paths, errno);
  }
  struct stat status{};
  if (::fstat(file.number(), &status) != 0) {
    return failure(HomeErrorKind::cannot_lock, paths, errno);
  }
  if (!S_ISREG(status.st_mode)) return failure(HomeErrorKind::not_a_regular_file, paths);

  for (int read = 0; read < kHolderReads; ++read) {
    if (::flock(file.number(), LOCK_EX | LOCK_NB) == 0) {
      const int64_t self = ::getpid();
      write_holder(file, {.process = self, .started = started});
      return HomeLock(std::move(file), self);
    }
    if (errno != EWOULDBLOCK && errno != EINTR) {
      return failure(HomeErrorKind::cannot_lock, paths, errno);
    }
    if (const auto holder = read_holder(file)) {
      return std::unexpected(HomeError{.kind = HomeErrorKind::in_use,
                                       .path = paths.lock_file,
                                       .process = holder->process,
                                       .started = holder->started});
    }
    std::this_thread::sleep_for(kHolderWait / kHolderReads);
  }
  return failure(HomeErrorKind::in_use, paths);
}

HomeLock::HomeLock(FileDescriptor file, int64_t owner)
    : file_(std::move(file)), owner_process_(owner) {}

HomeLock::~HomeLock() {
  if (!file_.is_open() || ::getpid() != owner_process_) return;
  // Emptied first, so that no one is named who is gone.
  [[maybe_unused]] const int emptied = ::ftruncate(file_.number(), 0);
  // Closing would not do while a child of ours still shares the open file.
  ::flock(file_.number(), LOCK_UN);
}

}  // namespace starling::os
