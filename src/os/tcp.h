// os/tcp.h - env::StreamConnection and env::StreamListener on TCP, without Nagle's delay.
//
// Threads:  network thread.
// Lifetime: each may be destroyed at any time, also inside its own callbacks; the callback under way
//           may finish, and what it captured and the bytes it was given stay valid until it returns.
#pragma once

#include <expected>
#include <memory>

#include "base/time.h"
#include "env/socket.h"
#include "os/event_loop.h"

namespace starling::os {

class TcpConnection final : public env::StreamConnection {
 public:
  // Errors are those of the local side; what the network answers comes as closed(error). Connecting
  // begins with set_handlers() and ends after the operating system's patience (minutes), so callers
  // that want less keep a timer.
  static std::expected<std::unique_ptr<TcpConnection>, env::SocketError> connect(
      EventLoop& loop, const Endpoint& remote);
  ~TcpConnection() override;
  TcpConnection(const TcpConnection&) = delete;
  TcpConnection& operator=(const TcpConnection&) = delete;

  void set_handlers(Handlers handlers) override;
  // Allowed before the connection stands. Also false once it is closed.
  [[nodiscard]] bool write(ByteView bytes) override;
  [[nodiscard]] Endpoint remote() const override;

 private:
  friend class TcpListener;
  struct State;
  explicit TcpConnection(std::shared_ptr<State> state);

  std::shared_ptr<State> state_;
};

class TcpListener final : public env::StreamListener {
 public:
  // Pause after an accept that failed, for example because the process has no descriptors left: the
  // waiting connection stays waiting, so that trying again at once would only burn the processor.
  static constexpr Duration kAcceptRetryDelay = 100ms;

  static std::expected<std::unique_ptr<TcpListener>, env::SocketError> open(EventLoop& loop,
                                                                            const Endpoint& local,
                                                                            Accept accept);
  ~TcpListener() override;
  TcpListener(const TcpListener&) = delete;
  TcpListener& operator=(const TcpListener&) = delete;

  [[nodiscard]] Endpoint local() const override;

 private:
  struct State;
  explicit TcpListener(std::shared_ptr<State> state);

  std::shared_ptr<State> state_;
};

}  // namespace starling::os
