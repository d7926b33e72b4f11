// os/home/temporary_home.h - for tests: a home in a folder of its own, and processes to fight over
// it.
#pragma once

#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <gtest/gtest.h>
#include <iterator>
#include <signal.h>
#include <stdlib.h>
#include <string>
#include <string_view>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "os/home/home_paths.h"

namespace starling::os {

// Gone with all that is in it when the object goes; a forked child leaves it alone.
class TemporaryHome {
 public:
  TemporaryHome() {
    std::string name = (std::filesystem::temp_directory_path() / "starling-home-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) ADD_FAILURE() << "mkdtemp " << name;
    folder_ = name;
    paths_ = *paths_below(folder_);
  }
  TemporaryHome(const TemporaryHome&) = delete;
  TemporaryHome& operator=(const TemporaryHome&) = delete;
  ~TemporaryHome() {
    std::error_code ignored;
    if (::getpid() == owner_) std::filesystem::remove_all(folder_, ignored);
  }

  [[nodiscard]] const std::filesystem::path& folder() const { return folder_; }
  [[nodiscard]] const HomePaths& paths() const { return paths_; }

 private:
  pid_t owner_ = ::getpid();
  std::filesystem::path folder_;
  HomePaths paths_;
};

inline void write_file(const std::filesystem::path& path, std::string_view contents,
                       mode_t mode = 0600) {
  std::ofstream(path, std::ios::binary) << contents;
  ASSERT_EQ(::chmod(path.c_str(), mode), 0);
}

inline std::string read_file(const std::filesystem::path& path) {
  std::ifstream stream(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), {}};
}

inline mode_t mode_of(const std::filesystem::path& path) {
  struct stat status{};
  EXPECT_EQ(::lstat(path.c_str(), &status), 0) << path;
  return status.st_mode & 07777;
}

// All that is directly in `folder`, without the folders in it.
inline size_t files_in(const std::filesystem::path& folder) {
  size_t files = 0;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    if (!entry.is_directory()) ++files;
  }
  return files;
}

// Runs `body` in a forked child that ends with its result as exit status, without destructors of
// the parent's objects.
template <typename Body>
pid_t start_child(Body&& body) {
  const pid_t child = ::fork();
  if (child == 0) ::_exit(body());
  EXPECT_GT(child, 0);
  return child;
}

// As waitpid says it.
inline int wait_for(pid_t child) {
  int status = 0;
  EXPECT_EQ(::waitpid(child, &status, 0), child);
  return status;
}

class Pipe {
 public:
  Pipe() { EXPECT_EQ(::pipe2(ends_, O_CLOEXEC), 0); }
  Pipe(const Pipe&) = delete;
  Pipe& operator=(const Pipe&) = delete;
  ~Pipe() {
    close_reader();
    close_writer();
  }
  // One record of a fixed size; records below PIPE_BUF do not mix.
  template <typename Record>
  bool send(const Record& record) {
    return ::write(ends_[1], &record, sizeof record) == static_cast<ssize_t>(sizeof record);
  }
  // False at the end: every writer has closed.
  template <typename Record>
  bool receive(Record& record) {
    return ::read(ends_[0], &record, sizeof record) == static_cast<ssize_t>(sizeof record);
  }
  void close_reader() { close_end(0); }
  void close_writer() { close_end(1); }

 private:
  void close_end(int end) {
    if (ends_[end] >= 0) ::close(ends_[end]);
    ends_[end] = -1;
  }
  int ends_[2] = {-1, -1};
};

}  // namespace starling::os
