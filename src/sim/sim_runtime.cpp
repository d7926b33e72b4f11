#include "sim/sim_runtime.h"

#include <chrono>
#include <utility>

#include "base/check.h"
#include "sim/callback.h"

namespace starling::sim {

class SimRuntime::Timer final : public env::Timer {
 public:
  Timer(SimRuntime& runtime, std::function<void()> fire)
      : runtime_(runtime), fire_(std::move(fire)) {}
  Timer(const Timer&) = delete;
  Timer& operator=(const Timer&) = delete;
  ~Timer() override { runtime_.around_.queue.cancel(event_); }

  void arm(Instant when) override {
    // Cores arm again after each input, mostly for the same time.
    if (when == armed_for_ || !runtime_.alive()) return;
    runtime_.around_.queue.cancel(event_);
    armed_for_ = when;
    if (when != kNever) event_ = runtime_.around_.queue.schedule(when, [this] { fire(); });
  }

 private:
  void fire() {
    armed_for_ = kNever;
    if (runtime_.alive()) fire_();
  }

  SimRuntime& runtime_;
  Callback<> fire_;
  Instant armed_for_ = kNever;
  EventId event_;
};

SimRuntime::SimRuntime(const Surroundings& surroundings, HostId host, uint64_t random_seed,
                       Duration clock_error)
    : around_(surroundings),
      host_(host),
      clock_error_(clock_error),
      random_(random_seed),
      files_(surroundings.queue, surroundings.disk),
      tables_(surroundings.queue, surroundings.disk, surroundings.tables),
      blobs_(surroundings.queue, surroundings.disk, surroundings.blobs) {}

WallTime SimRuntime::wall_now() const {
  const auto elapsed =
      std::chrono::floor<std::chrono::seconds>(now() - around_.started + clock_error_);
  return {around_.wall_at_started.unix_seconds + elapsed.count()};
}

std::unique_ptr<env::Timer> SimRuntime::make_timer(std::function<void()> fire) {
  return std::make_unique<Timer>(*this, std::move(fire));
}

void SimRuntime::resolve(std::string, std::function<void(std::vector<Endpoint>)> done) {
  post([done = std::move(done)] { done({}); });
}

std::vector<Endpoint> SimRuntime::interface_addresses() const {
  return {around_.network.endpoint(host_, 0)};
}

void SimRuntime::post(std::function<void()> task) {
  if (!alive_) return;
  around_.queue.schedule(now(), [this, posted = std::move(task)] {
    if (alive_) posted();
  });
}

std::expected<std::unique_ptr<env::DatagramSocket>, env::SocketError> SimRuntime::open_datagram(
    const Endpoint& local, env::DatagramSocket::Receive receive) {
  if (!alive_) return std::unexpected(env::SocketError::closed);
  return around_.network.datagrams().open(host_, local, std::move(receive));
}

std::expected<std::unique_ptr<env::StreamListener>, env::SocketError> SimRuntime::listen_stream(
    const Endpoint& local, env::StreamListener::Accept accept) {
  if (!alive_) return std::unexpected(env::SocketError::closed);
  return around_.network.streams().listen(host_, local, std::move(accept));
}

std::expected<std::unique_ptr<env::StreamConnection>, env::SocketError> SimRuntime::connect_stream(
    const Endpoint& remote) {
  if (!alive_) return std::unexpected(env::SocketError::closed);
  return around_.network.streams().connect(host_, remote);
}

std::expected<std::unique_ptr<env::BeaconSocket>, env::SocketError> SimRuntime::open_beacon(
    uint16_t port, env::DatagramSocket::Receive receive) {
  if (!alive_) return std::unexpected(env::SocketError::closed);
  return around_.network.beacons().open(host_, port, std::move(receive));
}

void SimRuntime::find_work_proof(Bytes subject, std::function<void(std::optional<Bytes>)> done) {
  STARLING_CHECK(!working_);
  if (!alive_) return;
  working_ = true;
  around_.queue.schedule(
      now() + kWorkTime, [this, wanted = std::move(subject), done = std::move(done)] {
        if (!alive_) return;
        working_ = false;
        const auto known = around_.work_proofs.find(wanted);
        done(known == around_.work_proofs.end() ? std::nullopt : std::optional(known->second));
      });
}

void SimRuntime::kill() {
  alive_ = false;
  files_.kill();
  tables_.kill();
  blobs_.kill();
}

}  // namespace starling::sim
