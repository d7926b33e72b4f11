// env/runtime.h - everything that a node takes from its surroundings: time, randomness, timers, sockets, files.
//
// Interface only: os/ runs a node on the operating system, sim/ runs thousands in virtual time. Network thread only.
#pragma once

#include <expected>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/time.h"
#include "crypto/secure_random.h"
#include "env/blob_store.h"
#include "env/file_store.h"
#include "env/socket.h"
#include "env/table_store.h"

namespace starling::env {

// Calls its function once at the time it was last armed for. Destroying it disarms.
class Timer {
 public:
  virtual ~Timer() = default;
  // Replaces an earlier time. kNever disarms. A time in the past fires as soon as the event loop turns.
  virtual void arm(Instant when) = 0;
};

class Runtime {
 public:
  virtual ~Runtime() = default;

  [[nodiscard]] virtual Instant now() const = 0;
  [[nodiscard]] virtual WallTime wall_now() const = 0;
  virtual crypto::SecureRandom& secure_random() = 0;
  virtual std::unique_ptr<Timer> make_timer(std::function<void()> fire) = 0;
  // Runs `task` on the network thread after the current callback. May be called from any thread.
  virtual void post(std::function<void()> task) = 0;

  // Port 0 lets the system choose; local() tells which.
  virtual std::expected<std::unique_ptr<DatagramSocket>, SocketError> open_datagram(
      const Endpoint& local, DatagramSocket::Receive receive) = 0;
  virtual std::expected<std::unique_ptr<StreamListener>, SocketError> listen_stream(
      const Endpoint& local, StreamListener::Accept accept) = 0;
  virtual std::expected<std::unique_ptr<StreamConnection>, SocketError> connect_stream(
      const Endpoint& remote) = 0;
  virtual std::expected<std::unique_ptr<BeaconSocket>, SocketError> open_beacon(
      uint16_t port, DatagramSocket::Receive receive) = 0;

  // Addresses of a host name, none when it has none; `done` comes later, never from inside the call. At most
  // kResolvesMax questions wait at once, further ones get none.
  virtual void resolve(std::string host, std::function<void(std::vector<Endpoint>)> done) = 0;
  static constexpr size_t kResolvesMax = 64;
  // Addresses of this computer's interfaces that are up, without loopback and link-local ones, port 0. When there are no
  // others, loopback.
  [[nodiscard]] virtual std::vector<Endpoint> interface_addresses() const = 0;

  // Works on `subject` (crypto::find_work_proof() at crypto::kWorkProofParameters) and calls `done` later, never from inside the
  // call: with the encoded proof, or with nothing when the work could not be done. Takes seconds of a processor that nobody
  // else wants, and 150 MiB. One at a time (checked). What is under way when the runtime ends is given up.
  virtual void find_work_proof(Bytes subject, std::function<void(std::optional<Bytes>)> done) = 0;

  virtual FileStore& files() = 0;
  virtual TableStore& tables() = 0;
  virtual BlobStore& blobs() = 0;
};

}  // namespace starling::env
