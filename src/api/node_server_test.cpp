// The API of a node through real sockets, with the three threads that a program has: network, API and client.
#include <atomic>
#include <deque>
#include <fmt/core.h>
#include <gtest/gtest.h>
#include <mutex>
#include <semaphore>
#include <thread>

#include "api/api_server.h"
#include "api/node_world_test.h"
#include "base/bytes.h"
#include "http/loopback_client.h"

namespace starling::api {
namespace node_server_test {

using nlohmann::json;

// Runs a world on a thread of its own, and tasks of other threads between its steps.
class NetworkThread {
 public:
  NetworkThread() : thread_([this](const std::stop_token& stop) { run(stop); }) {}

  void post(std::function<void()> task) {
    const std::lock_guard lock(mutex_);
    tasks_.push_back(std::move(task));
  }
  // Waits until the task is done.
  void call(const std::function<void(NodeWorld&)>& task) {
    std::binary_semaphore done(0);
    post([&] {
      task(*world_);
      done.release();
    });
    done.acquire();
  }
  // The thread ends without the tasks that are left, as an event loop does.
  void stop() {
    thread_.request_stop();
    thread_.join();
    const std::lock_guard lock(mutex_);
    tasks_.clear();
  }

 private:
  void run(const std::stop_token& stop) {
    NodeWorld world;
    world_ = &world;
    for (size_t i = 0; i < 2; ++i) {
      world.home(i).make_api([this](std::function<void()> task) { post(std::move(task)); });
    }
    while (!stop.stop_requested()) {
      std::deque<std::function<void()>> tasks;
      {
        const std::lock_guard lock(mutex_);
        tasks.swap(tasks_);
      }
      for (const auto& task : tasks) task();
      world.world().run_for(10ms);
    }
  }

  std::mutex mutex_;
  std::deque<std::function<void()>> tasks_;
  NodeWorld* world_ = nullptr;  // its own thread only
  std::jthread thread_;
};

class NodeServerTest : public testing::Test {
 protected:
  NodeServerTest() {
    for (size_t i = 0; i < 2; ++i) {
      ApiHandler handler;
      network_.call([&](NodeWorld& world) { handler = world.home(i).api->handler(); });
      servers_[i] =
          ApiServer::start(Endpoint::ipv4(127, 0, 0, 1, 0), token_, random_[i], handler).value();
    }
  }
  std::string request(size_t index, const std::string& line, const std::string& body = "",
                      const std::string& more = "") {
    return fmt::format(
        "{} HTTP/1.1\r\nHost: 127.0.0.1:{}\r\nAuthorization: Bearer {}\r\nContent-Length: "
        "{}\r\n{}\r\n{}",
        line, servers_[index]->address().port, to_hex(token_.reveal()), body.size(), more, body);
  }
  http::ReceivedResponse ask(size_t index, const std::string& line, const std::string& body = "") {
    http::LoopbackClient client(servers_[index]->address());
    client.send(request(index, line, body));
    return client.receive();
  }
  void close_api(size_t index) {
    network_.call([&](NodeWorld& world) {
      world.home(index).node->set_observer({});
      world.home(index).api.reset();
    });
  }
  // To an address where nobody is: answered after 30 s of virtual time, unless something comes between.
  std::string hopeless_join() {
    std::string link;
    network_.call([&](NodeWorld& world) {
      link = "starling:" + to_text(world.home(1).identity.key()) + "?at=udp://10.9.9.9:7117";
    });
    return request(0, "POST /api/v1/join", json{{"link", link}}.dump());
  }

  std::array<crypto::SeededRandom, 2> random_ = {crypto::SeededRandom(1), crypto::SeededRandom(2)};
  AccessToken token_ = crypto::SeededRandom(3).secret<AccessToken>();
  NetworkThread network_;
  std::array<std::unique_ptr<ApiServer>, 2> servers_;
};

TEST_F(NodeServerTest, TwoNodesMeetThroughTheirApisAndSayWhenTheyDid) {
  http::LoopbackClient watcher(servers_[0]->address());
  watcher.send(request(0, "GET /api/v1/events", "",
                       "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
                       "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"));
  ASSERT_EQ(watcher.receive().status, 101);
  const json invitation = json::parse(ask(0, "POST /api/v1/invite", "{}").body);
  const http::ReceivedResponse joined =
      ask(1, "POST /api/v1/join", json{{"link", invitation["link"]}}.dump());
  EXPECT_EQ(joined.status, 200);
  EXPECT_EQ(joined.body, R"({"outcome":"accepted"})");
  const json event = json::parse(watcher.receive_frame().payload);
  EXPECT_EQ(event["event"], "link_up");
  EXPECT_EQ(event["key"], json::parse(ask(1, "GET /api/v1/status").body)["key"]);
  EXPECT_EQ(json::parse(ask(0, "GET /api/v1/peers").body)["peers"][0]["key"], event["key"]);
}

TEST_F(NodeServerTest, TheNodeMayGoBeforeTheServer) {
  close_api(0);
  EXPECT_EQ(ask(0, "GET /api/v1/status").status, 503);
  EXPECT_EQ(ask(1, "GET /api/v1/status").status, 200);
}

TEST_F(NodeServerTest, TheNetworkThreadMayEndWhileRequestsWait) {
  http::LoopbackClient client(servers_[0]->address());
  client.send(hopeless_join());
  network_.stop();
  const int status = client.receive().status;
  EXPECT_TRUE(status == 503 || status == 200) << status;  // 200 if the world was faster
}

TEST_F(NodeServerTest, TheServerMayGoWhileRequestsWait) {
  http::LoopbackClient client(servers_[0]->address());
  client.send(hopeless_join());
  servers_[0].reset();
  network_.call([](NodeWorld& world) { world.world().run_for(60s); });
}

TEST_F(NodeServerTest, TheServerMayGoWhileEventsCome) {
  const json invitation = json::parse(ask(0, "POST /api/v1/invite", "{}").body);
  http::LoopbackClient watcher(servers_[1]->address());
  watcher.send(request(1, "GET /api/v1/events", "",
                       "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
                       "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"));
  ASSERT_EQ(watcher.receive().status, 101);
  http::LoopbackClient joining(servers_[1]->address());
  joining.send(request(1, "POST /api/v1/join", json{{"link", invitation["link"]}}.dump()));
  servers_[1].reset();
  network_.call([](NodeWorld& world) { world.world().run_for(10s); });
}

TEST_F(NodeServerTest, TellsThatItStopsBeforeItDoes) {
  http::LoopbackClient client(servers_[0]->address());
  client.send(request(0, "POST /api/v1/stop"));
  int stops = 0;
  while (stops == 0) network_.call([&](NodeWorld& world) { stops = world.home(0).stops; });
  servers_[0]->stop();
  EXPECT_EQ(client.receive().body, R"({"state":"stopping"})");
}

TEST_F(NodeServerTest, ServesSeveralClientsAtOnce) {
  std::vector<std::jthread> clients;
  std::atomic<int> answered = 0;
  for (int i = 0; i < 8; ++i) {
    clients.emplace_back([&] {
      http::LoopbackClient client(servers_[0]->address());
      for (int j = 0; j < 20; ++j) {
        client.send(request(0, j % 2 == 0 ? "GET /api/v1/status" : "GET /api/v1/peers"));
        if (client.receive().status == 200) ++answered;
      }
    });
  }
  clients.clear();
  EXPECT_EQ(answered, 8 * 20);
}

}  // namespace node_server_test
}  // namespace starling::api
