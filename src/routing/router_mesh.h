// routing/router_mesh.h - for tests only: routers joined by pipes in virtual time.
//
// How:     a link carries control messages reliably and in order, packets with loss, both with its delay. cut() and crash() stop
//          it at once; the routers learn of it after a detection time. Equal seeds give equal runs.
// Drive:   as the contract in routing/router.h says; that a timeout leaves no timer in the past is checked each time.
// Loops:   every packet is followed: that its water mark falls at each hop or uses up a rise is checked, nodes that it visits
//          twice are counted.
// Longer than usual: one harness in one place reads better than its parts would.
#pragma once

#include <functional>
#include <map>
#include <set>

#include "base/check.h"
#include "routing/router.h"

namespace starling::routing {

class RouterMesh {
 public:
  static constexpr Instant kStart{1000s};

  struct Link {
    size_t from = 0;
    size_t to = 0;
    Metric cost = 1;
    Duration delay = 1ms;
    double loss = 0;  // of packets
    bool carries = true;
    NeighbourId name;            // that `from` knows `to` by
    NeighbourId name_at_target;  // that `to` knows `from` by
  };
  struct Node {
    Node(uint64_t seed, const crypto::SigningSeed& its_key, const RouterConfig& its_config)
        : secure_random(seed), rng(seed), identity(its_key), config(its_config) {}
    crypto::SeededRandom secure_random;
    Rng rng;
    crypto::Identity identity;
    RouterConfig config;
    uint32_t epoch = 0;
    std::unique_ptr<Router> router;  // null while it is down
    Instant armed = kNever;

    std::map<uint64_t, Instant> echoes;  // nonce and when the answer came
    std::vector<EchoReceived> answers;
    std::vector<Delivered> delivered;
    std::vector<Undeliverable> undeliverable;
    std::vector<NeighbourId> faults;
    std::vector<uint32_t> newer_lives;
    std::vector<Address> addresses;
  };

  explicit RouterMesh(uint64_t seed) : secure_random_(seed), rng_(seed), seed_(seed) {}

  size_t add_node(const RouterConfig& config = {}) {
    return add_node(config, secure_random_.secret<crypto::SigningSeed>(), 0);
  }
  // One whose keys the test knows.
  size_t add_node(const RouterConfig& config, const crypto::Identity& identity) {
    return add_node(config, identity.seed(), 0);
  }
  // A second life of `of`, newer than that one, which goes on.
  size_t add_twin(size_t of) {
    return add_node(node(of).config, node(of).identity.seed(), node(of).epoch);
  }
  void connect(size_t a, size_t b, Metric cost, double loss = 0) {
    connect_with_delay(a, b, cost, std::chrono::milliseconds(cost), loss);
  }
  void connect_with_delay(size_t a, size_t b, Metric cost, Duration delay, double loss = 0) {
    const NeighbourId at_a{++names_used_};
    const NeighbourId at_b{++names_used_};
    links_[at_a] = {a, b, cost, delay, loss, true, at_a, at_b};
    links_[at_b] = {b, a, cost, delay, loss, true, at_b, at_a};
    names_[{a, b}] = at_a;
    names_[{b, a}] = at_b;
    router(a).add_neighbour(now_, at_a, node(b).identity.key(), cost);
    router(b).add_neighbour(now_, at_b, node(a).identity.key(), cost);
    drain(a);
    drain(b);
  }
  // Nothing passes any more; each side removes its neighbour after `detection`.
  void cut(size_t a, size_t b, Duration detection = {}) {
    for (const NeighbourId name : {name_of(a, b), name_of(b, a)}) {
      links_.at(name).carries = false;
      after(detection, [this, name] { remove(name); });
    }
  }
  void crash(size_t at, Duration detection) {
    node(at).router.reset();
    node(at).armed = kNever;
    std::vector<NeighbourId> ends;
    for (const auto& [name, link] : links_) {
      if (link.from == at || link.to == at) ends.push_back(name);
    }
    for (const NeighbourId name : ends) {
      links_.at(name).carries = false;
      after(detection, [this, name] { remove(name); });
    }
  }
  // A new life without links. Pre: crashed, and its neighbours know.
  void start(size_t at) {
    Node& started = node(at);
    ++started.epoch;
    started.router = std::make_unique<Router>(started.config, started.identity, started.epoch,
                                              started.rng, started.secure_random, now_);
    drain(at);
  }
  void propose_cost(size_t a, size_t b, Metric cost) {
    router(a).propose_cost(now_, name_of(a, b), cost);
    router(b).propose_cost(now_, name_of(b, a), cost);
    links_.at(name_of(a, b)).cost = links_.at(name_of(b, a)).cost = cost;
    drain(a);
    drain(b);
  }

