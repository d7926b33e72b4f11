// os/event_loop.h - the event loop that everything of the network thread runs on.
//
// Drive:    run() on one thread, the network thread; it returns after stop().
// Lifetime: outlives every timer, socket and store that was made with it.
// Threads:  run() and context() network thread; post() and stop() any thread.
#pragma once

#include <functional>
#include <memory>

namespace boost::asio {
class io_context;
}

namespace starling::os {

class EventLoop {
 public:
  EventLoop();
  ~EventLoop();
  EventLoop(const EventLoop&) = delete;
  EventLoop& operator=(const EventLoop&) = delete;

  // Blocks until stop(), also while there is nothing to do. May be called again afterwards, and
  // goes on where it ended.
  void run();
  // Tasks not yet begun stay queued. Before run(): makes the next run() return at once.
  void stop();
  // Runs `task` on the network thread, in the order of the calls, never from inside the call. What
  // is still queued when the loop is destroyed does not run.
  void post(std::function<void()> task);

  // For the files of os/ that use Asio.
  boost::asio::io_context& context();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace starling::os
