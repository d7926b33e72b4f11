// env/socket.h - what a core's surroundings can do with sockets. Interfaces only; os/ and sim/ implement them.
//
// Threads: all calls and callbacks on the network thread. Callbacks come from the event loop, never from inside a
//          call of these interfaces.
// Views:   a ByteView given to a callback is valid until the callback returns.
#pragma once

#include <functional>
#include <memory>

#include "base/bytes.h"
#include "base/endpoint.h"

namespace starling::env {

enum class SocketError : uint8_t {
  address_in_use,
  address_not_available,
  not_permitted,
  unsupported,  // for example IPv6 on a machine without it
  refused,
  unreachable,
  closed,
  failed,
};

struct ReceivedDatagram {
  Endpoint from;
  ByteView bytes;
};
struct OutgoingDatagram {
  Endpoint to;
  ByteView bytes;
};
struct DatagramCounts {
  uint64_t sent = 0;
  uint64_t received = 0;
  uint64_t dropped_full = 0;     // the operating system had no room
  uint64_t dropped_too_big = 0;  // above the path's or the interface's MTU
  uint64_t dropped_error = 0;    // unreachable and all the rest
};

class DatagramSocket {
 public:
  using Receive = std::function<void(std::span<const ReceivedDatagram>)>;

  virtual ~DatagramSocket() = default;
  // Best effort, in order; what does not go out is dropped and counted. Never fragments below IP: a datagram above the
  // path MTU is dropped.
  virtual void send(std::span<const OutgoingDatagram> datagrams) = 0;
  [[nodiscard]] virtual Endpoint local() const = 0;
  [[nodiscard]] virtual DatagramCounts counts() const = 0;
};

// A byte stream. Destroying it closes it; no callback comes after that.
class StreamConnection {
 public:
  struct Handlers {
    std::function<void()> connected;  // for connect_stream only, once
    std::function<void(ByteView)> received;
    std::function<void(SocketError)> closed;  // once, last callback; by the peer or for an error
  };
  // Bytes that write() takes on before it refuses.
  static constexpr size_t kWriteBufferMax = 1 << 20;

  virtual ~StreamConnection() = default;
  // Must be called once, before any callback can come.
  virtual void set_handlers(Handlers handlers) = 0;
  // False, with nothing taken, when the buffer has no room for all of `bytes`.
  [[nodiscard]] virtual bool write(ByteView bytes) = 0;
  [[nodiscard]] virtual Endpoint remote() const = 0;
};

class StreamListener {
 public:
  using Accept = std::function<void(std::unique_ptr<StreamConnection>)>;
  virtual ~StreamListener() = default;
  [[nodiscard]] virtual Endpoint local() const = 0;
};

// Sends and receives on the local networks only (hop limit 1), on every interface that is up.
class BeaconSocket {
 public:
  virtual ~BeaconSocket() = default;
  // To the multicast group on every interface, IPv4 and IPv6.
  virtual void send(ByteView bytes) = 0;
};

}  // namespace starling::env
