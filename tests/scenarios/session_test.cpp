// Streams between nodes of a simulated mesh: links, routing, directory and sessions together.
#include <gtest/gtest.h>

#include "crypto/hash.h"
#include "sim/flock.h"

namespace starling::sim {
namespace session_test {

constexpr std::string_view kService = "example.transfer/1";

// Sends `size` bytes from node `from` to node `to` and compares digests.
class Transfer {
 public:
  Transfer(Flock& flock, size_t from, size_t to, uint64_t size)
      : sender_(flock.node(from).sessions()), receiver_(flock.node(to).sessions()), left_(size) {
    receiver_.listen(kService, session::SessionLayer::allow_all(),
                     [this](node::StreamId stream, const crypto::NodeKey&) {
                       return node::SessionDriver::StreamHandlers{
                           .readable = [this, stream] { take(stream); },
                           .finished =
                               [this, stream] {
                                 finished_ = true;
                                 receiver_.finish(stream);
                               }};
                     });
    stream_ = *sender_.open(
        flock.key(to), kService,
        {.writable = [this] { give(); },
         .closed = [this](const session::StreamClosed& closed) { ended_ = closed.reason; }});
    give();
  }
  [[nodiscard]] bool done() const { return ended_ == session::StreamEnd::finished; }
  [[nodiscard]] bool is_equal() { return sent_hash_.finish() == received_hash_.finish(); }
  [[nodiscard]] uint64_t received() const { return received_; }
  [[nodiscard]] std::optional<session::StreamEnd> ended() const { return ended_; }

