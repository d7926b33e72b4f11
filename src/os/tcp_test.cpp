#include "os/tcp.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <optional>
#include <sys/resource.h>

#include "os/file_descriptor.h"
#include "os/test_loop.h"

namespace starling::os {
namespace tcp_test {

using env::SocketError;
using env::StreamConnection;

const Endpoint kLoopbackV4 = Endpoint::ipv4(127, 0, 0, 1, 0);
const Endpoint kLoopbackV6 = *parse_endpoint("[::1]:0");

// What happened to one end.
struct Log {
  int connected = 0;
  Bytes received;
  std::optional<SocketError> closed;

  StreamConnection::Handlers handlers() {
    return {.connected = [this] { ++connected; },
            .received = [this](ByteView bytes) { append(received, bytes); },
            .closed = [this](SocketError error) { closed = error; }};
  }
};

class TcpTest : public testing::Test {
 protected:
  // Takes connections into accepted_, with their log beside them.
  void listen(const Endpoint& local) {
    auto listener = TcpListener::open(test_.loop(), local, [this](auto connection) {
      accepted_log_ = std::make_unique<Log>();
      accepted_ = std::move(connection);
      accepted_->set_handlers(accepted_log_->handlers());
    });
    ASSERT_TRUE(listener);
    listener_ = std::move(*listener);
  }
  void connect() {
    connection_ = std::move(*TcpConnection::connect(test_.loop(), listener_->local()));
    connection_->set_handlers(log_.handlers());
  }
  void connect_both() {
    connect();
    ASSERT_TRUE(test_.run_until([&] { return log_.connected == 1 && accepted_; }));
  }
  void echo_over(const Endpoint& local);

