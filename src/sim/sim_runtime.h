// sim/sim_runtime.h - env::Runtime in virtual time, for one host from its start to its crash.
//
// Life:    World owns it, and keeps it after the crash, because the dead application may still hold it. Timers, sockets
//          and streams made by it must be gone before the World. After kill() nothing fires, completes or is sent; a
//          dead runtime opens nothing (SocketError::closed).
// Threads: single owner; post() too, unlike in production.
#pragma once

#include <map>

#include "env/runtime.h"
#include "sim/network.h"
#include "sim/sim_blob_store.h"
#include "sim/sim_file_store.h"
#include "sim/sim_table_store.h"

namespace starling::sim {

// By subject; as crypto::encode(WorkProof) writes them.
using KnownWorkProofs = std::map<Bytes, Bytes>;

class SimRuntime final : public env::Runtime {
 public:
  // That the work behind a proof takes here.
  static constexpr Duration kWorkTime = 6s;

  struct Surroundings {
    EventQueue& queue;
    Network& network;
    SimDisk& disk;
    SimTables& tables;
    SimBlobs& blobs;
    const KnownWorkProofs& work_proofs;
    Instant started;           // of the world, not of the host
    WallTime wall_at_started;  // the true one
  };

  // `random_seed` must differ for each life of each host: keys and nonces come from it.
  SimRuntime(const Surroundings& surroundings, HostId host, uint64_t random_seed,
             Duration clock_error);
  SimRuntime(const SimRuntime&) = delete;
  SimRuntime& operator=(const SimRuntime&) = delete;

  [[nodiscard]] Instant now() const override { return around_.queue.now(); }
  // The true time plus the host's clock error, rounded down.
  [[nodiscard]] WallTime wall_now() const override;
  crypto::SecureRandom& secure_random() override { return random_; }
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

  // There are no names in the simulated world.
  void resolve(std::string host, std::function<void(std::vector<Endpoint>)> done) override;
  [[nodiscard]] std::vector<Endpoint> interface_addresses() const override;

  // Nothing is computed: what the world was told is found, and nothing else.
  void find_work_proof(Bytes subject, std::function<void(std::optional<Bytes>)> done) override;

  env::FileStore& files() override { return files_; }
  env::TableStore& tables() override { return tables_; }
  env::BlobStore& blobs() override { return blobs_; }

  [[nodiscard]] HostId host() const { return host_; }
  [[nodiscard]] bool alive() const { return alive_; }
  void set_clock_error(Duration error) { clock_error_ = error; }
  // Part of World::crash(), which also tells the network and the disk.
  void kill();

 private:
  class Timer;

  Surroundings around_;
  HostId host_;
  bool alive_ = true;
  bool working_ = false;
  Duration clock_error_;
  crypto::SeededRandom random_;
  SimFileStore files_;
  SimTableStore tables_;
  SimBlobStore blobs_;
};

}  // namespace starling::sim
