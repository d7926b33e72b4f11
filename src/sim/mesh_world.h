// sim/mesh_world.h - routing and directory of production nodes over modelled links, by the ten thousands.
//
// Why:     World runs whole nodes with their real links, sessions and disks; here a link is only what routing sees of it:
//          control messages come late but all and in order, packets may get lost, a silent end is found out after a while.
// How:     nodes are spread over shards, one thread each, which run windows of virtual time as long as the shortest latency
//          side by side: nothing that a node sends arrives in the same window. Equal seeds give equal runs, whatever the
//          number of threads.
// Model:   lost control messages are sent again after max(2 x latency, 50 ms); a dead neighbour is found out 4 x max(8 x
//          latency, 100 ms) after something was sent to it, or when the link has been idle for up to 10 s (link/liveness.h).
// Threads: single owner; it has its own inside run_*().
#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "base/rng.h"
#include "node/mesh_core.h"
#include "sim/mesh_events.h"

namespace starling::sim {

struct MeshWorldOptions {
  uint64_t seed = 1;
  unsigned threads = 2;  // 1 to 64
  // Without it addresses come from the nodes themselves, and nodes are routers only.
  bool directory = true;
  // No link is faster.
  Duration window = 500us;
};

struct MeshLinkShape {
  Duration latency = 10ms;  // one way; at least the world's window
  Duration jitter{};        // uniform, on top
  double loss = 0;          // of packets, and of transmissions of control messages
};

// What a node does that a correct one would not.
enum class MeshBehaviour : uint8_t {
  correct,
  silent,      // answers no directory question, nor passes one on
  black_hole,  // the same, and passes no packet on
  flooder,     // the same, and MeshWorld::flood() makes it announce itself anew
  liar,        // the same, and understates distances
};

class MeshWorld {
 public:
  static constexpr Instant kStart{1000s};

  explicit MeshWorld(const MeshWorldOptions& options);
  ~MeshWorld();
  MeshWorld(const MeshWorld&) = delete;
  MeshWorld& operator=(const MeshWorld&) = delete;

  // Not yet started; returns its number. `seed`: of its key; 0: from its number.
  uint32_t add_node(const routing::RouterConfig& config = {}, uint64_t seed = 0);
  // A new life, newer than the last. At once, like everything here, but not before the world runs on.
  void start(uint32_t node);
  void crash(uint32_t node);
  // Both ends learn of the link at once. Replaces an earlier one between the two. Pre: both have been started.
  void connect(uint32_t a, uint32_t b, const MeshLinkShape& shape);
  // Both ends learn of it at once.
  void disconnect(uint32_t a, uint32_t b);
  // Nothing passes any more, and both have to find out.
  void cut(uint32_t a, uint32_t b);
  // The link from `a` to `b`: its latency from now on, and what both propose as its cost.
  void set_latency(uint32_t a, uint32_t b, Duration latency);
  // What `a` proposes to `b` from now on.
  void propose_cost(uint32_t a, uint32_t b, routing::Metric cost);
  // One direction only, while the link lasts: what it takes longer than the other, and what it loses more.
  void worsen(uint32_t from, uint32_t to, Duration latency, double loss);
  // A flooder says to all its neighbours that it lives anew. Pre: it is up.
  void flood(uint32_t node);
  void set_behaviour(uint32_t node, MeshBehaviour behaviour) {
    nodes_[node]->behaviour = behaviour;
  }

  void run_for(Duration duration) { run_until(now_ + duration); }
  void run_until(Instant end);

  // Pre of these: the node is up. After using a router or core directly: drain().
  node::MeshCore* core(uint32_t node) { return nodes_[node]->core.get(); }
  routing::Router& router(uint32_t node);
  [[nodiscard]] const routing::Router& router(uint32_t node) const;
  void drain(uint32_t node);
  // Asks for an echo once, as node::Pinger does after so many silent tries.
  void ask_once(uint32_t from, uint32_t to, uint64_t nonce, size_t silent_tries = 0);
  // What comes back of that, by nonce; called from the thread of the node that asked.
  std::function<void(uint32_t node, Instant at, const routing::EchoReceived& echo)> on_echo;

