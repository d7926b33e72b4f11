#include "os/event_loop.h"

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>

namespace starling::os {

struct EventLoop::Impl {
  boost::asio::io_context context{1};  // one thread runs it: spares wake-ups of others
  // Keeps run() waiting while there is nothing to do.
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> keep_running{
      context.get_executor()};
};

EventLoop::EventLoop() : impl_(std::make_unique<Impl>()) {}
EventLoop::~EventLoop() = default;

void EventLoop::run() {
  impl_->context.run();
  impl_->context.restart();
}

void EventLoop::stop() { impl_->context.stop(); }

void EventLoop::post(std::function<void()> task) {
  boost::asio::post(impl_->context, std::move(task));
}

boost::asio::io_context& EventLoop::context() { return impl_->context; }

}  // namespace starling::os
