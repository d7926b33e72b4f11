// os/asio_runtime.h - env::Runtime on the operating system: what a node in production lives on.
//
// Threads:  network thread, except post().
// Lifetime: timers and sockets made here may outlive the runtime but not the loop.
#pragma once

#include "env/runtime.h"
#include "os/event_loop.h"
#include "os/system_random.h"

namespace starling::os {

class NameResolver;
class WorkThread;

class OsRuntime final : public env::Runtime {
 public:
  struct Stores {
    std::unique_ptr<env::FileStore> files;
    std::unique_ptr<env::TableStore> tables;
    std::unique_ptr<env::BlobStore> blobs;
  };
  // `loop` is borrowed, the stores become the runtime's.
  OsRuntime(EventLoop& loop, Stores stores);
  ~OsRuntime() override;

  [[nodiscard]] Instant now() const override;
  [[nodiscard]] WallTime wall_now() const override;
  crypto::SecureRandom& secure_random() override;
  std::unique_ptr<env::Timer> make_timer(std::function<void()> fire) override;
  void post(std::function<void()> task) override;

  std::expected<std::unique_ptr<env::DatagramSocket>, env::SocketError> open_datagram(
      const Endpoint& local, env::DatagramSocket::Receive receive) override;
  std::expected<std::unique_ptr<env::StreamListener>, env::SocketError> listen_stream(
      const Endpoint& local, env::StreamListener::Accept accept) override;
  std::expected<std::unique_ptr<env::StreamConnection>, env::SocketError> connect_stream(
      const Endpoint& remote) override;
  std::expected<std::unique_ptr<env::BeaconSocket>, env::SocketError> open_beacon(
      uint16_t port, env::DatagramSocket::Receive receive) override;

  void resolve(std::string host, std::function<void(std::vector<Endpoint>)> done) override;
  [[nodiscard]] std::vector<Endpoint> interface_addresses() const override;

  void find_work_proof(Bytes subject, std::function<void(std::optional<Bytes>)> done) override;

  env::FileStore& files() override { return *stores_.files; }
  env::TableStore& tables() override { return *stores_.tables; }
  env::BlobStore& blobs() override { return *stores_.blobs; }

 private:
  EventLoop& loop_;
  SystemRandom random_;
  Stores stores_;
  std::unique_ptr<NameResolver> resolver_;
  std::unique_ptr<WorkThread> work_;
};

}  // namespace starling::os
