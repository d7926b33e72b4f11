#include "sim/datagram_network.h"

#include <gtest/gtest.h>
#include <string>

#include "sim/world.h"

namespace starling::sim {
namespace datagram_network_test {

constexpr uint16_t kPort = 7117;

struct Received {
  Endpoint from;
  std::string text;
  Instant at;
};

class DatagramNetworkTest : public testing::Test {
 protected:
  std::unique_ptr<env::DatagramSocket> open(HostId host, const Endpoint& local,
                                            std::vector<Received>& into) {
    auto socket = world_.runtime(host).open_datagram(local, [this, &into](auto datagrams) {
      for (const env::ReceivedDatagram& datagram : datagrams) {
        into.push_back({datagram.from, std::string(text_of(datagram.bytes)), world_.now()});
      }
    });
    EXPECT_TRUE(socket.has_value());
    return std::move(*socket);
  }
  std::unique_ptr<env::DatagramSocket> open(HostId host, std::vector<Received>& into) {
    return open(host, Endpoint::ipv4(0, 0, 0, 0, kPort), into);
  }
  static void send(env::DatagramSocket& socket, const Endpoint& to, std::string_view text) {
    const env::OutgoingDatagram datagram{to, view_of(text)};
    socket.send({&datagram, 1});
  }
  Endpoint of(HostId host) { return world_.network().endpoint(host, kPort); }
  uint64_t count(PacketFate fate) { return world_.network().count(fate); }

