#include "os/linux/udp_socket.h"

#include <deque>
#include <gtest/gtest.h>
#include <string>
#include <utility>
#include <vector>

#include "os/test_loop.h"

namespace starling::os {
namespace udp_socket_test {

using env::OutgoingDatagram;
using env::ReceivedDatagram;
using env::SocketError;

const Endpoint kLoopbackV4 = Endpoint::ipv4(127, 0, 0, 1, 0);
const Endpoint kLoopbackV6 = *parse_endpoint("[::1]:0");

class UdpSocketTest : public testing::Test {
 protected:
  std::unique_ptr<UdpSocket> open(const Endpoint& local, UdpSocket::Receive receive) {
    auto socket = UdpSocket::open(test_.loop(), local, std::move(receive));
    return socket ? std::move(*socket) : nullptr;
  }
  // Keeps what arrives in received_.
  UdpSocket::Receive collect() {
    return [this](std::span<const ReceivedDatagram> datagrams) {
      for (const auto& datagram : datagrams) {
        received_.emplace_back(datagram.from, copy_of(datagram.bytes));
      }
    };
  }
  bool wait_for_datagrams(size_t count) {
    return test_.run_until([&] { return received_.size() >= count; });
  }
  void echo_over(const Endpoint& local);

  TestLoop test_;
  std::vector<std::pair<Endpoint, Bytes>> received_;
};

void UdpSocketTest::echo_over(const Endpoint& local) {
  std::unique_ptr<UdpSocket> server;
  server = open(local, [&](std::span<const ReceivedDatagram> datagrams) {
    for (const auto& datagram : datagrams) {
      const OutgoingDatagram answer{datagram.from, datagram.bytes};
      server->send({&answer, 1});
    }
  });
  const auto client = open(local, collect());
  ASSERT_TRUE(server && client);
  EXPECT_EQ(server->local().address, local.address);
  EXPECT_NE(server->local().port, 0);
  const std::vector<OutgoingDatagram> questions = {{server->local(), view_of("one")},
                                                   {server->local(), view_of("")},
                                                   {server->local(), view_of("three")}};
  client->send(questions);
  ASSERT_TRUE(wait_for_datagrams(3));
  for (size_t i = 0; i < questions.size(); ++i) {
    EXPECT_EQ(received_[i].first, server->local());
    EXPECT_TRUE(same_bytes(received_[i].second, questions[i].bytes));
  }
  EXPECT_EQ(client->counts().sent, 3U);
  EXPECT_EQ(client->counts().received, 3U);
}

TEST_F(UdpSocketTest, EchoesOverIpv4) { echo_over(kLoopbackV4); }

TEST_F(UdpSocketTest, EchoesOverIpv6) {
  if (!open(kLoopbackV6, collect())) GTEST_SKIP() << "this machine has no ::1";
  echo_over(kLoopbackV6);
}

TEST_F(UdpSocketTest, Carries200FullDatagramsToOneEndpointCompleteAndInOrder) {
  const auto receiver = open(kLoopbackV4, collect());
  const auto sender = open(kLoopbackV4, collect());
  constexpr size_t kCount = 200;
  constexpr size_t kBurst =
      50;  // 60 kB: fits the kernel's buffer on machines that grant no larger one
  std::deque<Bytes> contents;
  std::vector<OutgoingDatagram> datagrams;
  for (size_t i = 0; i < kCount; ++i) {
    contents.emplace_back(1200, static_cast<uint8_t>(i));
    datagrams.push_back({receiver->local(), contents.back()});
  }
  for (size_t i = 0; i < kCount; i += kBurst) {
    sender->send(std::span(datagrams).subspan(i, kBurst));
    ASSERT_TRUE(wait_for_datagrams(i + kBurst));
  }
  ASSERT_EQ(received_.size(), kCount);
  for (size_t i = 0; i < kCount; ++i) EXPECT_EQ(received_[i].second, contents[i]) << i;
  EXPECT_EQ(sender->counts().sent, kCount);
  EXPECT_EQ(receiver->counts().received, kCount);
}

TEST_F(UdpSocketTest, CountsADatagramAboveTheMtuAndDropsIt) {
  const auto receiver = open(kLoopbackV4, collect());
  const auto sender = open(kLoopbackV4, collect());
  const Bytes too_big(65'536);
  const std::vector<OutgoingDatagram> datagrams = {{receiver->local(), too_big},
                                                   {receiver->local(), view_of("next")}};
  sender->send(datagrams);
  ASSERT_TRUE(wait_for_datagrams(1));
  EXPECT_EQ(text_of(received_[0].second), "next");
  EXPECT_EQ(sender->counts().dropped_too_big, 1U);
  EXPECT_EQ(sender->counts().sent, 1U);
}

TEST_F(UdpSocketTest, SurvivesWhatIcmpSaysAboutAClosedPort) {
  auto nobody = open(kLoopbackV4, collect());
  const Endpoint closed_port = nobody->local();
  nobody.reset();
  const auto receiver = open(kLoopbackV4, collect());
  const auto sender = open(kLoopbackV4, collect());
  for (int i = 0; i < 10; ++i) {
    const std::vector<OutgoingDatagram> datagrams = {{closed_port, view_of("lost")},
                                                     {receiver->local(), view_of("arrives")}};
    sender->send(datagrams);
    ASSERT_TRUE(wait_for_datagrams(static_cast<size_t>(i) + 1));
  }
  const OutgoingDatagram back{sender->local(), view_of("back")};
  receiver->send({&back, 1});
  ASSERT_TRUE(wait_for_datagrams(11));
}

TEST_F(UdpSocketTest, LetsTimersRunBetweenTheRoundsOfAFlood) {
  // More than one wake-up may read: each datagram that arrives puts two more into the socket.
  std::unique_ptr<UdpSocket> socket;
  size_t seen = 0;
  socket = open(kLoopbackV4, [&](std::span<const ReceivedDatagram> datagrams) {
    seen += datagrams.size();
    const std::vector<OutgoingDatagram> more(2, {socket->local(), view_of("again")});
    socket->send(more);
  });
  const OutgoingDatagram first{socket->local(), view_of("first")};
  socket->send({&first, 1});
  EXPECT_TRUE(test_.run_until([&] { return seen > 10'000; }));
}

TEST_F(UdpSocketTest, MayBeDestroyedInItsCallbackWhileMoreIsWaiting) {
  std::unique_ptr<UdpSocket> receiver;
  const std::string captured(100, 'x');  // the callback's own memory must last until it returns
  int calls = 0;
  receiver = open(kLoopbackV4, [&, captured](std::span<const ReceivedDatagram> datagrams) {
    receiver.reset();
    EXPECT_EQ(datagrams.front().bytes.front(), 7);  // and so must the bytes
    calls += captured.size() == 100;
  });
  const auto sender = open(kLoopbackV4, collect());
  std::deque<Bytes> contents;
  std::vector<OutgoingDatagram> datagrams;
  for (size_t i = 0; i < 100;
       ++i) {  // all sizes differ, so each is a message of its own: two rounds
    contents.emplace_back(i + 1, 7);
    datagrams.push_back({receiver->local(), contents.back()});
  }
  sender->send(datagrams);
  ASSERT_TRUE(test_.run_until([&] { return calls > 0; }));
  test_.run_for(10ms);
  EXPECT_EQ(calls, 1);
}

TEST_F(UdpSocketTest, SaysThatAPortIsTakenOrAnAddressNotOurs) {
  const auto first = open(kLoopbackV4, collect());
  const auto taken = UdpSocket::open(test_.loop(), first->local(), collect());
  ASSERT_FALSE(taken);
  EXPECT_EQ(taken.error(), SocketError::address_in_use);
  const auto foreign = UdpSocket::open(test_.loop(), Endpoint::ipv4(198, 51, 100, 1, 0), collect());
  ASSERT_FALSE(foreign);
  EXPECT_EQ(foreign.error(), SocketError::address_not_available);
}

TEST_F(UdpSocketTest, Ipv4AndIpv6SocketsShareAPortNumber) {
  // Another process may hold the one port that the system chose, but not ten.
  for (int attempt = 0; attempt < 10; ++attempt) {
    const auto v6 = open(*parse_endpoint("[::]:0"), collect());
    if (!v6) GTEST_SKIP() << "this machine has no IPv6";
    if (open(Endpoint::ipv4(0, 0, 0, 0, v6->local().port), collect())) return;
  }
  FAIL() << "the IPv6 socket takes the IPv4 port too";
}

}  // namespace udp_socket_test
}  // namespace starling::os
