#include "sim/world.h"

#include <gtest/gtest.h>
#include <string>

namespace starling::sim {
namespace world_test {

constexpr uint16_t kPort = 7117;

// Sends to its peer on a timer, and echoes what it gets a few times.
class EchoApp {
 public:
  EchoApp(env::Runtime& runtime, const Endpoint& peer) : runtime_(runtime), peer_(peer) {
    socket_ = runtime
                  .open_datagram(Endpoint::ipv4(0, 0, 0, 0, kPort),
                                 [this](auto datagrams) { echo(datagrams); })
                  .value();
    timer_ = runtime.make_timer([this] { tick(); });
    timer_->arm(runtime.now());
  }
  [[nodiscard]] uint64_t received() const { return socket_->counts().received; }

 private:
  void tick() {
    Bytes bytes(2 + runtime_.secure_random().u32() % 100);
    bytes[0] = 'e';
    bytes[1] = 3;
    send(peer_, bytes);
    timer_->arm(runtime_.now() + 7ms);
  }
  void echo(std::span<const env::ReceivedDatagram> datagrams) {
    for (const env::ReceivedDatagram& datagram : datagrams) {
      Bytes bytes = copy_of(datagram.bytes);
      if (bytes[1]-- > 0) send(datagram.from, bytes);
    }
  }
  void send(const Endpoint& to, ByteView bytes) {
    const env::OutgoingDatagram datagram{to, bytes};
    socket_->send({&datagram, 1});
  }

  env::Runtime& runtime_;
  Endpoint peer_;
  std::unique_ptr<env::DatagramSocket> socket_;
  std::unique_ptr<env::Timer> timer_;
};

uint64_t trace_hash_of_two_echo_apps(uint64_t seed) {
  World world(
      {.seed = seed, .link = {.jitter = 5ms, .loss = 0.1, .reorder = 0.1, .duplicate = 0.1}});
  const HostId a = world.add_host();
  const HostId b = world.add_host();
  EchoApp app_a(world.runtime(a), world.network().endpoint(b, kPort));
  auto app_b = std::make_unique<EchoApp>(world.runtime(b), world.network().endpoint(a, kPort));
  world.run_for(2s);
  world.crash(b);
  app_b.reset();
  world.run_for(1s);
  app_b = std::make_unique<EchoApp>(world.runtime(b), world.network().endpoint(a, kPort));
  world.run_for(2s);
  EXPECT_GT(app_b->received(), 100U);
  return world.trace_hash();
}

TEST(WorldTest, HasTheSameTraceHashForTheSameSeed) {
  const uint64_t hash = trace_hash_of_two_echo_apps(1);
  // In between, another run, so that memory is laid out differently.
  EXPECT_NE(hash, trace_hash_of_two_echo_apps(2));
  const auto ballast = std::make_unique<std::array<char, 12345>>();
  EXPECT_EQ(hash, trace_hash_of_two_echo_apps(1));
}

TEST(WorldTest, RunsForExactlyTheDuration) {
  World world({});
  EXPECT_EQ(world.now(), World::kStart);
  world.run_for(1234ms);
  EXPECT_EQ(world.now(), World::kStart + 1234ms);
}

TEST(WorldTest, RunsUntilThePredicateHoldsOrTheLimitIsReached) {
  World world({});
  bool done = false;
  const auto timer = world.runtime(world.add_host()).make_timer([&] { done = true; });
  timer->arm(world.now() + 123ms);
  EXPECT_FALSE(world.run_until([&] { return done; }, 105ms));
  EXPECT_EQ(world.now(), World::kStart + 105ms);
  EXPECT_TRUE(world.run_until([&] { return done; }, 1s));
  EXPECT_LE(world.now(), World::kStart + 123ms + World::kPredicateInterval);
  const Instant now = world.now();
  EXPECT_TRUE(world.run_until([&] { return done; }, 1s));
  EXPECT_EQ(world.now(), now);
}

TEST(WorldTest, GivesTestsRandomNumbersOfTheSeed) {
  World one({.seed = 1});
  World same({.seed = 1});
  World other({.seed = 2});
  const uint64_t draw = one.rng()();
  EXPECT_EQ(same.rng()(), draw);
  EXPECT_NE(other.rng()(), draw);
}

TEST(WorldTest, FiresAHundredThousandTimersEachAtItsTime) {
  World world({.seed = 4});
  SimRuntime& runtime = world.runtime(world.add_host());
  std::vector<std::unique_ptr<env::Timer>> timers;
  size_t fired = 0;
  for (int i = 0; i < 100'000; ++i) {
    const Instant at =
        world.now() + Duration(static_cast<int64_t>(world.rng().below(1'000'000'000)));
    timers.push_back(runtime.make_timer([&fired, &runtime, at] {
      ++fired;
      EXPECT_EQ(runtime.now(), at);
    }));
    // Armed for later first, as cores do when their next timeout moves.
    timers.back()->arm(at + 10s);
    timers.back()->arm(at);
  }
  world.run_for(1s);
  EXPECT_EQ(fired, 100'000U);
  EXPECT_EQ(world.queue().waiting(), 0U);
  EXPECT_EQ(world.events_run(), 100'000U);
}

TEST(WorldTest, HoldsTwoThousandHostsWithTenSocketsEach) {
  World world({.seed = 4});
  std::vector<std::unique_ptr<env::DatagramSocket>> sockets;
  uint64_t received = 0;
  for (int i = 0; i < 2000; ++i) {
    SimRuntime& runtime = world.runtime(world.add_host());
    for (int k = 0; k < 10; ++k) {
      sockets.push_back(
          runtime.open_datagram(Endpoint::ipv4(0, 0, 0, 0, 0), [&](auto) { ++received; }).value());
    }
  }
  for (int i = 0; i < 100'000; ++i) {
    const HostId to{static_cast<uint32_t>(world.rng().below(2000))};
    const Endpoint endpoint = world.network().endpoint(to, static_cast<uint16_t>(49152 + i % 10));
    const env::OutgoingDatagram datagram{endpoint, view_of("payload")};
    sockets[world.rng().below(sockets.size())]->send({&datagram, 1});
  }
  world.run_for(1s);
  EXPECT_EQ(received, 100'000U);
}

TEST(WorldTest, DestroysEventsThatOwnSocketsWhileEverythingIsStillThere) {
  auto world = std::make_unique<World>(WorldOptions{});
  const HostId host = world->add_host();
  SimRuntime& runtime = world->runtime(host);
  auto socket = std::make_shared<std::unique_ptr<env::DatagramSocket>>(
      runtime.open_datagram(Endpoint::ipv4(0, 0, 0, 0, 1), {}).value());
  runtime.post([held = std::move(socket)] {});
  world.reset();
}

}  // namespace world_test
}  // namespace starling::sim
