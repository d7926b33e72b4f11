#include "sim/datagram_network.h"

#include <utility>

#include "sim/callback.h"

namespace starling::sim {
namespace {

constexpr size_t kIpv4UdpHeaders = 20 + 8;
constexpr size_t kIpv6UdpHeaders = 40 + 8;
// A pooled buffer above this goes back to the allocator, so that a few giants do not stay for ever.
constexpr size_t kPooledCapacityMax = 4096;

size_t ip_bytes(const Endpoint& to, size_t payload_bytes) {
  return payload_bytes + (to.is_ipv4() ? kIpv4UdpHeaders : kIpv6UdpHeaders);
}

}  // namespace

class DatagramNetwork::Socket final : public env::DatagramSocket {
 public:
  Socket(DatagramNetwork& network, HostId host, const Endpoint& local, Receive receive)
      : network_(&network), host_(host), local_(local), receive_(std::move(receive)) {}
  Socket(const Socket&) = delete;
  Socket& operator=(const Socket&) = delete;
  ~Socket() override {
    if (network_ != nullptr) network_->ports_.erase(host_, this);
  }

  void send(std::span<const env::OutgoingDatagram> datagrams) override {
    for (const env::OutgoingDatagram& datagram : datagrams) send_one(datagram);
  }
  [[nodiscard]] Endpoint local() const override { return local_; }
  [[nodiscard]] env::DatagramCounts counts() const override { return counts_; }

  void detach() { network_ = nullptr; }
  void receive(const Endpoint& from, ByteView bytes) {
    ++counts_.received;
    const env::ReceivedDatagram datagram{from, bytes};
    receive_({&datagram, 1});
  }

 private:
  void send_one(const env::OutgoingDatagram& datagram) {
    const std::optional<Endpoint> from = source(datagram.to);
    if (!from) {
      ++counts_.dropped_error;
      return;
    }
    const PacketFate fate = network_->transmit(host_, *from, datagram.to, datagram.bytes);
    ++(fate == PacketFate::too_big ? counts_.dropped_too_big : counts_.sent);
  }
  // Empty when the socket is dead or its address is not the host's any more.
  [[nodiscard]] std::optional<Endpoint> source(const Endpoint& to) const {
    if (network_ == nullptr || local_.is_ipv4() != to.is_ipv4()) return std::nullopt;
    const AddressTable& addresses = network_->fabric_.addresses;
    if (local_.is_unspecified()) return addresses.source(host_, to, local_.port);
    if (!addresses.has(host_, local_)) return std::nullopt;
    return local_;
  }

  DatagramNetwork* network_;  // null: the host crashed
  HostId host_;
  Endpoint local_;
  Callback<std::span<const env::ReceivedDatagram>> receive_;
  env::DatagramCounts counts_;
};

std::expected<std::unique_ptr<env::DatagramSocket>, env::SocketError> DatagramNetwork::open(
    HostId host, const Endpoint& local, env::DatagramSocket::Receive receive) {
  if (const auto refusal = fabric_.addresses.refuses_to_bind(host, local)) {
    return std::unexpected(*refusal);
  }
  const auto chosen = ports_.choose(host, local);
  if (!chosen) return std::unexpected(chosen.error());
  auto socket = std::make_unique<Socket>(*this, host, *chosen, std::move(receive));
  ports_.insert(host, *chosen, socket.get());
  return socket;
}

void DatagramNetwork::inject(HostId via, const Endpoint& source, const Endpoint& to,
                             ByteView bytes) {
  fabric_.counts.add(PacketFate::injected);
  transmit(via, source, to, bytes);
}

void DatagramNetwork::crash(HostId host) {
  for (Socket* socket : ports_.take_all(host)) socket->detach();
}

// Returns `sent` when it is on its way, otherwise why not; counts both.
PacketFate DatagramNetwork::transmit(HostId via, const Endpoint& from, const Endpoint& to,
                                     ByteView bytes) {
  const HostId receiver = fabric_.route(via, to);
  const Instant now = fabric_.queue.now();
  const uint16_t kind = bytes.empty() ? kEmptyDatagramKind : uint16_t{bytes.front()};
  fabric_.trace.add({now, via, receiver, static_cast<uint32_t>(bytes.size()), kind});
  fabric_.counts.add(PacketFate::sent);
  PacketFate fate = PacketFate::sent;
  Transit transit;
  if (bytes.size() > kPayloadMax) {
    fate = PacketFate::too_big;
  } else if (receiver == kNoHost) {
    fate = PacketFate::no_such_address;
  } else {
    transit = fabric_.paths.transit(now, via, receiver, ip_bytes(to, bytes.size()));
    if (transit.drop) fate = *transit.drop;
  }
  if (fate != PacketFate::sent) {
    fabric_.counts.add(fate);
    return fate;
  }
  if (transit.reordered) fabric_.counts.add(PacketFate::reordered);
  carry(transit.arrival, receiver, from, to, bytes);
  if (transit.copy_arrival) {
    fabric_.counts.add(PacketFate::duplicated);
    carry(*transit.copy_arrival, receiver, from, to, bytes);
  }
  return fate;
}

void DatagramNetwork::carry(Instant arrival, HostId receiver, const Endpoint& from,
                            const Endpoint& to, ByteView bytes) {
  if (free_packets_.empty()) {
    free_packets_.push_back(static_cast<uint32_t>(packets_.size()));
    packets_.emplace_back();
  }
  const uint32_t index = free_packets_.back();
  free_packets_.pop_back();
  Packet& packet = packets_[index];
  packet.from = from;
  packet.to = to;
  packet.receiver = receiver;
  packet.bytes.assign(bytes.begin(), bytes.end());
  fabric_.queue.schedule(arrival, [this, index] { arrive(index); });
}

void DatagramNetwork::arrive(uint32_t index) {
  // The receiver may send, and so move packets_: its view is of a buffer taken out.
  Bytes bytes = std::move(packets_[index].bytes);
  const Packet packet{packets_[index].from, packets_[index].to, packets_[index].receiver, {}};
  fabric_.counts.add(deliver(packet, bytes));
  if (bytes.capacity() > kPooledCapacityMax) bytes = {};
  packets_[index].bytes = std::move(bytes);
  free_packets_.push_back(index);
}

PacketFate DatagramNetwork::deliver(const Packet& packet, ByteView bytes) {
  if (!fabric_.addresses.has(packet.receiver, packet.to)) return PacketFate::address_gone;
  Socket* socket = ports_.find(packet.receiver, packet.to);
  if (socket == nullptr) return PacketFate::not_listening;
  socket->receive(packet.from, bytes);
  return PacketFate::delivered;
}

}  // namespace starling::sim