  World world_{{.seed = 5}};
  const HostId a_ = world_.add_host();
  const HostId b_ = world_.add_host();
  std::vector<Received> at_a_;
  std::vector<Received> at_b_;
};

TEST_F(DatagramNetworkTest, DeliversAfterTheLatencyWithTheSendersAddress) {
  const auto a = open(a_, at_a_);
  const auto b = open(b_, at_b_);
  send(*a, of(b_), "hello");
  EXPECT_TRUE(at_b_.empty());
  world_.run_for(1s);
  ASSERT_EQ(at_b_.size(), 1U);
  EXPECT_EQ(at_b_[0].text, "hello");
  EXPECT_EQ(at_b_[0].from, of(a_));
  EXPECT_EQ(at_b_[0].at, World::kStart + 10ms);
  EXPECT_EQ(a->counts().sent, 1U);
  EXPECT_EQ(b->counts().received, 1U);
}

TEST_F(DatagramNetworkTest, CountsTheHeadersOfEachFamilyAgainstTheMtu) {
  const auto a = open(a_, at_a_);
  const auto b = open(b_, at_b_);
  world_.network().add_address(a_, parse_endpoint("[2001:db8::a]:0").value());
  world_.network().add_address(b_, parse_endpoint("[2001:db8::b]:0").value());
  const auto a6 = open(a_, Endpoint{.port = kPort}, at_a_);
  const auto b6 = open(b_, Endpoint{.port = kPort}, at_b_);
  send(*a, of(b_), std::string(1472, 'x'));
  send(*a, of(b_), std::string(1473, 'x'));
  const Endpoint to6 = parse_endpoint("[2001:db8::b]:7117").value();
  send(*a6, to6, std::string(1452, 'x'));
  send(*a6, to6, std::string(1453, 'x'));
  world_.run_for(1s);
  EXPECT_EQ(at_b_.size(), 2U);
  EXPECT_EQ(a->counts().dropped_too_big, 1U);
  EXPECT_EQ(a6->counts().dropped_too_big, 1U);
  EXPECT_EQ(count(PacketFate::too_big), 2U);
}

TEST_F(DatagramNetworkTest, AppliesLossAndDuplicationOnTheWay) {
  world_.network().set_link(a_, b_, {.loss = 0.25, .duplicate = 0.5});
  const auto a = open(a_, at_a_);
  const auto b = open(b_, at_b_);
  for (int i = 0; i < 10'000; ++i) send(*a, of(b_), "x");
  world_.run_for(1s);
  EXPECT_NEAR(static_cast<double>(count(PacketFate::lost)), 2500, 217);
  EXPECT_NEAR(static_cast<double>(count(PacketFate::duplicated)), 3750, 245);
  EXPECT_EQ(at_b_.size(), 10'000 - count(PacketFate::lost) + count(PacketFate::duplicated));
  EXPECT_EQ(count(PacketFate::delivered), at_b_.size());
}

TEST_F(DatagramNetworkTest, ReordersOnlyWhenAskedTo) {
  const auto a = open(a_, at_a_);
  const auto b = open(b_, at_b_);
  const auto overtaken = [&](const LinkProperties& link) {
    world_.network().set_default_link(link);
    at_b_.clear();
    for (int i = 1000; i < 2000; ++i) {
      send(*a, of(b_), std::to_string(i));
      world_.run_for(1ms);
    }
    world_.run_for(1s);
    size_t count = 0;
    for (size_t i = 1; i < at_b_.size(); ++i) count += at_b_[i].text < at_b_[i - 1].text ? 1U : 0U;
    return count;
  };
  EXPECT_EQ(overtaken({.latency = 10ms, .jitter = 30ms}), 0U);
  EXPECT_GT(overtaken({.latency = 10ms, .reorder = 0.2}), 50U);
}

TEST_F(DatagramNetworkTest, LosesWhatIsInFlightToAnAddressThatChanges) {
  const auto a = open(a_, at_a_);
  const auto b = open(b_, at_b_);
  const Endpoint old = of(b_);
  send(*a, old, "in flight");
  world_.run_for(5ms);
  world_.network().set_address(b_, Endpoint::ipv4(198, 51, 100, 7, 0));
  world_.run_for(1s);
  EXPECT_EQ(count(PacketFate::address_gone), 1U);
  send(*a, old, "to the old address");
  send(*a, Endpoint::ipv4(198, 51, 100, 7, kPort), "to the new address");
  send(*b, of(a_), "from the new address");
  world_.run_for(1s);
  EXPECT_EQ(count(PacketFate::no_such_address), 1U);
  ASSERT_EQ(at_b_.size(), 1U);
  EXPECT_EQ(at_b_[0].text, "to the new address");
  ASSERT_EQ(at_a_.size(), 1U);
  EXPECT_EQ(at_a_[0].from, Endpoint::ipv4(198, 51, 100, 7, kPort));
}

TEST_F(DatagramNetworkTest, KillsASocketBoundToAnAddressThatChanges) {
  const auto a = open(a_, at_a_);
  const auto b = open(b_, of(b_), at_b_);
  world_.network().set_address(b_, Endpoint::ipv4(198, 51, 100, 7, 0));
  send(*b, of(a_), "x");
  send(*a, of(b_), "x");
  world_.run_for(1s);
  EXPECT_EQ(b->counts().dropped_error, 1U);
  EXPECT_EQ(count(PacketFate::not_listening), 1U);
  EXPECT_TRUE(at_a_.empty());
}

TEST_F(DatagramNetworkTest, DropsAcrossAPartitionAndDeliversAfterHealing) {
  const auto a = open(a_, at_a_);
  const auto b = open(b_, at_b_);
  world_.network().partition({{a_}, {b_}});
  send(*a, of(b_), "lost");
  world_.run_for(1s);
  EXPECT_TRUE(at_b_.empty());
  EXPECT_EQ(count(PacketFate::blocked), 1U);
  world_.network().heal();
  send(*a, of(b_), "found");
  world_.run_for(1s);
  EXPECT_EQ(at_b_.size(), 1U);
}

TEST_F(DatagramNetworkTest, CarriesAnInjectedDatagramWithAForgedSource) {
  const auto b = open(b_, at_b_);
  const Endpoint forged = Endpoint::ipv4(192, 0, 2, 99, 1);
  world_.network().inject(a_, forged, of(b_), view_of("attack"));
  world_.run_for(1s);
  ASSERT_EQ(at_b_.size(), 1U);
  EXPECT_EQ(at_b_[0].from, forged);
  EXPECT_EQ(count(PacketFate::injected), 1U);
}

TEST_F(DatagramNetworkTest, ReachesTheHostItselfOverLoopback) {
  const auto server = open(a_, at_a_);
  const auto client = open(a_, Endpoint::ipv4(0, 0, 0, 0, 0), at_b_);
  EXPECT_NE(client->local().port, 0);
  send(*client, Endpoint::ipv4(127, 0, 0, 1, kPort), "x");
  world_.run_for(1ms);
  ASSERT_EQ(at_a_.size(), 1U);
  EXPECT_EQ(at_a_[0].from, Endpoint::ipv4(127, 0, 0, 1, client->local().port));
}

TEST_F(DatagramNetworkTest, LetsAReceiverCloseItsSocketAndOpenAnother) {
  const auto a = open(a_, at_a_);
  std::unique_ptr<env::DatagramSocket> b;
  const auto reopen = [&](auto datagrams) {
    const std::string first(text_of(datagrams[0].bytes));
    b.reset();
    b = open(b_, at_b_);
    for (int i = 0; i < 100; ++i) send(*b, of(a_), first);
    EXPECT_EQ(text_of(datagrams[0].bytes), first);
  };
  b = world_.runtime(b_).open_datagram(Endpoint::ipv4(0, 0, 0, 0, kPort), reopen).value();
  send(*a, of(b_), "one");
  send(*a, of(b_), "two");
  world_.run_for(1s);
  EXPECT_EQ(at_a_.size(), 100U);
  ASSERT_EQ(at_b_.size(), 1U);
  EXPECT_EQ(at_b_[0].text, "two");
}

TEST_F(DatagramNetworkTest, RefusesASecondSocketOnThePort) {
  const auto a = open(a_, at_a_);
  const auto second = world_.runtime(a_).open_datagram(Endpoint::ipv4(0, 0, 0, 0, kPort), {});
  ASSERT_FALSE(second.has_value());
  EXPECT_EQ(second.error(), env::SocketError::address_in_use);
}

TEST_F(DatagramNetworkTest, DropsGiantsAndCarriesEmptyDatagrams) {
  world_.network().set_default_link({.mtu = 100'000});
  const auto a = open(a_, at_a_);
  const auto b = open(b_, at_b_);
  send(*a, of(b_), std::string(DatagramNetwork::kPayloadMax + 1, 'x'));
  send(*a, of(b_), std::string(DatagramNetwork::kPayloadMax, 'x'));
  send(*a, of(b_), "");
  world_.run_for(1s);
  ASSERT_EQ(at_b_.size(), 2U);
  EXPECT_EQ(at_b_[0].text.size(), DatagramNetwork::kPayloadMax);
  EXPECT_EQ(at_b_[1].text, "");
}

}  // namespace datagram_network_test
}  // namespace starling::sim
