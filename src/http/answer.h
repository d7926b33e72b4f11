// http/answer.h - waits on the server's thread for something that another thread gives.
//
// How:     make() it, hand deliver() to whoever answers, co_await wait().
// Threads: server's thread, but deliver()'s function any. Included by server.cpp only (http/inbox.h says why).
#pragma once

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <memory>
#include <optional>

#include "base/time.h"
#include "http/inbox.h"

namespace starling::http {

template <typename Value>
class Answer : public std::enable_shared_from_this<Answer<Value>> {
 public:
  explicit Answer(const boost::asio::any_io_executor& executor) : signal_(executor) {}

  // Gives the value at most once; nothing when nobody waits any more.
  std::function<void(Value)> deliver(std::shared_ptr<Inbox> inbox) {
    return [inbox = std::move(inbox), weak = this->weak_from_this()](Value value) {
      inbox->post([weak, value = std::move(value)]() mutable {
        if (const auto self = weak.lock()) self->give(std::move(value));
      });
    };
  }
  // Empty after `patience` or give_up().
  boost::asio::awaitable<std::optional<Value>> wait(Duration patience) {
    if (!value_ && !given_up_) {
      signal_.expires_after(patience);
      co_await signal_.async_wait(boost::asio::as_tuple(boost::asio::use_awaitable));
    }
    co_return std::move(value_);
  }
  void give_up() {
    given_up_ = true;
    signal_.cancel();
  }

 private:
  void give(Value value) {
    if (value_) return;
    value_ = std::move(value);
    signal_.cancel();
  }

  boost::asio::steady_timer signal_;  // cancelled to say: look again
  std::optional<Value> value_;
  bool given_up_ = false;
};

}  // namespace starling::http
