// Bodies that come little by little, and tunnels. api/api_server_test.cpp has the rest of what the server promises.
#include "http/server.h"

#include <gtest/gtest.h>
#include <mutex>
#include <thread>

#include "http/body.h"
#include "http/json_response.h"
#include "http/loopback_client.h"

namespace starling::http {
namespace server_test {

// `pieces` of 100,000 bytes; then the end, or a break.
class Pieces : public BodySource {
 public:
  Pieces(size_t pieces, bool breaks) : left_(pieces), breaks_(breaks) {}
  void read(ReadDone done) override {
    if (left_ > 0) {
      --left_;
      // From another thread, as a node answers.
      return std::thread([done = std::move(done)] { done(Bytes(100'000, 'x')); }).detach();
    }
    done(breaks_ ? std::nullopt : std::optional<Bytes>(Bytes()));
  }

 private:
  size_t left_;
  bool breaks_;
};

// Says back what it hears, ends when the client has ended.
class EchoTunnel : public Tunnel {
 public:
  void read(ReadDone done) override {
    const std::lock_guard lock(mutex_);
    waiting_ = std::move(done);
    answer();
  }
  void write(Bytes bytes, WriteDone done) override {
    const std::lock_guard lock(mutex_);
    heard_.insert(heard_.end(), bytes.begin(), bytes.end());
    answer();
    done(true);
  }
  void finish() override {
    const std::lock_guard lock(mutex_);
    finished_ = true;
    answer();
  }
  void abort() override {
    const std::lock_guard lock(mutex_);
    aborted_ = true;
  }
  bool aborted() {
    const std::lock_guard lock(mutex_);
    return aborted_;
  }
  void break_off() {
    const std::lock_guard lock(mutex_);
    broken_ = true;
    answer();
  }

 private:
  void answer() {
    if (!waiting_) return;
    if (broken_) {
      std::exchange(waiting_, nullptr)(std::nullopt);
    } else if (!heard_.empty() || finished_) {
      std::exchange(waiting_, nullptr)(std::exchange(heard_, {}));
    }
  }

  std::mutex mutex_;
  ReadDone waiting_;
  Bytes heard_;
  bool finished_ = false;
  bool aborted_ = false;
  bool broken_ = false;
};

class HttpServerTest : public testing::Test {
 protected:
  HttpServerTest() {
    server_ = Server::listen(Endpoint::ipv4(127, 0, 0, 1, 0), {{"X-All", "yes"}}).value();
    server_->serve([this](const Request& request, const Responder& respond) {
      Response response;
      if (request.path == "/tunnel") {
        response.tunnel = tunnel_;
      } else {
        const size_t pieces = request.path == "/short" ? 3 : 50;
        response.source = std::make_shared<Pieces>(pieces, request.path == "/broken");
        response.source_size = request.path == "/whole" ? 5'000'000 : 6'000'000;
        response.content_type = "text/plain";
        response.headers = {{"ETag", "\"1\""}};
      }
      respond(std::move(response));
    });
  }
  std::string get(const std::string& path, const std::string& more = "") {
    return "GET " + path + " HTTP/1.1\r\nHost: localhost\r\n" + more + "\r\n";
  }
  const std::string upgrade_ = "Connection: keep-alive, Upgrade\r\nUpgrade: starling-stream\r\n";

  std::shared_ptr<EchoTunnel> tunnel_ = std::make_shared<EchoTunnel>();
  std::unique_ptr<Server> server_;
};

TEST_F(HttpServerTest, WritesABodyThatComesLittleByLittleAndGoesOn) {
  LoopbackClient client(server_->address());
  for (int i = 0; i < 2; ++i) {
    client.send(get("/whole"));
    const ReceivedResponse response = client.receive();
    EXPECT_EQ(response.status, 200);
    EXPECT_EQ(response.headers.at("x-all"), "yes");
    EXPECT_EQ(response.headers.at("etag"), "\"1\"");
    EXPECT_EQ(response.headers.at("content-type"), "text/plain");
    EXPECT_EQ(response.body, std::string(5'000'000, 'x'));
  }
}

TEST_F(HttpServerTest, TellsHeadTheSizeAndReadsNothing) {
  LoopbackClient client(server_->address());
  client.send("HEAD /whole HTTP/1.1\r\nHost: localhost\r\n\r\n" + get("/whole"));
  EXPECT_EQ(client.receive(/*has_body=*/false).headers.at("content-length"), "5000000");
  EXPECT_EQ(client.receive().body.size(), 5'000'000u);
}

TEST_F(HttpServerTest, ABodyThatEndsTooSoonEndsTheConnection) {
  for (const char* path : {"/short", "/broken"}) {
    LoopbackClient client(server_->address());
    client.send(get(path));
    EXPECT_EQ(client.receive().status, 0) << path;
  }
}

TEST_F(HttpServerTest, AClientThatLeavesInTheMiddleHarmsNobody) {
  for (int i = 0; i < 20; ++i) {
    LoopbackClient client(server_->address());
    client.send(get("/whole"));
  }
  LoopbackClient client(server_->address());
  client.send(get("/whole"));
  EXPECT_EQ(client.receive().body.size(), 5'000'000u);
}

TEST_F(HttpServerTest, AnUpgradeBecomesATunnelWithWhatTheClientSentAlready) {
  LoopbackClient client(server_->address());
  client.send(get("/tunnel", upgrade_) + "first ");
  const ReceivedResponse response = client.receive(/*has_body=*/false);
  EXPECT_EQ(response.status, 101);
  EXPECT_EQ(response.headers.at("upgrade"), "starling-stream");
  EXPECT_EQ(client.receive_bytes(6), "first ");
  client.send(std::string(1'000'000, 'y'));
  EXPECT_EQ(client.receive_bytes(1'000'000), std::string(1'000'000, 'y'));
  client.finish();
  EXPECT_TRUE(client.is_closed_by_server());
}

TEST_F(HttpServerTest, WithoutUpgradeThereIsNoTunnel) {
  LoopbackClient client(server_->address());
  client.send(get("/tunnel"));
  EXPECT_EQ(client.receive().status, 200);
}

TEST_F(HttpServerTest, ATunnelThatBreaksIsNoEnd) {
  LoopbackClient client(server_->address());
  client.send(get("/tunnel", upgrade_));
  EXPECT_EQ(client.receive(false).status, 101);
  tunnel_->break_off();
  EXPECT_TRUE(client.is_reset_by_server());
}

TEST_F(HttpServerTest, StopsWithTunnelsAndBodiesUnderWay) {
  LoopbackClient digging(server_->address());
  digging.send(get("/tunnel", upgrade_));
  ASSERT_EQ(digging.receive(false).status, 101);
  LoopbackClient reading(server_->address());
  reading.send(get("/whole"));
  server_->stop();
  EXPECT_TRUE(tunnel_->aborted());
  EXPECT_TRUE(digging.is_closed_by_server());
}

}  // namespace server_test
}  // namespace starling::http
