// What a node does with the work behind its priority. The rest of it is tried in tests/scenarios.
#include "node/node.h"

#include <gtest/gtest.h>

#include "routing/proven_origins.h"
#include "sim/world.h"

namespace starling::node {
namespace node_test {

namespace proven = routing::proven;

// Two nodes, the second of which dials the first.
class NodeProofTest : public testing::Test {
 protected:
  struct Home {
    sim::HostId host;
    crypto::Identity identity;
    std::unique_ptr<Node> node;
    std::vector<NodeEvent::Kind> events;
  };

  NodeProofTest() {
    for (size_t i = 0; i < 2; ++i) {
      homes_.push_back({world_.add_host(), proven::origin(i).identity(), nullptr, {}});
      world_.know_work_proof(routing::priority_subject(homes_[i].identity.key()),
                             copy_of(proven::proof(i).view()));
    }
  }
  sim::SimRuntime& runtime(size_t at) { return world_.runtime(homes_[at].host); }
  Node& node(size_t at) { return *homes_[at].node; }

  void start(size_t at, bool make_proof) {
    Home& home = homes_[at];
    NodeConfig config;
    config.lan = false;
    config.make_proof = make_proof;
    config.listen = {{reach::Transport::udp, Endpoint::ipv4(0, 0, 0, 0, kDefaultPort)}};
    if (at == 1) {
      reach::PeerUri peer;
      peer.key = homes_[0].identity.key();
      peer.addresses = {reach::peer_address_of(
          reach::Transport::udp, world_.network().endpoint(homes_[0].host, kDefaultPort))};
      config.peers = {peer};
    }
    home.node = std::make_unique<Node>(runtime(at), config, home.identity, home.identity);
    home.node->set_observer([&home](const NodeEvent& event) { home.events.push_back(event.kind); });
    bool started = false;
    home.node->start([&](const auto& outcome) { started = outcome.has_value(); });
    EXPECT_TRUE(world_.run_until([&] { return started; }, 1s));
  }
  void crash(size_t at) {
    world_.crash(homes_[at].host);
    homes_[at].node.reset();
  }
  void store_proof(size_t at, const routing::PriorityProof& proof) {
    Bytes contents = {1};
    append(contents, proof.view());
    bool written = false;
    runtime(at).files().write("proof", contents, [&](auto) { written = true; });
    EXPECT_TRUE(world_.run_until([&] { return written; }, 1s));
  }
  // As the other knows it.
  const routing::Destination* seen(size_t at) {
    return node(1 - at).mesh().router().table().find(crypto::node_id_of(homes_[at].identity.key()));
  }
  bool is_seen_with_rank(size_t at, uint8_t rank) {
    return world_.run_until(
        [&] {
          const routing::Destination* known = seen(at);
          return known && known->selected && known->priority().proof_rank == rank;
        },
        5s);
  }
  size_t events(size_t at, NodeEvent::Kind kind) {
    return static_cast<size_t>(std::ranges::count(homes_[at].events, kind));
  }

  sim::World world_{{.seed = 6}};
  std::deque<Home> homes_;
};

TEST_F(NodeProofTest, AStoredProofIsInUseFromTheFirstEpochOn) {
  store_proof(1, proven::proof(1));
  start(0, false);
  start(1, false);
  EXPECT_EQ(node(1).status().proof, ProofState::made);
  EXPECT_EQ(node(0).status().proof, ProofState::off);
  EXPECT_TRUE(is_seen_with_rank(1, 1));
  EXPECT_TRUE(is_seen_with_rank(0, 0));
  EXPECT_EQ(seen(1)->newest.announcement.proof, proven::proof(1));
  EXPECT_EQ(seen(1)->previous, nullptr);
  EXPECT_TRUE(homes_[1].events == std::vector{NodeEvent::Kind::link_up});
}

TEST_F(NodeProofTest, AnothersProofOrADamagedOneIsDroppedAndSaid) {
  store_proof(0, proven::proof(1));
  routing::PriorityProof damaged = proven::proof(1);
  damaged.value[20] ^= 1;
  store_proof(1, damaged);
  start(0, false);
  start(1, false);
  for (const size_t at : {size_t{0}, size_t{1}}) {
    EXPECT_EQ(node(at).status().proof, ProofState::off);
    EXPECT_TRUE(is_seen_with_rank(at, 0));
    EXPECT_EQ(events(at, NodeEvent::Kind::proof_dropped), 1U);
  }
}

TEST_F(NodeProofTest, TheWorkIsDoneInTheBackgroundAndThenTheNodeRanksHigher) {
  start(0, false);
  start(1, true);
  EXPECT_EQ(node(1).status().proof, ProofState::making);
  EXPECT_TRUE(is_seen_with_rank(1, 0));
  const uint32_t epoch = seen(1)->newest.announcement.epoch;
  world_.run_for(sim::SimRuntime::kWorkTime);
  EXPECT_TRUE(is_seen_with_rank(1, 1));
  EXPECT_EQ(seen(1)->newest.announcement.epoch, epoch + 1);
  EXPECT_EQ(node(1).status().proof, ProofState::made);
  EXPECT_EQ(events(1, NodeEvent::Kind::proof), 1U);
  // Its next life has it at once, and works no more.
  crash(1);
  homes_[1].events.clear();
  start(1, true);
  EXPECT_EQ(node(1).status().proof, ProofState::made);
  world_.run_for(60s);
  EXPECT_TRUE(is_seen_with_rank(1, 1));
  EXPECT_GT(seen(1)->newest.announcement.epoch, epoch + 1);
  EXPECT_EQ(events(1, NodeEvent::Kind::proof), 0U);
}

TEST_F(NodeProofTest, ACrashWhileItWorksCostsNothingButTheWork) {
  start(0, false);
  for (int life = 0; life < 3; ++life) {
    start(1, true);
    world_.run_for(sim::SimRuntime::kWorkTime / 2);
    EXPECT_EQ(node(1).status().proof, ProofState::making);
    crash(1);
  }
  start(1, true);
  world_.run_for(2 * sim::SimRuntime::kWorkTime);
  EXPECT_EQ(node(1).status().proof, ProofState::made);
  EXPECT_TRUE(is_seen_with_rank(1, 1));
}

TEST_F(NodeProofTest, StoppingDoesNotWaitForTheWork) {
  start(0, false);
  start(1, true);
  bool stopped = false;
  node(1).stop([&] { stopped = true; });
  EXPECT_TRUE(world_.run_until([&] { return stopped; }, sim::SimRuntime::kWorkTime / 2));
  EXPECT_EQ(node(1).status().proof, ProofState::making);
  world_.run_for(1s);
  homes_[1].node.reset();
  world_.run_for(2 * sim::SimRuntime::kWorkTime);
}

TEST_F(NodeProofTest, WorkThatFailsIsSaidAndTheNodeGoesOn) {
  world_.know_work_proof(routing::priority_subject(homes_[1].identity.key()), {});
  start(0, false);
  start(1, true);
  world_.run_for(2 * sim::SimRuntime::kWorkTime);
  EXPECT_EQ(node(1).status().proof, ProofState::failed);
  EXPECT_EQ(events(1, NodeEvent::Kind::proof), 1U);
  EXPECT_TRUE(is_seen_with_rank(1, 0));
}

}  // namespace node_test
}  // namespace starling::node
