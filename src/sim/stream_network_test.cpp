#include "sim/stream_network.h"

#include <gtest/gtest.h>
#include <string>

#include "sim/world.h"

namespace starling::sim {
namespace stream_network_test {

constexpr uint16_t kPort = 443;

// One end of a stream and what it was told.
struct Peer {
  std::unique_ptr<env::StreamConnection> stream;
  bool connected = false;
  std::string received;
  size_t pieces = 0;
  std::optional<env::SocketError> closed;

  void take(std::unique_ptr<env::StreamConnection> taken) {
    stream = std::move(taken);
    stream->set_handlers({.connected = [this] { connected = true; },
                          .received =
                              [this](ByteView bytes) {
                                received += text_of(bytes);
                                ++pieces;
                              },
                          .closed =
                              [this](env::SocketError error) {
                                EXPECT_FALSE(closed);
                                closed = error;
                              }});
  }
};

class StreamNetworkTest : public testing::Test {
 protected:
  void listen() {
    listener_ = world_.runtime(server_host_)
                    .listen_stream(Endpoint::ipv4(0, 0, 0, 0, kPort),
                                   [this](auto stream) { server_.take(std::move(stream)); })
                    .value();
  }
  void connect() {
    client_.take(world_.runtime(client_host_)
                     .connect_stream(world_.network().endpoint(server_host_, kPort))
                     .value());
  }
  void establish() {
    listen();
    connect();
    world_.run_for(1s);
    ASSERT_TRUE(client_.connected);
    ASSERT_NE(server_.stream, nullptr);
  }

