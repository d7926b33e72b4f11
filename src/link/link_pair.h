// link/link_pair.h - for tests only: link layers in virtual time, joined by a network with faults.
//
// How:     node 0 and node 1 are there from the start, add_node() makes more. A packet leaves from its node's
//          present address and arrives at whoever has the destination's address then. Equal seeds, equal runs.
// Drive:   as link/link_layer.h says; checks each time that a timeout leaves no timer in the past.
// Faults:  per direction between two nodes; `tap` sees each packet at sending, may alter it or drop it.
#pragma once

#include <functional>
#include <map>

#include "base/check.h"
#include "link/link_node.h"

namespace starling::link {

struct Faults {
  Duration latency = 5ms;  // one way
  Duration jitter{};       // up to so much more
  double loss = 0;
  double duplication = 0;
  double reordering = 0;  // share of packets that take up to four times the latency
  size_t mtu = 1'472;     // longer packets vanish
  bool blocked = false;
};

// A packet on its way.
struct Flight {
  Endpoint source;
  PathId path;  // carrier and destination
  Bytes bytes;
};

class LinkPair {
 public:
  explicit LinkPair(uint64_t seed, const LinkConfig& first = {}, const LinkConfig& second = {})
      : rng_(seed), seed_(seed) {
    add_node(first);
    add_node(second);
  }

