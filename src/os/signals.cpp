#include "os/signals.h"

#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <csignal>
#include <utility>

namespace starling::os {

struct SignalWatch::State {
  State(EventLoop& loop, std::function<void()> function)
      : signals(loop.context(), SIGINT, SIGTERM), signalled(std::move(function)) {}

  boost::asio::signal_set signals;
  std::function<void()> signalled;  // empty: called already, or the watch was destroyed
};

SignalWatch::SignalWatch(EventLoop& loop, std::function<void()> signalled)
    : state_(std::make_shared<State>(loop, std::move(signalled))) {
  state_->signals.async_wait([state = state_](const boost::system::error_code& error, int) {
    if (error || !state->signalled) return;
    state->signals.clear();
    const auto call = std::exchange(state->signalled, nullptr);
    call();
  });
}

SignalWatch::~SignalWatch() {
  state_->signalled = nullptr;
  state_->signals.clear();
  state_->signals.cancel();
}

}  // namespace starling::os