  [[nodiscard]] Instant now() const { return now_; }
  [[nodiscard]] uint32_t size() const { return static_cast<uint32_t>(nodes_.size()); }
  [[nodiscard]] bool is_up(uint32_t node) const { return nodes_[node]->is_up(); }
  // Also when it is about to be up.
  [[nodiscard]] bool is_started(uint32_t node) const { return nodes_[node]->started; }
  [[nodiscard]] MeshBehaviour behaviour(uint32_t node) const { return nodes_[node]->behaviour; }
  // Of a node that is added with that seed of its key.
  static crypto::NodeId id_of_seed(uint64_t seed);
  static routing::Priority priority_of_seed(uint64_t seed);
  [[nodiscard]] crypto::NodeId id(uint32_t node) const { return nodes_[node]->id; }
  [[nodiscard]] bool is_linked(uint32_t a, uint32_t b) const { return find_half(a, b) != nullptr; }
  struct LinkView {
    uint32_t peer;
    routing::Metric cost;
    bool carries;
  };
  [[nodiscard]] std::vector<LinkView> links_of(uint32_t node) const;
  // For draws of a scenario; independent of all others.
  Rng& rng() { return rng_; }

  struct Totals {
    uint64_t events = 0;
    uint64_t control_messages = 0;
    uint64_t control_bytes = 0;  // as the link's control channel gets them
    uint64_t packets = 0;
    uint64_t packet_bytes = 0;
    uint64_t faults = 0;  // links closed because a neighbour broke the protocol
  };
  [[nodiscard]] Totals totals() const;
  // Over what each node received, in order.
  [[nodiscard]] uint64_t trace_hash() const;

 private:
  // One end of a link.
  struct Half {
    uint64_t link = 0;
    uint32_t peer = 0;
    MeshLinkShape shape;
    routing::Metric cost = 1;
    bool carries = true;
    bool suspected = false;
    Instant control_free;  // when the last control message under way arrives
  };
  struct Node {
    Node(uint64_t seed, uint64_t key_seed);
    [[nodiscard]] bool is_up() const { return core != nullptr || bare != nullptr; }

    crypto::SeededRandom secure_random;
    crypto::Identity identity;
    crypto::NodeId id;
    Rng rng;
    Rng channel;  // what happens to what it sends
    routing::RouterConfig config;
    uint32_t epoch = 0;
    uint32_t flooded = 0;  // epochs that were only said to have begun
    bool started = false;
    MeshBehaviour behaviour = MeshBehaviour::correct;
    std::unique_ptr<node::MeshCore> core;
    std::unique_ptr<routing::Router> bare;  // without a directory
    Instant armed = kNever;
    uint64_t caused = 0;
    uint64_t trace = 0;
    std::vector<Half> halves;
  };
  struct Shard {
    explicit Shard(const MeshWorldOptions& options);
    MeshEvents events;
    std::vector<std::vector<MeshEvent>> outbox;  // by shard
    crypto::CheckedClaims checked;
    Totals totals;
  };

  [[nodiscard]] size_t shard_of(uint32_t node) const { return node % shards_.size(); }
  [[nodiscard]] Half* find_half(uint32_t node, uint32_t peer) const;
  static Half* find_link(Node& node, uint64_t link);
  void push_from_world(MeshEvent&& event);
  // `from` is the number of the node that causes it.
  void push(uint32_t from, MeshEvent&& event);
  void run_shard(size_t shard, uint64_t window);
  void deliver_outboxes();
  void handle(const MeshEvent& event);
  void handle_start(Node& node, uint32_t number, Instant at);
  void handle_packet(Node& node, const MeshEvent& event);
  void drain_outputs(Node& node, uint32_t number, Instant at);
  void take(Node& node, uint32_t number, Instant at, routing::RouterOutput& output);
  void send_control(Node& node, uint32_t number, Instant at, routing::SendControl& control);
  void send_packet(Node& node, uint32_t number, Instant at, routing::SendPacket& packet);
  void note_sent(Node& node, uint32_t number, Instant at, Half& half);
  Totals& totals_of(uint32_t node) { return shards_[shard_of(node)]->totals; }

  MeshWorldOptions options_;
  Instant now_ = kStart;
  Rng rng_;
  uint64_t links_made_ = 0;
  uint64_t caused_ = 0;
  bool running_ = false;
  std::vector<std::unique_ptr<Node>> nodes_;
  std::vector<std::unique_ptr<Shard>> shards_;
};

}  // namespace starling::sim
