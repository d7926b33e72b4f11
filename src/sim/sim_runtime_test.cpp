#include "sim/sim_runtime.h"

#include <gtest/gtest.h>

#include "sim/world.h"

namespace starling::sim {
namespace sim_runtime_test {

class SimRuntimeTest : public testing::Test {
 protected:
  World world_{{.seed = 3, .wall_at_start = {1'000'000}}};
  const HostId host_ = world_.add_host();
  SimRuntime& runtime_ = world_.runtime(host_);
};

TEST_F(SimRuntimeTest, FiresATimerOnceAtTheTimeOfItsLastArming) {
  std::vector<Instant> fired;
  const auto timer = runtime_.make_timer([&] { fired.push_back(runtime_.now()); });
  const Instant start = runtime_.now();
  timer->arm(start + 5ms);
  timer->arm(start + 9ms);
  world_.run_for(1s);
  EXPECT_EQ(fired, (std::vector<Instant>{start + 9ms}));
  timer->arm(start + 9ms);
  EXPECT_EQ(fired.size(), 1U);
  world_.run_for(0ms);
  EXPECT_EQ(fired.size(), 2U);
}

TEST_F(SimRuntimeTest, NeverFiresATimerThatIsDisarmedOrDestroyed) {
  auto timer = runtime_.make_timer([] { FAIL(); });
  timer->arm(runtime_.now() + 5ms);
  timer->arm(kNever);
  world_.run_for(1s);
  timer->arm(runtime_.now() + 5ms);
  timer.reset();
  world_.run_for(1s);
}

TEST_F(SimRuntimeTest, LetsATimerArmOrDestroyItselfWhileItFires) {
  int fired = 0;
  std::unique_ptr<env::Timer> timer;
  timer = runtime_.make_timer([&] {
    if (++fired < 3) {
      timer->arm(runtime_.now() + 1ms);
    } else {
      timer.reset();
    }
  });
  timer->arm(runtime_.now());
  world_.run_for(1s);
  EXPECT_EQ(fired, 3);
  EXPECT_EQ(timer, nullptr);
}

TEST_F(SimRuntimeTest, RunsPostedTasksInOrderAfterTheCurrentOne) {
  std::vector<int> order;
  runtime_.post([&] {
    runtime_.post([&] { order.push_back(3); });
    order.push_back(1);
  });
  runtime_.post([&] { order.push_back(2); });
  EXPECT_TRUE(order.empty());
  world_.run_for(0ms);
  EXPECT_EQ(order, (std::vector<int>{1, 2, 3}));
}

TEST_F(SimRuntimeTest, ShowsTheWallTimeWithTheHostsClockError) {
  EXPECT_EQ(runtime_.wall_now(), WallTime{1'000'000});
  world_.run_for(2500ms);
  EXPECT_EQ(runtime_.wall_now(), WallTime{1'000'002});
  world_.set_clock_error(host_, -1h);
  EXPECT_EQ(runtime_.wall_now(), WallTime{1'000'002 - 3600});
  world_.crash(host_);
  EXPECT_EQ(world_.runtime(host_).wall_now(), WallTime{1'000'002 - 3600});
}

TEST_F(SimRuntimeTest, DrawsOtherSecureRandomNumbersOnEachHostAndInEachLife) {
  World same({.seed = 3});
  const uint64_t first = runtime_.secure_random().u64();
  EXPECT_EQ(same.runtime(same.add_host()).secure_random().u64(), first);
  EXPECT_NE(same.runtime(same.add_host()).secure_random().u64(), first);
  world_.crash(host_);
  EXPECT_NE(world_.runtime(host_).secure_random().u64(), first);
}

TEST_F(SimRuntimeTest, DoesNothingAnyMoreAfterACrash) {
  const auto timer = runtime_.make_timer([] { FAIL(); });
  timer->arm(runtime_.now() + 1ms);
  runtime_.post([] { FAIL(); });
  const Endpoint local = world_.network().endpoint(host_, 9);
  const auto socket = runtime_.open_datagram(local, [](auto) { FAIL(); }).value();
  const auto listener = runtime_.listen_stream(local, [](auto) { FAIL(); }).value();
  const auto beacon = runtime_.open_beacon(9, [](auto) { FAIL(); }).value();
  const auto stream = runtime_.connect_stream(local).value();
  stream->set_handlers({[] { FAIL(); }, [](auto) { FAIL(); }, [](auto) { FAIL(); }});
  runtime_.files().list([](auto) { FAIL(); });
  const HostId other = world_.add_host();
  world_.network().inject(other, world_.network().endpoint(other, 1), local, view_of("x"));
  world_.crash(host_);
  EXPECT_FALSE(world_.is_up(host_));
  const uint64_t packets = world_.packets_sent();
  const env::OutgoingDatagram datagram{world_.network().endpoint(other, 9), view_of("x")};
  socket->send({&datagram, 1});
  beacon->send(view_of("x"));
  timer->arm(runtime_.now() + 1ms);
  runtime_.post([] { FAIL(); });
  EXPECT_FALSE(stream->write(view_of("x")));
  EXPECT_EQ(runtime_.open_datagram(local, {}).error(), env::SocketError::closed);
  EXPECT_EQ(runtime_.connect_stream(local).error(), env::SocketError::closed);
  world_.run_for(1min);
  EXPECT_EQ(world_.packets_sent(), packets);
}

TEST_F(SimRuntimeTest, LetsTheNextLifeUseTheSamePortsWhileTheDeadSocketsStillExist) {
  const Endpoint local = world_.network().endpoint(host_, 9);
  const auto dead = runtime_.open_datagram(local, [](auto) { FAIL(); }).value();
  world_.crash(host_);
  int received = 0;
  const auto socket = world_.runtime(host_).open_datagram(local, [&](auto) { ++received; }).value();
  EXPECT_NE(&world_.runtime(host_), &runtime_);
  world_.network().inject(host_, local, local, view_of("x"));
  world_.run_for(1s);
  EXPECT_EQ(received, 1);
}

TEST_F(SimRuntimeTest, CrashesFromInsideItsOwnReceiver) {
  const Endpoint local = world_.network().endpoint(host_, 9);
  int received = 0;
  const auto socket = runtime_
                          .open_datagram(local,
                                         [&](auto) {
                                           ++received;
                                           world_.crash(host_);
                                         })
                          .value();
  world_.network().inject(host_, local, local, view_of("x"));
  world_.network().inject(host_, local, local, view_of("x"));
  world_.run_for(1s);
  EXPECT_EQ(received, 1);
}

}  // namespace sim_runtime_test
}  // namespace starling::sim
