#include "sim/beacon_network.h"

#include <algorithm>
#include <utility>

#include "sim/callback.h"

namespace starling::sim {
namespace {

Endpoint any_address(uint16_t port) { return Endpoint::ipv4(0, 0, 0, 0, port); }

}  // namespace

class BeaconNetwork::Socket final : public env::BeaconSocket {
 public:
  Socket(BeaconNetwork& network, HostId host, uint16_t port, env::DatagramSocket::Receive receive)
      : network_(&network), host_(host), port_(port), receive_(std::move(receive)) {}
  Socket(const Socket&) = delete;
  Socket& operator=(const Socket&) = delete;
  ~Socket() override {
    if (network_ != nullptr) network_->ports_.erase(host_, this);
  }

  void send(ByteView bytes) override {
    if (network_ != nullptr) network_->send(host_, port_, bytes);
  }

  void detach() { network_ = nullptr; }
  void receive(const Endpoint& from, ByteView bytes) {
    const env::ReceivedDatagram datagram{from, bytes};
    receive_({&datagram, 1});
  }

 private:
  BeaconNetwork* network_;  // null: the host crashed
  HostId host_;
  uint16_t port_;
  Callback<std::span<const env::ReceivedDatagram>> receive_;
};

void BeaconNetwork::add_host() {
  ports_.add_host();
  lans_.emplace_back();
}

void BeaconNetwork::set_lan(HostId host, std::optional<uint32_t> group) {
  std::optional<uint32_t>& lan = lans_[index_of(host)];
  if (lan) std::erase(members_[*lan], host);
  lan = group;
  if (!group) return;
  std::vector<HostId>& members = members_[*group];
  members.insert(std::upper_bound(members.begin(), members.end(), host), host);
}

std::expected<std::unique_ptr<env::BeaconSocket>, env::SocketError> BeaconNetwork::open(
    HostId host, uint16_t port, env::DatagramSocket::Receive receive) {
  const auto chosen = ports_.choose(host, any_address(port));
  if (!chosen) return std::unexpected(chosen.error());
  auto socket = std::make_unique<Socket>(*this, host, chosen->port, std::move(receive));
  ports_.insert(host, *chosen, socket.get());
  return socket;
}

void BeaconNetwork::crash(HostId host) {
  for (Socket* socket : ports_.take_all(host)) socket->detach();
}

void BeaconNetwork::send(HostId from, uint16_t port, ByteView bytes) {
  const std::optional<uint32_t> lan = lans_[index_of(from)];
  const std::optional<Endpoint> source = fabric_.addresses.source(from, any_address(0), port);
  if (!lan || !source) return;
  const Instant now = fabric_.queue.now();
  for (const HostId to : members_[*lan]) {
    fabric_.trace.add({now, from, to, static_cast<uint32_t>(bytes.size()), kBeaconKind});
    fabric_.counts.add(PacketFate::sent);
    if (bytes.size() > kPayloadMax) {
      fabric_.counts.add(PacketFate::too_big);
    } else if (fabric_.paths.blocked(from, to)) {
      fabric_.counts.add(PacketFate::blocked);
    } else {
      fabric_.queue.schedule(now + kLanDelay, [this, to, sender = *source, copy = copy_of(bytes)] {
        arrive(to, sender, copy);
      });
    }
  }
}

void BeaconNetwork::arrive(HostId to, const Endpoint& from, ByteView bytes) {
  Socket* socket = ports_.find(to, any_address(from.port));
  fabric_.counts.add(socket == nullptr ? PacketFate::not_listening : PacketFate::delivered);
  if (socket != nullptr) socket->receive(from, bytes);
}

}  // namespace starling::sim
