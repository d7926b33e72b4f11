// os/linux/datagram_reader.h - reads a datagram socket in batches when the event loop finds it readable.
//
// How:      one recvmmsg per round, one callback per round; trains that the kernel joined (UDP_GRO) are
//           taken apart into the datagrams that were sent.
// Bounds:   kRoundsMax rounds for one wake-up, so that a flood on one socket cannot starve timers and
//           other sockets; what is left is read after them.
// Lifetime: the callback may destroy this object.
#pragma once

#include <memory>

#include "env/socket.h"
#include "os/event_loop.h"
#include "os/linux/read_watch.h"

namespace starling::os {

class DatagramReader {
 public:
  struct Limits {
    size_t messages_per_round;
    size_t message_size_max;  // a larger message is dropped
  };
  static constexpr size_t kRoundsMax = 16;

  // `loop` and `socket` are borrowed; the socket must be non-blocking and stay open as long as this
  // object lives.
  DatagramReader(EventLoop& loop, int socket, Limits limits, env::DatagramSocket::Receive receive);
  ~DatagramReader();
  DatagramReader(const DatagramReader&) = delete;
  DatagramReader& operator=(const DatagramReader&) = delete;

  [[nodiscard]] uint64_t received() const;

 private:
  struct State;
  std::shared_ptr<State> state_;
  ReadWatch watch_;
};

}  // namespace starling::os
