#include "os/linux/beacon_socket.h"

#include <algorithm>
#include <gtest/gtest.h>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "os/linux/udp_socket.h"
#include "os/test_loop.h"

namespace starling::os {
namespace beacon_socket_test {

using env::ReceivedDatagram;

// What one node heard.
struct Node {
  std::vector<std::pair<Endpoint, std::string>> heard;
  std::unique_ptr<MulticastBeaconSocket> socket;

  env::DatagramSocket::Receive receive() {
    return [this](std::span<const ReceivedDatagram> datagrams) {
      for (const auto& d : datagrams) heard.emplace_back(d.from, text_of(d.bytes));
    };
  }
  [[nodiscard]] bool has_heard(std::string_view text) const {
    return std::any_of(heard.begin(), heard.end(), [&](const auto& h) { return h.second == text; });
  }
};

class BeaconSocketTest : public testing::Test {
 protected:
  void SetUp() override {
    if (beacon_interfaces(network_interfaces()).empty()) {
      GTEST_SKIP() << "this machine has no network interface that is up";
    }
    port_ = free_port();
  }
  uint16_t free_port() {
    const auto probe = UdpSocket::open(test_.loop(), Endpoint::ipv4(0, 0, 0, 0, 0), [](auto) {});
    return (*probe)->local().port;
  }
  void open(Node& node) {
    auto socket = MulticastBeaconSocket::open(test_.loop(), port_, node.receive());
    ASSERT_TRUE(socket);
    node.socket = std::move(*socket);
  }

  TestLoop test_;
  uint16_t port_ = 0;
};

TEST_F(BeaconSocketTest, TwoNodesOfOneMachineHearEachOther) {
  Node a;
  Node b;
  open(a);
  open(b);
  a.socket->send(view_of("from a"));
  b.socket->send(view_of("from b"));
  ASSERT_TRUE(test_.run_until([&] { return a.has_heard("from b") && b.has_heard("from a"); }));
  for (const auto& [from, text] : a.heard) {
    EXPECT_EQ(from.port, port_);
    EXPECT_FALSE(from.is_multicast());
    EXPECT_EQ(!from.is_ipv4() && from.is_link_local(), from.scope != 0) << to_text(from);
  }
}

TEST_F(BeaconSocketTest, HearsOverIpv6WhereAnInterfaceHasALinkLocalAddress) {
  Node a;
  open(a);
  // An address is not usable in the first two seconds after its interface came up, so ask again.
  bool heard = false;
  for (int attempt = 0; attempt < 3 && !heard; ++attempt) {
    a.socket->send(view_of("beacon"));
    test_.run_for(20ms);
    heard = std::any_of(a.heard.begin(), a.heard.end(),
                        [](const auto& h) { return !h.first.is_ipv4(); });
  }
  if (!heard) GTEST_SKIP() << "this machine has no interface for IPv6 multicast";
}

TEST_F(BeaconSocketTest, DoesNotHearWhatIsSentToTheMachineInsteadOfTheGroup) {
  Node a;
  open(a);
  const auto stranger =
      std::move(*UdpSocket::open(test_.loop(), Endpoint::ipv4(127, 0, 0, 1, 0), [](auto) {}));
  const env::OutgoingDatagram unicast{Endpoint::ipv4(127, 0, 0, 1, port_), view_of("unicast")};
  stranger->send({&unicast, 1});
  a.socket->send(view_of("beacon"));
  ASSERT_TRUE(test_.run_until([&] { return a.has_heard("beacon"); }));
  EXPECT_FALSE(a.has_heard("unicast"));
}

TEST_F(BeaconSocketTest, OtherPortsAreOtherNetworks) {
  Node a;
  open(a);
  port_ = free_port();
  Node b;
  open(b);
  a.socket->send(view_of("from a"));
  b.socket->send(view_of("from b"));
  ASSERT_TRUE(test_.run_until([&] { return a.has_heard("from a") && b.has_heard("from b"); }));
  EXPECT_FALSE(b.has_heard("from a"));
}

TEST_F(BeaconSocketTest, SaysThatAnotherProgramHasThePort) {
  const auto other = UdpSocket::open(test_.loop(), Endpoint::ipv4(0, 0, 0, 0, 0), [](auto) {});
  const auto refused =
      MulticastBeaconSocket::open(test_.loop(), (*other)->local().port, [](auto) {});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error(), env::SocketError::address_in_use);
}

TEST_F(BeaconSocketTest, DropsWhatIsLargerThanABeacon) {
  Node a;
  open(a);
  a.socket->send(Bytes(MulticastBeaconSocket::kReadLimits.message_size_max + 1));
  a.socket->send(view_of("beacon"));
  ASSERT_TRUE(test_.run_until([&] { return a.has_heard("beacon"); }));
  for (const auto& [from, text] : a.heard) EXPECT_EQ(text, "beacon");
}

TEST_F(BeaconSocketTest, MayBeDestroyedInItsCallback) {
  Node node;
  int calls = 0;
  auto socket = MulticastBeaconSocket::open(test_.loop(), port_, [&](auto) {
    node.socket.reset();
    ++calls;
  });
  ASSERT_TRUE(socket);
  node.socket = std::move(*socket);
  node.socket->send(view_of("beacon"));
  ASSERT_TRUE(test_.run_until([&] { return calls == 1; }));
  test_.run_for(10ms);
  EXPECT_EQ(calls, 1);
}

}  // namespace beacon_socket_test
}  // namespace starling::os
