#include "sim/beacon_network.h"

#include <array>
#include <gtest/gtest.h>

#include "sim/world.h"

namespace starling::sim {
namespace beacon_network_test {

constexpr uint16_t kPort = 7117;
constexpr size_t kHosts = 4;

class BeaconNetworkTest : public testing::Test {
 protected:
  BeaconNetworkTest() {
    for (size_t i = 0; i < kHosts; ++i) {
      const HostId host = world_.add_host();
      sockets_[i] = world_.runtime(host)
                        .open_beacon(kPort,
                                     [this, i](auto datagrams) {
                                       ++heard_[i];
                                       from_ = datagrams[0].from;
                                     })
                        .value();
    }
    world_.network().set_lan(HostId{0}, 1);
    world_.network().set_lan(HostId{1}, 1);
    world_.network().set_lan(HostId{2}, 2);
  }
  void send(size_t i) {
    sockets_[i]->send(view_of("here"));
    world_.run_for(1s);
  }

  World world_{{.seed = 5}};
  std::array<std::unique_ptr<env::BeaconSocket>, kHosts> sockets_;
  std::array<int, kHosts> heard_{};
  Endpoint from_;
};

TEST_F(BeaconNetworkTest, ReachesTheHostsOfTheLanAndTheSenderItself) {
  send(0);
  EXPECT_EQ(heard_, (std::array<int, kHosts>{1, 1, 0, 0}));
  EXPECT_EQ(from_, world_.network().endpoint(HostId{0}, kPort));
}

TEST_F(BeaconNetworkTest, ReachesNobodyFromAHostWithoutALan) {
  send(3);
  EXPECT_EQ(heard_, (std::array<int, kHosts>{0, 0, 0, 0}));
}

TEST_F(BeaconNetworkTest, FollowsAHostToAnotherLan) {
  world_.network().set_lan(HostId{1}, 2);
  send(2);
  EXPECT_EQ(heard_, (std::array<int, kHosts>{0, 1, 1, 0}));
  world_.network().set_lan(HostId{1}, std::nullopt);
  send(2);
  EXPECT_EQ(heard_, (std::array<int, kHosts>{0, 1, 2, 0}));
}

TEST_F(BeaconNetworkTest, StopsAtABlockAndAtAnotherPort) {
  world_.network().set_lan(HostId{3}, 1);
  sockets_[3] = world_.runtime(HostId{3}).open_beacon(kPort + 1, [](auto) { FAIL(); }).value();
  world_.network().block(HostId{0}, HostId{1});
  send(0);
  EXPECT_EQ(heard_, (std::array<int, kHosts>{1, 0, 0, 0}));
}

TEST_F(BeaconNetworkTest, IsSilentAfterACrash) {
  world_.crash(HostId{1});
  send(0);
  send(1);
  EXPECT_EQ(heard_, (std::array<int, kHosts>{1, 0, 0, 0}));
}

}  // namespace beacon_network_test
}  // namespace starling::sim
