// base/lifetime.h - lets calls that come later find out whether the object that they are for still lives.
//
// How:     a member, destroyed with its object; guard() wraps what is handed to timers, stores and other threads' queues.
// Threads: single owner: guarded calls come on the thread that destroys the object.
#pragma once

#include <memory>
#include <utility>

namespace starling {

class Lifetime {
 public:
  Lifetime() = default;
  Lifetime(const Lifetime&) = delete;
  Lifetime& operator=(const Lifetime&) = delete;

  // Does nothing once the object is gone.
  template <typename Call>
  [[nodiscard]] auto guard(Call call) const {
    return [watch = std::weak_ptr(token_), call = std::move(call)](auto&&... arguments) {
      if (!watch.expired()) call(std::forward<decltype(arguments)>(arguments)...);
    };
  }
  // Expired once the object is gone: for loops whose calls may destroy it.
  [[nodiscard]] std::weak_ptr<const char> watch() const { return token_; }

 private:
  std::shared_ptr<const char> token_ = std::make_shared<const char>();
};

}  // namespace starling
