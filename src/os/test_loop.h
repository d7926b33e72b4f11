// os/test_loop.h - for the tests of os/: an event loop that runs until something has happened.
#pragma once

#include <chrono>
#include <filesystem>
#include <functional>
#include <random>
#include <string>

#include "os/clock.h"
#include "os/event_loop.h"
#include "os/loop_timer.h"

namespace starling::os {

class TestLoop {
 public:
  // Long enough for the slowest machine under a sanitizer; only a test that fails waits for it.
  static constexpr Duration kPatience = 60s;

  EventLoop& loop() { return loop_; }

  // True as soon as `happened` is; false when the patience is over.
  bool run_until(const std::function<bool()>& happened) {
    const Instant deadline = monotonic_now() + kPatience;
    run_checking([&] { return happened() || monotonic_now() > deadline; });
    return happened();
  }
  void run_for(Duration duration) {
    const Instant end = monotonic_now() + duration;
    run_checking([&] { return monotonic_now() >= end; });
  }

 private:
  void run_checking(const std::function<bool()>& is_over) {
    if (is_over()) return;
    LoopTimer* self = nullptr;
    LoopTimer check(loop_, [&] {
      if (is_over()) {
        loop_.stop();
      } else {
        self->arm(monotonic_now() + 1ms);
      }
    });
    self = &check;
    check.arm(monotonic_now());
    loop_.run();
  }

  EventLoop loop_;
};

// A new empty folder, removed at the end.
class TestFolder {
 public:
  TestFolder() {
    std::random_device random;
    path_ = std::filesystem::temp_directory_path() /
            ("starling-test-" + std::to_string(random()) + std::to_string(random()));
    std::filesystem::create_directories(path_);
  }
  ~TestFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  TestFolder(const TestFolder&) = delete;
  TestFolder& operator=(const TestFolder&) = delete;

  [[nodiscard]] std::string path() const { return path_.string(); }
  [[nodiscard]] std::string path(const std::string& name) const { return (path_ / name).string(); }

 private:
  std::filesystem::path path_;
};

}  // namespace starling::os
