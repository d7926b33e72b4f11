// sim/flock.h - production nodes in a simulated world: the very code that users run, by the hundreds.
//
// How:     add nodes, say who peers with whom, start them, run the world, ask what a scenario wants to know.
// Life:    must be destroyed before the world.
#pragma once

#include <deque>
#include <memory>
#include <optional>
#include <vector>

#include "node/node.h"
#include "sim/world.h"

namespace starling::sim {

struct FlockOptions {
  // Of all nodes; listen addresses and peers are filled in by the flock.
  node::NodeConfig config{};
  // What is different at some: gets the number of the node; may be null.
  std::function<void(size_t, node::NodeConfig&)> adjust{};
};

class Flock {
 public:
  // Borrows `world`.
  explicit Flock(World& world, const FlockOptions& options = {});
  ~Flock();

  // Adds `count` nodes, not yet started; returns the number of the first.
  size_t add_nodes(size_t count);
  // `a` will dial `b`.
  void connect(size_t a, size_t b);
  // A connected random graph in which nodes have `degree` neighbours on average.
  void connect_random(size_t degree);
  void connect_chain();
  void connect_ring();

  // The node is up once its files are read; run_until_started() waits for that.
  void start(size_t index);
  void run_until_started();
  // Starts all and waits for the last.
  void start_all();
  // Pulls the plug.
  void crash(size_t index);

  [[nodiscard]] size_t size() const { return members_.size(); }
  [[nodiscard]] bool is_up(size_t index) const { return members_[index].node != nullptr; }
  // Pre: is_up(index).
  node::Node& node(size_t index) { return *members_[index].node; }
  [[nodiscard]] HostId host(size_t index) const { return members_[index].host; }
  [[nodiscard]] const crypto::NodeKey& key(size_t index) const {
    return members_[index].identity->key();
  }
  [[nodiscard]] crypto::AccountKey account(size_t index) const {
    return crypto::AccountKey{members_[index].account->key().value};
  }
  [[nodiscard]] crypto::NodeId id(size_t index) const { return crypto::node_id_of(key(index)); }
  [[nodiscard]] const std::vector<std::pair<size_t, size_t>>& edges() const { return edges_; }
  // Nodes reachable from `index` over edges between nodes that are up.
  [[nodiscard]] std::vector<bool> component_of(size_t index) const;

  // Pings all pairs at once and runs the world until all are done; those not answered within `patience`.
  struct Pair {
    size_t from;
    size_t to;
  };
  struct PingReport {
    size_t asked = 0;
    std::vector<Pair> unanswered;
    Duration slowest{};
    double mean_tries = 0;
  };
  PingReport ping_pairs(const std::vector<Pair>& pairs, Duration patience);
  // Ordered pairs of nodes that are up and connected; all of them when `count` is 0.
  std::vector<Pair> sample_pairs(size_t count);

 private:
  struct Member {
    HostId host;
    std::unique_ptr<crypto::Identity> identity;
    std::unique_ptr<crypto::Identity> account;
    std::vector<size_t> dials;
    std::unique_ptr<node::Node> node;
    bool started = false;
  };

  World& world_;
  FlockOptions options_;
  crypto::CheckedClaims checked_;
  std::deque<Member> members_;  // a deque: callbacks hold references
  std::vector<std::pair<size_t, size_t>> edges_;
};

}  // namespace starling::sim
