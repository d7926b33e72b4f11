// sim/callback.h - a stored function whose call may destroy the object that stores it.
//
// Applications close a socket or drop a timer from inside its own callback; the function must outlive its own call.
#pragma once

#include <functional>
#include <utility>

namespace starling::sim {

template <typename... Args>
class Callback {
 public:
  explicit Callback(std::function<void(Args...)> function = {}) : function_(std::move(function)) {}
  Callback(const Callback&) = delete;
  Callback& operator=(const Callback&) = delete;
  ~Callback() {
    if (gone_ != nullptr) *gone_ = true;
  }

  void set(std::function<void(Args...)> function) { function_ = std::move(function); }

  // False when the call destroyed this object: the caller must not touch it or its owner again.
  bool operator()(Args... args) {
    if (!function_) return true;
    bool gone = false;
    gone_ = &gone;
    auto running = std::move(function_);
    running(std::forward<Args>(args)...);
    if (gone) return false;
    gone_ = nullptr;
    function_ = std::move(running);
    return true;
  }

 private:
  std::function<void(Args...)> function_;
  bool* gone_ = nullptr;
};

}  // namespace starling::sim
