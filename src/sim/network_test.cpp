#include "sim/network.h"

#include <gtest/gtest.h>

namespace starling::sim {
namespace network_test {

class NetworkTest : public testing::Test {
 protected:
  // When a packet sent now arrives; kNever: it does not.
  Instant arrival(HostId from, HostId to) {
    Instant arrived = kNever;
    const auto open = [&](HostId host) {
      return network_.datagrams()
          .open(host, Endpoint::ipv4(0, 0, 0, 0, 9), [&](auto) { arrived = queue_.now(); })
          .value();
    };
    const auto receiver = open(to);
    network_.inject(from, network_.endpoint(from, 1), network_.endpoint(to, 9), view_of("x"));
    queue_.run_until(queue_.now() + 1s);
    return arrived;
  }

  EventQueue queue_{Instant{1s}};
  Trace trace_;
  Network network_{queue_, trace_, 1};
  const HostId a_ = network_.add_host();
  const HostId b_ = network_.add_host();
  const HostId c_ = network_.add_host();
};

TEST_F(NetworkTest, SetsPropertiesForBothDirectionsOrOne) {
  network_.set_link(a_, b_, {.latency = 50ms});
  network_.set_link_one_way(b_, a_, {.latency = 60ms});
  Instant now = queue_.now();
  EXPECT_EQ(arrival(a_, b_), now + 50ms);
  now = queue_.now();
  EXPECT_EQ(arrival(b_, a_), now + 60ms);
  now = queue_.now();
  EXPECT_EQ(arrival(a_, c_), now + 10ms);
}

TEST_F(NetworkTest, BlocksBothDirectionsOrOne) {
  network_.block(a_, b_);
  EXPECT_EQ(arrival(a_, b_), kNever);
  EXPECT_EQ(arrival(b_, a_), kNever);
  EXPECT_NE(arrival(a_, c_), kNever);
  network_.unblock_one_way(a_, b_);
  EXPECT_NE(arrival(a_, b_), kNever);
  EXPECT_EQ(arrival(b_, a_), kNever);
  network_.unblock(a_, b_);
  EXPECT_NE(arrival(b_, a_), kNever);
}

TEST_F(NetworkTest, PartitionsAndHeals) {
  network_.partition({{a_}, {b_, c_}});
  EXPECT_EQ(arrival(a_, b_), kNever);
  EXPECT_NE(arrival(b_, c_), kNever);
  network_.heal();
  EXPECT_NE(arrival(a_, b_), kNever);
}

TEST_F(NetworkTest, NamesEveryFateAndCountsEachPacketOnce) {
  arrival(a_, b_);
  EXPECT_EQ(network_.count(PacketFate::sent), 1U);
  EXPECT_EQ(network_.count(PacketFate::delivered), 1U);
  network_.counts().for_each(
      [](PacketFate fate, uint64_t) { EXPECT_FALSE(name_of(fate).empty()); });
}

}  // namespace network_test
}  // namespace starling::sim