  LinkNode& add_node(const LinkConfig& config = {}) {
    nodes_.push_back(std::make_unique<LinkNode>(seed_ * 1'000 + nodes_.size() + 1, config));
    move_node(nodes_.size() - 1);
    return *nodes_.back();
  }
  LinkNode& node(size_t index) { return *nodes_.at(index); }
  [[nodiscard]] Instant now() const { return now_; }
  // Of packets from one node to another; what no node sent has the faults of node 0.
  Faults& faults(size_t from, size_t to) { return faults_[{from, to}]; }
  void set_faults(const Faults& faults) {
    for (size_t from = 0; from < nodes_.size(); ++from) {
      for (size_t to = 0; to < nodes_.size(); ++to) faults_[{from, to}] = faults;
    }
  }
  void set_blocked(bool blocked) {
    for (auto& [pair, faults] : faults_) faults.blocked = blocked;
  }
  // A fresh address that nobody had before; what is under way to the old one is lost.
  void move_node(size_t index) {
    ++addresses_used_;
    node(index).address = Endpoint::ipv4(10, static_cast<uint8_t>(addresses_used_ >> 16),
                                         static_cast<uint8_t>(addresses_used_ >> 8),
                                         static_cast<uint8_t>(addresses_used_), 7117);
  }
  [[nodiscard]] PathId path_to(size_t index) { return {kTestCarrier, node(index).address}; }

  void dial(size_t from, size_t to) {
    node(from).layer->dial(now_, node(to).key(), path_to(to));
    drain(from);
  }
  // The link of `at` to `peer`, if it has one.
  const Link* link(size_t at, size_t peer) { return node(at).layer->find(node(peer).key()); }
  LinkId link_id(size_t at, size_t peer) {
    const Link* found = link(at, peer);
    return found ? found->id() : LinkId{};
  }
  // Node 0 dials node 1. False when they have no link after `patience`.
  bool connect(Duration patience = 5s) {
    dial(0, 1);
    return run_until([&] { return link(0, 1) && link(1, 0); }, patience);
  }
  SendOutcome send_control(size_t from, size_t to, ByteView message) {
    const SendOutcome outcome = node(from).layer->send_control(now_, link_id(from, to), message);
    drain(from);
    return outcome;
  }
  SendOutcome send_datagram(size_t from, size_t to, Bytes bytes) {
    const SendOutcome outcome =
        node(from).layer->send_datagram(now_, link_id(from, to), std::move(bytes));
    drain(from);
    return outcome;
  }
  // Puts a packet on the network as if sent from `source`; neither tapped nor counted.
  void inject(const Endpoint& source, const Endpoint& destination, Bytes bytes,
              Duration delay = 5ms) {
    launch(now_ + delay, {source, {kTestCarrier, destination}, std::move(bytes)});
  }

  // After each command: as the owner of a layer has to do it.
  void drain(size_t index) {
    LinkNode& sender = node(index);
    sender.take_events();
    while (auto transmit = sender.layer->poll_transmit(now_)) send(index, std::move(*transmit));
  }

  void run_for(Duration duration) {
    const Instant end = now_ + duration;
    while (step(end)) {
    }
  }
  template <typename Condition>
  bool run_until(Condition condition, Duration patience) {
    const Instant end = now_ + patience;
    while (!condition()) {
      if (!step(end)) return condition();
    }
    return true;
  }

  // Sees each packet that a node sends; false drops it.
  std::function<bool(Flight&)> tap;
  // Where no node is: packets to these addresses are kept here.
  std::map<Endpoint, std::vector<Bytes>> mailboxes;
  // The packets under way.
  std::multimap<Instant, Flight> flights;

 private:
  // One packet or timer; false when nothing is left before `end`, which is then the time.
  bool step(Instant end) {
    const Instant arrival = flights.empty() ? kNever : flights.begin()->first;
    size_t timer_of = 0;
    Instant timer = kNever;
    for (size_t i = 0; i < nodes_.size(); ++i) {
      const Instant next = node(i).running ? node(i).layer->next_timeout() : kNever;
      if (next < timer) timer = next, timer_of = i;
    }
    if (std::min(arrival, timer) > end) {
      now_ = std::max(now_, end);
      return false;
    }
    now_ = std::max(now_, std::min(arrival, timer));
    if (arrival <= timer) {
      deliver(flights.extract(flights.begin()).mapped());
      return true;
    }
    node(timer_of).layer->handle_timeout(now_);
    drain(timer_of);
    // Otherwise the owner would spin.
    STARLING_CHECK(node(timer_of).layer->next_timeout() > now_);
    return true;
  }

  void send(size_t from, Transmit transmit) {
    Flight flight{node(from).address, transmit.path, std::move(transmit.packet)};
    if (tap && !tap(flight)) return;
    const Faults& faults = faults_[{from, index_at(flight.path.remote).value_or(0)}];
    if (faults.blocked || flight.bytes.size() > faults.mtu || rng_.chance(faults.loss)) return;
    if (rng_.chance(faults.duplication)) launch(now_ + delay(faults), flight);
    launch(now_ + delay(faults), std::move(flight));
  }
  Duration delay(const Faults& faults) {
    Duration delay = faults.latency;
    if (faults.jitter > 0ns)
      delay += Duration(rng_.below(static_cast<uint64_t>(faults.jitter.count())));
    if (rng_.chance(faults.reordering))
      delay += Duration(rng_.below(3 * static_cast<uint64_t>(faults.latency.count()) + 1));
    return delay;
  }
  void launch(Instant arrival, Flight flight) { flights.emplace(arrival, std::move(flight)); }

  void deliver(const Flight& flight) {
    const auto index = index_at(flight.path.remote);
    if (!index) {
      if (const auto box = mailboxes.find(flight.path.remote); box != mailboxes.end())
        box->second.push_back(flight.bytes);
      return;
    }
    if (!node(*index).running) return;
    node(*index).layer->handle_packet(now_, {flight.path.carrier, flight.source}, flight.bytes);
    drain(*index);
  }
  std::optional<size_t> index_at(const Endpoint& address) {
    for (size_t i = 0; i < nodes_.size(); ++i) {
      if (node(i).address == address) return i;
    }
    return std::nullopt;
  }

  Rng rng_;
  uint64_t seed_;
  Instant now_{1h};
  uint32_t addresses_used_ = 0;
  std::vector<std::unique_ptr<LinkNode>> nodes_;
  std::map<std::pair<size_t, size_t>, Faults> faults_;
};

}  // namespace starling::link