  // Sends an echo; where the source knows no way, the address comes from the target itself, as it would from the directory.
  uint64_t ping(size_t from, size_t to) {
    const uint64_t nonce = ++nonces_used_;
    const crypto::NodeId target = id(to);
    if (router(from).ping(now_, target, nonce) == Router::SendResult::no_way && is_up(to)) {
      ++lookups;
      router(from).learn_address(now_, target, router(to).address(), now_ + 2h);
      router(from).ping(now_, target, nonce);
    }
    drain(from);
    return nonce;
  }
  [[nodiscard]] bool answered(size_t from, uint64_t nonce) {
    return node(from).echoes.contains(nonce);
  }
  // `bytes` arrive at `to` as if `from` had said them.
  void inject_control(size_t from, size_t to, const Bytes& bytes) {
    router(to).handle_control(now_, name_of(to, from), bytes);
    drain(to);
  }
  void inject_packet(size_t from, size_t to, const Bytes& bytes) {
    router(to).handle_packet(now_, name_of(to, from), bytes);
    drain(to);
  }

  void run_for(Duration duration) {
    const Instant end = now_ + duration;
    while (!events_.empty() && events_.begin()->first <= end) {
      auto event = events_.extract(events_.begin());
      now_ = event.key();
      event.mapped()();
    }
    now_ = end;
  }
  bool run_until(const std::function<bool()>& done, Duration limit) {
    const Instant end = now_ + limit;
    while (!done()) {
      if (now_ >= end) return false;
      run_for(std::min<Duration>(10ms, end - now_));
    }
    return true;
  }
  void after(Duration delay, std::function<void()> what) {
    events_.emplace(now_ + delay, std::move(what));
  }
  // Carries out what the router of `at` wants; call after using it directly.
  void drain(size_t at) { drain(at, nullptr); }

  [[nodiscard]] Instant now() const { return now_; }
  [[nodiscard]] size_t size() const { return nodes_.size(); }
  Node& node(size_t at) { return *nodes_.at(at); }
  Router& router(size_t at) { return *node(at).router; }
  [[nodiscard]] bool is_up(size_t at) const { return nodes_.at(at)->router != nullptr; }
  crypto::NodeId id(size_t at) { return crypto::node_id_of(node(at).identity.key()); }
  [[nodiscard]] NeighbourId name_of(size_t at, size_t neighbour) const {
    return names_.at({at, neighbour});
  }
  Link& link(size_t from, size_t to) { return links_.at(name_of(from, to)); }
  [[nodiscard]] const std::map<NeighbourId, Link>& links() const { return links_; }
  // Sum of a counter over all nodes that are up.
  [[nodiscard]] uint64_t count(RouterCounter counter) const {
    uint64_t sum = 0;
    for (const auto& each : nodes_) sum += each->router ? each->router->counters().of(counter) : 0;
    return sum;
  }

  // Sees each control message when it leaves; returning false drops it.
  std::function<bool(const Link&, const Bytes&)> control_tap;
  std::function<bool(const Link&, const Bytes&)> packet_tap;
  uint64_t lookups = 0;
  uint64_t control_messages = 0;
  uint64_t packets = 0;
  uint64_t rises = 0;
  uint64_t loops = 0;               // a node visited twice by one packet
  uint64_t loops_without_rise = 0;  // and no rise in between

 private:
  // Where one packet has been, and how many rises it had left when it left each node.
  using Trail = std::map<size_t, uint8_t>;