  World world_{{.seed = 5, .link = {.latency = 10ms}}};
  const HostId client_host_ = world_.add_host();
  const HostId server_host_ = world_.add_host();
  std::unique_ptr<env::StreamListener> listener_;
  Peer client_;
  Peer server_;
};

TEST_F(StreamNetworkTest, ConnectsInOneRoundTrip) {
  listen();
  connect();
  world_.run_for(20ms - 1ns);
  EXPECT_FALSE(client_.connected);
  world_.run_for(1ns);
  EXPECT_TRUE(client_.connected);
  EXPECT_EQ(client_.stream->remote(), world_.network().endpoint(server_host_, kPort));
  EXPECT_EQ(server_.stream->remote().address, world_.network().endpoint(client_host_, 0).address);
}

TEST_F(StreamNetworkTest, CarriesBytesInOrderBothWaysUnderLossAndJitter) {
  world_.network().set_default_link({.latency = 10ms, .jitter = 50ms, .loss = 0.5, .reorder = 0.5});
  establish();
  std::string expected;
  for (int i = 0; i < 1000; ++i) {
    const std::string line = std::to_string(i) + "\n";
    expected += line;
    EXPECT_TRUE(client_.stream->write(view_of(line)));
    EXPECT_TRUE(server_.stream->write(view_of(line)));
    if (i % 100 == 0) world_.run_for(5ms);
  }
  world_.run_for(10s);
  EXPECT_EQ(server_.received, expected);
  EXPECT_EQ(client_.received, expected);
  // Pieces do not match writes: whoever relies on that is found out.
  EXPECT_GT(server_.pieces, 1000U);
}

TEST_F(StreamNetworkTest, RefusesAWriteThatTheBufferHasNoRoomForUntilItHas) {
  establish();
  const Bytes full(env::StreamConnection::kWriteBufferMax);
  EXPECT_TRUE(client_.stream->write(full));
  EXPECT_FALSE(client_.stream->write(view_of("x")));
  EXPECT_TRUE(client_.stream->write({}));
  world_.run_for(1s);
  EXPECT_EQ(server_.received.size(), full.size());
  EXPECT_TRUE(client_.stream->write(view_of("x")));
}

TEST_F(StreamNetworkTest, TakesTheTimeThatThePathsRateAsks) {
  establish();
  world_.network().set_default_link({.latency = 10ms, .bytes_per_s = 1e5});
  EXPECT_TRUE(client_.stream->write(Bytes(50'000)));
  EXPECT_TRUE(client_.stream->write(Bytes(50'000)));
  world_.run_for(520ms);
  EXPECT_EQ(server_.received.size(), 50'000U);
  world_.run_for(500ms);
  EXPECT_EQ(server_.received.size(), 100'000U);
}

TEST_F(StreamNetworkTest, IsRefusedWhenNobodyListens) {
  connect();
  world_.run_for(20ms);
  EXPECT_EQ(client_.closed, env::SocketError::refused);
  EXPECT_FALSE(client_.connected);
}

TEST_F(StreamNetworkTest, GivesUpWhenNobodyHasTheAddress) {
  client_.take(
      world_.runtime(client_host_).connect_stream(Endpoint::ipv4(192, 0, 2, 1, 1)).value());
  world_.run_for(StreamNetwork::kGiveUp - 1ns);
  EXPECT_FALSE(client_.closed);
  world_.run_for(1ns);
  EXPECT_EQ(client_.closed, env::SocketError::unreachable);
}

TEST_F(StreamNetworkTest, DeliversWhatWasWrittenBeforeTheOtherEndCloses) {
  establish();
  EXPECT_TRUE(client_.stream->write(view_of("last words")));
  client_.stream.reset();
  world_.run_for(1s);
  EXPECT_EQ(server_.received, "last words");
  EXPECT_EQ(server_.closed, env::SocketError::closed);
  EXPECT_FALSE(server_.stream->write(view_of("x")));
  EXPECT_FALSE(client_.closed);
}

TEST_F(StreamNetworkTest, ClosesThePeersStreamWithAnErrorWhenAHostCrashes) {
  establish();
  EXPECT_TRUE(server_.stream->write(view_of("never arrives")));
  world_.crash(server_host_);
  EXPECT_FALSE(server_.stream->write(view_of("x")));
  world_.run_for(1s);
  EXPECT_EQ(client_.closed, env::SocketError::failed);
  EXPECT_EQ(client_.received, "");
  EXPECT_FALSE(server_.closed);
  connect();
}

TEST_F(StreamNetworkTest, FailsAtBothEndsTwentySecondsAfterABlock) {
  establish();
  world_.network().block_one_way(server_host_, client_host_);
  world_.run_for(StreamNetwork::kGiveUp - 1ns);
  EXPECT_FALSE(client_.closed);
  world_.run_for(1ns);
  EXPECT_EQ(client_.closed, env::SocketError::failed);
  EXPECT_EQ(server_.closed, env::SocketError::failed);
}

TEST_F(StreamNetworkTest, GoesOnWhereItStoppedWhenTheBlockEndsInTime) {
  establish();
  EXPECT_TRUE(client_.stream->write(view_of("in flight, ")));
  world_.run_for(5ms);
  world_.network().partition({{client_host_}, {server_host_}});
  EXPECT_TRUE(client_.stream->write(view_of("waiting")));
  world_.run_for(19s);
  EXPECT_EQ(server_.received, "");
  world_.network().heal();
  world_.run_for(1min);
  EXPECT_EQ(server_.received, "in flight, waiting");
  EXPECT_FALSE(client_.closed);
}

TEST_F(StreamNetworkTest, FailsWhenAnEndLosesItsAddress) {
  establish();
  world_.network().set_address(client_host_, Endpoint::ipv4(198, 51, 100, 1, 0));
  world_.run_for(StreamNetwork::kGiveUp);
  EXPECT_EQ(client_.closed, env::SocketError::failed);
  EXPECT_EQ(server_.closed, env::SocketError::failed);
}

TEST_F(StreamNetworkTest, LetsAnOwnerDestroyBothEndsFromInsideACallback) {
  listen();
  client_.stream = world_.runtime(client_host_)
                       .connect_stream(world_.network().endpoint(server_host_, kPort))
                       .value();
  client_.stream->set_handlers({.connected = {}, .received = {}, .closed = [this](auto) {
                                  client_.stream.reset();
                                  server_.stream.reset();
                                }});
  world_.run_for(1s);
  world_.network().block(client_host_, server_host_);
  world_.run_for(1min);
  EXPECT_EQ(client_.stream, nullptr);
  EXPECT_EQ(server_.stream, nullptr);
  world_.network().heal();
  server_ = {};
  client_ = {};
  connect();
  world_.run_for(1s);
  EXPECT_TRUE(client_.connected);
}

}  // namespace stream_network_test
}  // namespace starling::sim