 private:
  void give() {
    while (left_ > 0) {
      Bytes chunk(std::min<uint64_t>(left_, 50'000));
      for (size_t i = 0; i < chunk.size(); i += 1'000) chunk[i] = static_cast<uint8_t>(rng_());
      const Bytes copy = chunk;
      if (sender_.write(stream_, std::move(chunk)) != session::WriteOutcome::accepted) return;
      sent_hash_.update(copy);
      left_ -= copy.size();
    }
    sender_.finish(stream_);
  }
  void take(node::StreamId stream) {
    while (true) {
      const Bytes bytes = receiver_.read(stream, 1 << 16);
      if (bytes.empty()) return;
      received_hash_.update(bytes);
      received_ += bytes.size();
    }
  }

  node::SessionDriver& sender_;
  node::SessionDriver& receiver_;
  Rng rng_{9};
  uint64_t left_;
  node::StreamId stream_;
  crypto::Sha256 sent_hash_;
  crypto::Sha256 received_hash_;
  uint64_t received_ = 0;
  bool finished_ = false;
  std::optional<session::StreamEnd> ended_;
};

uint64_t counted(Flock& flock, size_t node, std::string_view name) {
  for (const auto& [counter, value] : flock.node(node).status().counters) {
    if (counter == name) return value;
  }
  return 0;
}

TEST(SessionScenario, AStreamCrossesAChainOfEightWithLoss) {
  World world(
      {.seed = seed_from_env_or(1), .link = {.latency = 10ms, .jitter = 5ms, .loss = 0.02}});
  Flock flock(world);
  flock.add_nodes(8);
  flock.connect_chain();
  flock.start_all();
  Transfer transfer(flock, 0, 7, 1 << 20);
  EXPECT_TRUE(world.run_until([&] { return transfer.done(); }, 60s)) << transfer.received();
  EXPECT_TRUE(transfer.is_equal());
}

TEST(SessionScenario, DatagramsAreAsLargeAsAllLinksOfTheWayTakeInOnePiece) {
  const auto packets_sent = [](size_t narrow) {
    World world({.seed = seed_from_env_or(6), .link = {.latency = 5ms, .mtu = 9'000}});
    Flock flock(world);
    flock.add_nodes(4);
    flock.connect_chain();
    world.network().set_link(flock.host(1), flock.host(2), {.latency = 5ms, .mtu = narrow});
    flock.start_all();
    EXPECT_TRUE(flock.ping_pairs({{0, 3}, {3, 0}}, 10s).unanswered.empty());
    const uint64_t by_source = counted(flock, 0, "packets_sent");
    const uint64_t by_forwarder = counted(flock, 1, "packets_sent");
    Transfer transfer(flock, 0, 3, 4 << 20);
    EXPECT_TRUE(world.run_until([&] { return transfer.done(); }, 60s)) << transfer.received();
    EXPECT_TRUE(transfer.is_equal());
    return std::pair(counted(flock, 0, "packets_sent") - by_source,
                     counted(flock, 1, "packets_sent") - by_forwarder);
  };
  const auto wide = packets_sent(9'000);
  EXPECT_LT(wide.first, (4u << 20) / 8'000);
  const auto narrow = packets_sent(1'500);
  EXPECT_GT(narrow.first, (4u << 20) / 1'472);
  // A forwarder that had to cut them would send twice as many and more; its own answers come to some.
  EXPECT_LT(narrow.second, narrow.first * 12 / 10);
}

TEST(SessionScenario, AStreamUsesASlowWayWithoutFloodingIt) {
  World world({.seed = seed_from_env_or(7),
               .link = {.latency = 50ms, .bytes_per_s = 30'000, .queue_ms_max = 400}});
  Flock flock(world);
  flock.add_nodes(3);
  flock.connect_chain();
  flock.start_all();
  EXPECT_TRUE(flock.ping_pairs({{0, 2}, {2, 0}}, 10s).unanswered.empty());
  const uint64_t before = counted(flock, 0, "bytes_sent");
  const Instant begun = world.now();
  Transfer transfer(flock, 0, 2, 300'000);
  EXPECT_TRUE(world.run_until([&] { return transfer.done(); }, 60s)) << transfer.received();
  // Ten seconds are what the link takes.
  EXPECT_LT(world.now() - begun, 15s);
  EXPECT_LT(counted(flock, 0, "bytes_sent") - before, 300'000u * 21 / 10);
}

TEST(SessionScenario, AStreamOpenedBeforeAWayIsKnownFindsIt) {
  World world({.seed = seed_from_env_or(2)});
  Flock flock(world);
  flock.add_nodes(100);
  flock.connect_random(4);
  flock.start_all();
  std::vector<std::unique_ptr<Transfer>> transfers;
  for (size_t i = 0; i < 20; ++i)
    transfers.push_back(std::make_unique<Transfer>(flock, i, 99 - i, 10'000));
  EXPECT_TRUE(world.run_until(
      [&] {
        return std::all_of(transfers.begin(), transfers.end(),
                           [](const auto& transfer) { return transfer->done(); });
      },
      15s));
  for (auto& transfer : transfers) EXPECT_TRUE(transfer->is_equal());
}

TEST(SessionScenario, AStreamGoesOnOverAnotherWayWhenANodeOnItIsKilled) {
  for (uint64_t seed = 1; seed <= 5; ++seed) {
    World world({.seed = seed, .link = {.latency = 5ms, .bytes_per_s = 1'000'000}});
    Flock flock(world);
    flock.add_nodes(6);
    flock.connect_ring();
    flock.start_all();
    Transfer transfer(flock, 0, 2, 4 << 20);
    EXPECT_TRUE(world.run_until([&] { return transfer.received() > 1 << 20; }, 20s));
    flock.crash(1);
    const uint64_t before = transfer.received();
    const Instant killed = world.now();
    EXPECT_TRUE(world.run_until([&] { return transfer.received() > before + 100'000; }, 10s));
    EXPECT_LT(world.now() - killed, 4s) << seed;
    EXPECT_TRUE(world.run_until([&] { return transfer.done(); }, 60s)) << transfer.received();
    EXPECT_TRUE(transfer.is_equal());
  }
}

TEST(SessionScenario, AStreamSurvivesFiveSilentCutsOfItsOnlyWay) {
  World world({.seed = seed_from_env_or(4), .link = {.latency = 5ms, .bytes_per_s = 1'000'000}});
  Flock flock(world);
  flock.add_nodes(5);
  flock.connect_chain();
  flock.start_all();
  Transfer transfer(flock, 0, 4, 20 << 20);
  for (int cut = 0; cut < 5; ++cut) {
    world.run_for(2s);
    ASSERT_FALSE(transfer.done());
    world.network().block(flock.host(2), flock.host(3));
    world.run_for(5s);
    world.network().heal();
  }
  EXPECT_TRUE(world.run_until([&] { return transfer.done(); }, 5min)) << transfer.received();
  EXPECT_TRUE(transfer.is_equal());
}

// A node that moves: all its links end without a word, it has another address, and finds two other nodes.
void move_node(World& world, Flock& flock, size_t mobile, std::vector<size_t>& near, Rng& rng) {
  for (const size_t old : near) world.network().block(flock.host(mobile), flock.host(old));
  const auto number = static_cast<uint8_t>(1 + rng.below(250));
  world.network().set_address(
      flock.host(mobile), Endpoint::ipv4(198, 51, static_cast<uint8_t>(rng.below(250)), number, 0));
  for (near.clear(); near.size() < 2;) {
    const size_t next = rng.below(mobile);
    if (std::ranges::find(near, next) != near.end()) continue;
    near.push_back(next);
    world.network().unblock(flock.host(mobile), flock.host(next));
    reach::PeerUri uri;
    uri.key = flock.key(next);
    uri.addresses.push_back(reach::peer_address_of(
        reach::Transport::udp, world.network().endpoint(flock.host(next), 7117)));
    flock.node(mobile).join(uri, [](node::JoinOutcome) {});
  }
}

TEST(SessionScenario, StreamsSurviveThatANodeChangesItsAddressAndAllNeighboursAgainAndAgain) {
  // Eighty whole nodes for half a minute: one seed in each run of the tests, others by STARLING_SEED.
  const uint64_t seed = seed_from_env_or(1);
  FlockOptions options;
  options.config.routing.table_size = routing::kSmallest;  // so that most nodes are in no table
  World world({.seed = seed, .link = {.latency = 5ms, .bytes_per_s = 500'000}});
  Flock flock(world, options);
  flock.add_nodes(80);
  flock.connect_random(4);
  flock.start_all();
  constexpr size_t kMobile = 79;
  std::vector<size_t> near;
  for (const auto& [a, b] : flock.edges()) {
    if (a == kMobile) near.push_back(b);
    if (b == kMobile) near.push_back(a);
  }
  Rng rng(seed);
  world.run_for(10s);
  Transfer from_it(flock, kMobile, 0, 60 << 20);
  Transfer to_it(flock, 1, kMobile, 60 << 20);
  for (int moves = 0; moves < 5; ++moves) {
    world.run_for(2s);
    ASSERT_FALSE(from_it.done() || to_it.done());
    move_node(world, flock, kMobile, near, rng);
    const uint64_t sent = from_it.received();
    const uint64_t got = to_it.received();
    // A second or two, as a rule. When both ends wait for a sign of life it is one of their keep-alives (4 s) that ends it.
    EXPECT_TRUE(world.run_until(
        [&] { return from_it.received() > sent + 50'000 && to_it.received() > got + 50'000; }, 20s))
        << "seed " << seed << ", move " << moves;
  }
  EXPECT_FALSE(from_it.ended() || to_it.ended());
}

TEST(SessionScenario, APeerThatDiesIsAnErrorWithin30Seconds) {
  World world({.seed = seed_from_env_or(5)});
  Flock flock(world);
  flock.add_nodes(4);
  flock.connect_chain();
  flock.start_all();
  auto transfer = std::make_unique<Transfer>(flock, 0, 3, 1 << 30);
  world.run_for(2s);
  ASSERT_GT(transfer->received(), 0u);
  flock.crash(3);
  EXPECT_TRUE(world.run_until([&] { return transfer->ended().has_value(); }, 30s));
  EXPECT_EQ(transfer->ended(), session::StreamEnd::peer_dead);
}

}  // namespace session_test
}  // namespace starling::sim