  size_t add_node(const RouterConfig& config, const crypto::SigningSeed& key, uint32_t epoch) {
    nodes_.push_back(std::make_unique<Node>(seed_ * 100'000 + nodes_.size() + 1, key, config));
    nodes_.back()->config.checked = &checked_;
    nodes_.back()->epoch = epoch;
    start(nodes_.size() - 1);
    return nodes_.size() - 1;
  }

  void remove(NeighbourId name) {
    const auto entry = links_.find(name);
    if (entry == links_.end()) return;
    const size_t at = entry->second.from;
    const auto named = names_.find({at, entry->second.to});
    if (named != names_.end() && named->second == name) names_.erase(named);
    links_.erase(entry);
    if (!is_up(at)) return;
    router(at).remove_neighbour(now_, name);
    drain(at);
  }

  void drain(size_t at, const std::pair<Bytes, Trail>* handled) {
    if (!is_up(at)) return;
    while (auto output = router(at).poll_output()) take(at, *output, handled);
    arm(at);
  }
  void arm(size_t at) {
    const Instant next = router(at).next_timeout();
    if (next == node(at).armed || next == kNever) return;
    node(at).armed = next;
    events_.emplace(std::max(next, now_), [this, at, next] { fire(at, next); });
  }
  void fire(size_t at, Instant armed) {
    if (!is_up(at) || node(at).armed != armed) return;
    node(at).armed = kNever;
    router(at).handle_timeout(now_);
    while (auto output = router(at).poll_output()) take(at, *output, nullptr);
    STARLING_CHECK(router(at).next_timeout() > now_);
    arm(at);
  }

  void take(size_t at, RouterOutput& output, const std::pair<Bytes, Trail>* handled) {
    Node& from = node(at);
    if (auto* control = std::get_if<SendControl>(&output)) {
      send_control(*control);
    } else if (auto* packet = std::get_if<SendPacket>(&output)) {
      send_packet(at, *packet, handled);
    } else if (auto* echo = std::get_if<EchoReceived>(&output)) {
      from.echoes.emplace(echo->nonce, now_);
      from.answers.push_back(std::move(*echo));
    } else if (auto* delivered = std::get_if<Delivered>(&output)) {
      from.delivered.push_back(std::move(*delivered));
    } else if (auto* lost = std::get_if<Undeliverable>(&output)) {
      from.undeliverable.push_back(std::move(*lost));
    } else if (auto* fault = std::get_if<NeighbourAtFault>(&output)) {
      from.faults.push_back(fault->neighbour);
    } else if (auto* newer = std::get_if<NewerLifeSeen>(&output)) {
      from.newer_lives.push_back(newer->epoch);
    } else if (auto* changed = std::get_if<AddressChanged>(&output)) {
      from.addresses.push_back(std::move(changed->address));
    } else if (auto* begun = std::get_if<EpochBegun>(&output)) {
      from.epoch = begun->epoch;
    }
  }

  void send_control(SendControl& control) {
    const auto entry = links_.find(control.neighbour);
    if (entry == links_.end()) return;
    const Link& link = entry->second;
    ++control_messages;
    if (!link.carries || (control_tap && !control_tap(link, control.message))) return;
    after(link.delay, [this, name = link.name, bytes = std::move(control.message)] {
      const auto on = links_.find(name);
      if (on == links_.end() || !on->second.carries) return;
      const size_t to = on->second.to;
      router(to).handle_control(now_, on->second.name_at_target, bytes);
      drain(to);
    });
  }

  void send_packet(size_t at, SendPacket& sent, const std::pair<Bytes, Trail>* handled) {
    const auto entry = links_.find(sent.neighbour);
    if (entry == links_.end()) return;
    const Link& link = entry->second;
    ++packets;
    Trail trail = follow(at, sent.packet, handled);
    if (!link.carries || rng_.chance(link.loss)) return;
    if (packet_tap && !packet_tap(link, sent.packet)) return;
    auto flight =
        std::make_shared<std::pair<Bytes, Trail>>(std::move(sent.packet), std::move(trail));
    after(link.delay, [this, name = link.name, flight, sealed_from = sent.sealed_from] {
      const auto on = links_.find(name);
      if (on == links_.end() || !on->second.carries) return;
      const size_t to = on->second.to;
      const NeighbourId name_there = on->second.name_at_target;
      const ByteView bytes = flight->first;
      if (sealed_from > 0) {
        router(to).handle_sealed(now_, name_there, bytes.first(sealed_from),
                                 copy_of(bytes.subspan(sealed_from)));
      } else {
        router(to).handle_packet(now_, name_there, bytes);
      }
      drain(to, flight.get());
    });
  }
  // The trail of what leaves `at`: a new one, unless it is the packet that `at` has just handled.
  Trail follow(size_t at, const Bytes& bytes, const std::pair<Bytes, Trail>* handled) {
    const auto packet = decode_mesh_packet(bytes);
    STARLING_CHECK(packet.has_value());
    Trail trail;
    if (handled) {
      const auto before = decode_mesh_packet(handled->first);
      const bool same = before && before->kind == packet->kind && before->nonce == packet->nonce &&
                        before->source == packet->source &&
                        before->destination == packet->destination &&
                        same_bytes(before->payload, packet->payload);
      const bool rose = same && packet->rises_left < before->rises_left;
      STARLING_CHECK(!same || rose || packet->water < before->water);
      if (same) trail = handled->second;
      if (rose) ++rises;
    }
    if (const auto visit = trail.find(at); visit != trail.end()) {
      ++loops;
      if (visit->second == packet->rises_left) ++loops_without_rise;
    }
    trail[at] = packet->rises_left;
    return trail;
  }

  crypto::CheckedClaims checked_;
  crypto::SeededRandom secure_random_;
  Rng rng_;
  uint64_t seed_;
  Instant now_ = kStart;
  uint32_t names_used_ = 0;
  uint64_t nonces_used_ = 0;
  std::vector<std::unique_ptr<Node>> nodes_;
  std::map<NeighbourId, Link> links_;
  std::map<std::pair<size_t, size_t>, NeighbourId> names_;
  std::multimap<Instant, std::function<void()>> events_;
};

}  // namespace starling::routing
