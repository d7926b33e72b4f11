// http/inbox.h - the way from other threads to the server's thread, which ends before that thread does.
//
// Included by server.cpp only, as everything that knows Asio or Beast: it costs some 20 s to compile.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <functional>
#include <mutex>

namespace starling::http {

// Whoever may answer late shares it. Bounded by its users: one answer for each connection, one wake for
// each watcher.
class Inbox {
 public:
  explicit Inbox(boost::asio::io_context& context) : context_(&context) {}

  // Nothing when closed. Any thread.
  void post(std::function<void()> task) {
    const std::lock_guard lock(mutex_);
    if (context_) boost::asio::post(*context_, std::move(task));
  }
  // The last task to be taken. Afterwards the context may end.
  void close_with(std::function<void()> task) {
    const std::lock_guard lock(mutex_);
    if (context_) boost::asio::post(*context_, std::move(task));
    context_ = nullptr;
  }

 private:
  std::mutex mutex_;
  boost::asio::io_context* context_;
};

}  // namespace starling::http