  TestLoop test_;
  std::unique_ptr<TcpListener> listener_;
  std::unique_ptr<Log> accepted_log_;
  std::unique_ptr<StreamConnection> accepted_;
  Log log_;
  std::unique_ptr<StreamConnection> connection_;
};

void TcpTest::echo_over(const Endpoint& local) {
  listen(local);
  EXPECT_NE(listener_->local().port, 0);
  EXPECT_EQ(listener_->local().address, local.address);
  connect_both();
  EXPECT_EQ(connection_->remote(), listener_->local());
  EXPECT_EQ(accepted_->remote().address, local.address);
  ASSERT_TRUE(connection_->write(view_of("hello, ")));
  ASSERT_TRUE(connection_->write(view_of("flock")));
  ASSERT_TRUE(test_.run_until([&] { return accepted_log_->received.size() == 12; }));
  ASSERT_TRUE(accepted_->write(accepted_log_->received));
  ASSERT_TRUE(test_.run_until([&] { return log_.received.size() == 12; }));
  EXPECT_EQ(text_of(log_.received), "hello, flock");
  EXPECT_EQ(log_.connected, 1);
  EXPECT_EQ(accepted_log_->connected, 0);
}

TEST_F(TcpTest, EchoesOverIpv4) { echo_over(kLoopbackV4); }

TEST_F(TcpTest, EchoesOverIpv6) {
  const auto probe = TcpListener::open(test_.loop(), kLoopbackV6, [](auto) {});
  if (!probe) GTEST_SKIP() << "this machine has no ::1";
  echo_over(kLoopbackV6);
}

TEST_F(TcpTest, SendsWhatWasWrittenBeforeTheConnectionStood) {
  listen(kLoopbackV4);
  connect();
  ASSERT_TRUE(connection_->write(view_of("early")));
  ASSERT_TRUE(test_.run_until([&] { return accepted_ && accepted_log_->received.size() == 5; }));
}

TEST_F(TcpTest, TellsTheOtherEndWhenItIsDestroyed) {
  listen(kLoopbackV4);
  connect_both();
  ASSERT_TRUE(connection_->write(view_of("last words")));
  connection_.reset();
  ASSERT_TRUE(test_.run_until([&] { return accepted_log_->closed.has_value(); }));
  EXPECT_EQ(accepted_log_->closed, SocketError::closed);
  EXPECT_EQ(text_of(accepted_log_->received), "last words");
  EXPECT_FALSE(accepted_->write(view_of("too late")));
  EXPECT_FALSE(log_.closed.has_value());  // no callback after destruction
}

TEST_F(TcpTest, SaysThatAConnectionWasRefused) {
  listen(kLoopbackV4);
  const Endpoint nobody = listener_->local();
  listener_.reset();
  connection_ = std::move(*TcpConnection::connect(test_.loop(), nobody));
  connection_->set_handlers(log_.handlers());
  EXPECT_FALSE(log_.closed.has_value());  // never from inside the call
  ASSERT_TRUE(test_.run_until([&] { return log_.closed.has_value(); }));
  EXPECT_EQ(log_.closed, SocketError::refused);
  EXPECT_EQ(log_.connected, 0);
}

TEST_F(TcpTest, SaysThatAnAddressIsTakenOrNotOurs) {
  listen(kLoopbackV4);
  const auto taken = TcpListener::open(test_.loop(), listener_->local(), [](auto) {});
  ASSERT_FALSE(taken);
  EXPECT_EQ(taken.error(), SocketError::address_in_use);
  const auto foreign =
      TcpListener::open(test_.loop(), Endpoint::ipv4(198, 51, 100, 1, 0), [](auto) {});
  ASSERT_FALSE(foreign);
  EXPECT_EQ(foreign.error(), SocketError::address_not_available);
}

TEST_F(TcpTest, RefusesToBufferBeyondTheBoundAndTakesNothingOfIt) {
  listen(kLoopbackV4);
  connect();
  // Not yet connected, so nothing leaves the buffer.
  const Bytes half(StreamConnection::kWriteBufferMax / 2, 1);
  EXPECT_TRUE(connection_->write(half));
  EXPECT_TRUE(connection_->write(half));
  EXPECT_FALSE(connection_->write(view_of("x")));
  EXPECT_TRUE(connection_->write({}));
  ASSERT_TRUE(test_.run_until([&] {
    return accepted_ && accepted_log_->received.size() == StreamConnection::kWriteBufferMax;
  }));
  EXPECT_TRUE(connection_->write(view_of("x")));
  ASSERT_TRUE(test_.run_until(
      [&] { return accepted_log_->received.size() == StreamConnection::kWriteBufferMax + 1; }));
}

TEST_F(TcpTest, CarriesMoreThanTheBufferInOrderWhenTheWriterComesBack) {
  listen(kLoopbackV4);
  connect_both();
  constexpr size_t kTotal = 8 << 20;
  size_t written = 0;
  const auto fill = [&] {
    while (written < kTotal) {
      Bytes chunk(100'003 < kTotal - written ? 100'003 : kTotal - written);
      for (size_t i = 0; i < chunk.size(); ++i)
        chunk[i] = static_cast<uint8_t>((written + i) * 31 >> 8);
      if (!connection_->write(chunk)) return;
      written += chunk.size();
    }
  };
  ASSERT_TRUE(test_.run_until([&] {
    fill();
    return accepted_log_->received.size() == kTotal;
  }));
  const Bytes& received = accepted_log_->received;
  size_t wrong = 0;
  for (size_t i = 0; i < kTotal; ++i) wrong += received[i] != static_cast<uint8_t>(i * 31 >> 8);
  EXPECT_EQ(wrong, 0U);
}

TEST_F(TcpTest, MayBeDestroyedInEachOfItsCallbacks) {
  listen(kLoopbackV4);
  const std::string captured(100, 'x');  // the callback's own memory must last until it returns
  int destroyed = 0;
  const auto destroy = [&, captured] {
    connection_.reset();
    destroyed += captured.size() == 100;
  };
  for (int callback = 0; callback < 3; ++callback) {
    accepted_.reset();
    connection_ = std::move(*TcpConnection::connect(test_.loop(), listener_->local()));
    StreamConnection::Handlers handlers;
    if (callback == 0) handlers.connected = destroy;
    if (callback == 1) {
      handlers.received = [destroy](ByteView bytes) {
        destroy();
        EXPECT_EQ(text_of(bytes), "hi");
      };
    }
    if (callback == 2) handlers.closed = [destroy](SocketError) { destroy(); };
    connection_->set_handlers(std::move(handlers));
    ASSERT_TRUE(test_.run_until([&] { return accepted_ != nullptr; }));
    if (callback == 1) {
      ASSERT_TRUE(accepted_->write(view_of("hi")));
    }
    if (callback == 2) accepted_.reset();
    ASSERT_TRUE(test_.run_until([&] { return destroyed == callback + 1; }));
  }
}

TEST_F(TcpTest, ListenerMayBeDestroyedInItsCallback) {
  const std::string captured(100, 'x');
  bool called = false;
  listener_ =
      std::move(*TcpListener::open(test_.loop(), kLoopbackV4, [&, captured](auto connection) {
        listener_.reset();
        called = captured.size() == 100 && connection != nullptr;
      }));
  connect();
  ASSERT_TRUE(test_.run_until([&] { return called && log_.closed.has_value(); }));
}

TEST_F(TcpTest, AcceptsAgainAfterTheProcessHadNoDescriptorsLeft) {
  listen(kLoopbackV4);
  auto connection = std::move(*TcpConnection::connect(test_.loop(), listener_->local()));
  rlimit before{};
  ASSERT_EQ(getrlimit(RLIMIT_NOFILE, &before), 0);
  rlimit none_left = before;
  {
    const FileDescriptor lowest_free{open("/dev/null", O_RDONLY | O_CLOEXEC)};
    none_left.rlim_cur = static_cast<rlim_t>(lowest_free.number());
  }
  ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &none_left), 0);
  connection->set_handlers(log_.handlers());
  const bool connected = test_.run_until([&] { return log_.connected == 1; });
  test_.run_for(10ms);
  const bool accepted_early = accepted_ != nullptr;
  ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &before), 0);
  EXPECT_TRUE(connected);
  EXPECT_FALSE(accepted_early);
  EXPECT_TRUE(test_.run_until([&] { return accepted_ != nullptr; }));
}

}  // namespace tcp_test
}  // namespace starling::os
