#include "os/loop_timer.h"

#include <algorithm>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>

#include "os/clock.h"

namespace starling::os {

// Waits under way share the state: the timer may be destroyed at any time, also by its own function.
struct LoopTimer::State : std::enable_shared_from_this<State> {
  State(EventLoop& loop, std::function<void()> function)
      : timer(loop.context()),
        fire(std::make_shared<const std::function<void()>>(std::move(function))) {}

  void arm(Instant when);
  void wait_until(Instant when);
  void handle_wait_end();

  boost::asio::steady_timer timer;
  std::shared_ptr<const std::function<void()>> fire;  // empty: the timer was destroyed
  Instant target = kNever;
  Instant waiting_until = kNever;  // kNever: no wait is under way
  // Tells the current wait's end from one that was replaced too late to be stopped.
  uint64_t wait_number = 0;
};

void LoopTimer::State::arm(Instant when) {
  target = when;
  if (target < waiting_until) wait_until(target);
}

void LoopTimer::State::wait_until(Instant when) {
  waiting_until = when;
  const uint64_t number = ++wait_number;
  // Asio subtracts the present from it, which must not overflow; everything before the epoch is
  // long past.
  const Instant representable = std::max(when, Instant{});
  timer.expires_at(std::chrono::steady_clock::time_point{representable.time_since_epoch()});
  timer.async_wait([self = shared_from_this(), number](const boost::system::error_code& error) {
    if (!error && number == self->wait_number && self->fire) self->handle_wait_end();
  });
}

void LoopTimer::State::handle_wait_end() {
  waiting_until = kNever;
  if (target == kNever) return;
  if (target > monotonic_now()) {
    wait_until(target);
    return;
  }
  target = kNever;
  const auto keep_alive = fire;
  (*keep_alive)();
}

LoopTimer::LoopTimer(EventLoop& loop, std::function<void()> fire)
    : state_(std::make_shared<State>(loop, std::move(fire))) {}

LoopTimer::~LoopTimer() {
  state_->fire.reset();
  state_->timer.cancel();
}

void LoopTimer::arm(Instant when) { state_->arm(when); }

}  // namespace starling::os
