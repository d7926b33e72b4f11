#include "os/linux/datagram_sender.h"

#include <deque>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <utility>
#include <vector>

#include "os/file_descriptor.h"

namespace starling::os {
namespace datagram_sender_test {

using env::OutgoingDatagram;

// Two plain blocking sockets on loopback: one for the sender under test, one that reads single
// datagrams.
class DatagramSenderTest : public testing::Test {
 protected:
  DatagramSenderTest() : from_(open()), to_(open()), target_(local_endpoint(to_.number())) {}

  static FileDescriptor open() {
    FileDescriptor socket{::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0)};
    const SocketAddress any = to_socket_address(Endpoint::ipv4(127, 0, 0, 1, 0));
    EXPECT_EQ(bind(socket.number(), &any.any, any.size), 0);
    return socket;
  }
  OutgoingDatagram datagram(size_t size, uint8_t mark) {
    storage_.push_back(Bytes(size, mark));
    return {target_, storage_.back()};
  }
  // Size and first byte of the next datagram that arrived; {0, 0} also when there is none.
  std::pair<size_t, int> next() {
    Bytes buffer(65'536);
    const ssize_t size = recv(to_.number(), buffer.data(), buffer.size(), MSG_DONTWAIT);
    return size <= 0 ? std::pair<size_t, int>{0, 0}
                     : std::pair<size_t, int>{static_cast<size_t>(size), buffer[0]};
  }

  FileDescriptor from_;
  FileDescriptor to_;
  Endpoint target_;
  std::deque<Bytes> storage_;
};

TEST_F(DatagramSenderTest, KeepsBoundariesAndOrderWhateverItJoins) {
  DatagramSender sender(from_.number(), true);
  const std::vector<size_t> sizes = {100, 100, 100, 40, 100, 200, 200, 0, 5, 5, 6};
  std::vector<OutgoingDatagram> datagrams;
  for (size_t i = 0; i < sizes.size(); ++i) {
    datagrams.push_back(datagram(sizes[i], static_cast<uint8_t>(i + 1)));
  }
  sender.send(datagrams);
  EXPECT_EQ(sender.counts().sent, sizes.size());
  for (size_t i = 0; i < sizes.size(); ++i) {
    const std::pair<size_t, int> expected{sizes[i], sizes[i] == 0 ? 0 : static_cast<int>(i + 1)};
    EXPECT_EQ(next(), expected) << i;
  }
  EXPECT_EQ(next().first, 0U);
}

TEST_F(DatagramSenderTest, JoinsNoMoreThanTheKernelTakes) {
  DatagramSender sender(from_.number(), true);
  const bool kernel_has_trains = sender.sends_trains();
  std::vector<OutgoingDatagram> datagrams;
  for (size_t i = 0; i < 70; ++i) datagrams.push_back(datagram(8, static_cast<uint8_t>(i + 1)));
  for (size_t i = 0; i < 3; ++i) datagrams.push_back(datagram(30'000, static_cast<uint8_t>(i + 1)));
  sender.send(datagrams);
  EXPECT_EQ(sender.counts().sent, datagrams.size());
  EXPECT_EQ(sender.sends_trains(), kernel_has_trains);  // it never refused
  for (size_t i = 0; i < datagrams.size(); ++i) EXPECT_EQ(next().first, datagrams[i].bytes.size());
}

TEST_F(DatagramSenderTest, GivesTrainsUpForGoodWhenTheKernelRefusesThem) {
  const int on = 1;
  // The kernel takes apart no trains for sockets without checksums.
  ASSERT_EQ(setsockopt(from_.number(), SOL_SOCKET, SO_NO_CHECK, &on, sizeof on), 0);
  DatagramSender sender(from_.number(), true);
  std::vector<OutgoingDatagram> datagrams;
  for (uint8_t i = 1; i <= 10; ++i) datagrams.push_back(datagram(100, i));
  sender.send(datagrams);
  sender.send(datagrams);
  EXPECT_FALSE(sender.sends_trains());
  EXPECT_EQ(sender.counts().sent, 20U);
  for (int i = 0; i < 20; ++i) EXPECT_EQ(next(), (std::pair<size_t, int>{100, i % 10 + 1}));
}

TEST_F(DatagramSenderTest, CountsEachDatagramAboveTheMtuAndGoesOnWithTheRest) {
  DatagramSender sender(from_.number(), true);
  const bool kernel_has_trains = sender.sends_trains();
  const std::vector<OutgoingDatagram> datagrams = {datagram(10, 1), datagram(65'536, 2),
                                                   datagram(65'536, 3), datagram(10, 4)};
  sender.send(datagrams);
  EXPECT_EQ(sender.counts().dropped_too_big, 2U);
  EXPECT_EQ(sender.counts().sent, 2U);
  EXPECT_EQ(sender.sends_trains(), kernel_has_trains);
  EXPECT_EQ(next(), (std::pair<size_t, int>{10, 1}));
  EXPECT_EQ(next(), (std::pair<size_t, int>{10, 4}));
}

TEST_F(DatagramSenderTest, CountsEndpointsOfTheOtherFamilyAsErrors) {
  DatagramSender sender(from_.number(), true);
  const Bytes bytes(10);
  const std::vector<OutgoingDatagram> datagrams = {
      {*parse_endpoint("[::1]:9"), bytes}, datagram(10, 1), {*parse_endpoint("[::1]:9"), bytes}};
  sender.send(datagrams);
  EXPECT_EQ(sender.counts().dropped_error, 2U);
  EXPECT_EQ(sender.counts().sent, 1U);
}

}  // namespace datagram_sender_test
}  // namespace starling::os
