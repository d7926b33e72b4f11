#include "os/linux/read_watch.h"

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>

namespace starling::os {

struct ReadWatch::State : std::enable_shared_from_this<State> {
  State(EventLoop& loop, int number, std::function<void()> function)
      : descriptor(loop.context(), number),
        readable(std::make_shared<const std::function<void()>>(std::move(function))) {}

  void wait() {
    descriptor.async_wait(boost::asio::posix::stream_descriptor::wait_read,
                          [self = shared_from_this()](const boost::system::error_code& error) {
                            if (error || !self->readable) return;
                            const auto keep_alive = self->readable;
                            (*keep_alive)();
                            if (self->readable) self->wait();
                          });
  }

  boost::asio::posix::stream_descriptor descriptor;
  std::shared_ptr<const std::function<void()>> readable;  // empty: the watch was destroyed
};

ReadWatch::ReadWatch(EventLoop& loop, int descriptor, std::function<void()> readable)
    : state_(std::make_shared<State>(loop, descriptor, std::move(readable))) {
  state_->wait();
}

ReadWatch::~ReadWatch() {
  state_->readable.reset();
  state_->descriptor.release();
}

}  // namespace starling::os
