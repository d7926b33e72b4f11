// http/door.h - the way from a server's thread to an object that lives on another one, for as long as that lives.
//
// Threads: ask() any; close() the object's. Shared by everybody who asks; tasks on their way keep it.
#pragma once

#include <functional>
#include <memory>
#include <mutex>

namespace starling::http {

template <typename Object>
class Door : public std::enable_shared_from_this<Door<Object>> {
 public:
  // Runs a task on the object's thread, never from inside the call. Any thread may call it.
  using Post = std::function<void(std::function<void()>)>;

  // `object` is borrowed until close().
  Door(Post post, Object& object) : post_(std::move(post)), object_(&object) {}

  // Nothing is asked, and `post` is not called, any more.
  void close() {
    const std::lock_guard lock(mutex_);
    post_ = nullptr;
    object_ = nullptr;
  }
  void ask(std::function<void(Object&)> call) {
    const std::lock_guard lock(mutex_);
    if (!post_) return;
    post_([self = this->shared_from_this(), call = std::move(call)] {
      if (self->object_) call(*self->object_);
    });
  }

 private:
  std::mutex mutex_;
  Post post_;       // empty when closed
  Object* object_;  // its thread only; null when closed
};

}  // namespace starling::http
