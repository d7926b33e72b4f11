#include "os/asio_runtime.h"

#include "os/clock.h"
#include "os/linux/beacon_socket.h"
#include "os/linux/network_interfaces.h"
#include "os/linux/udp_socket.h"
#include "os/loop_timer.h"
#include "os/name_resolver.h"
#include "os/tcp.h"
#include "os/work_thread.h"

namespace starling::os {

using env::SocketError;

OsRuntime::OsRuntime(EventLoop& loop, Stores stores)
    : loop_(loop),
      stores_(std::move(stores)),
      resolver_(std::make_unique<NameResolver>(loop)),
      work_(std::make_unique<WorkThread>(loop)) {}

OsRuntime::~OsRuntime() = default;

Instant OsRuntime::now() const { return monotonic_now(); }

WallTime OsRuntime::wall_now() const { return os::wall_now(); }

crypto::SecureRandom& OsRuntime::secure_random() { return random_; }

std::unique_ptr<env::Timer> OsRuntime::make_timer(std::function<void()> fire) {
  return std::make_unique<LoopTimer>(loop_, std::move(fire));
}

void OsRuntime::post(std::function<void()> task) { loop_.post(std::move(task)); }

std::expected<std::unique_ptr<env::DatagramSocket>, SocketError> OsRuntime::open_datagram(
    const Endpoint& local, env::DatagramSocket::Receive receive) {
  return UdpSocket::open(loop_, local, std::move(receive));
}

std::expected<std::unique_ptr<env::StreamListener>, SocketError> OsRuntime::listen_stream(
    const Endpoint& local, env::StreamListener::Accept accept) {
  return TcpListener::open(loop_, local, std::move(accept));
}

std::expected<std::unique_ptr<env::StreamConnection>, SocketError> OsRuntime::connect_stream(
    const Endpoint& remote) {
  return TcpConnection::connect(loop_, remote);
}

std::expected<std::unique_ptr<env::BeaconSocket>, SocketError> OsRuntime::open_beacon(
    uint16_t port, env::DatagramSocket::Receive receive) {
  return MulticastBeaconSocket::open(loop_, port, std::move(receive));
}

void OsRuntime::resolve(std::string host, std::function<void(std::vector<Endpoint>)> done) {
  resolver_->resolve(std::move(host), std::move(done));
}

void OsRuntime::find_work_proof(Bytes subject, std::function<void(std::optional<Bytes>)> done) {
  work_->find(crypto::kWorkProofParameters, std::move(subject), std::move(done));
}

std::vector<Endpoint> OsRuntime::interface_addresses() const { return os::interface_addresses(); }

}  // namespace starling::os
