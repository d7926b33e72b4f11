// api/node_world_test.h - for tests: two nodes in a simulated world, each with its API, and requests to them.
#pragma once

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "api/node_api.h"
#include "crypto/key_text.h"
#include "sim/world.h"

namespace starling::api {

class NodeWorld {
 public:
  // Of virtual time; longer than a join waits.
  static constexpr Duration kPatience = 40s;

  NodeWorld() {
    for (std::unique_ptr<Home>& home : homes_) {
      home = std::make_unique<Home>(world_.runtime(world_.add_host()));
    }
    EXPECT_TRUE(world_.run_until([this] { return homes_[0]->started && homes_[1]->started; }, 1s));
  }

  struct Home {
    explicit Home(sim::SimRuntime& own_runtime)
        : runtime(own_runtime),
          identity(crypto::Identity::generate(runtime.secure_random())),
          account(crypto::Identity::generate(runtime.secure_random())) {
      node::NodeConfig config;
      config.listen = {{reach::Transport::udp, Endpoint::ipv4(0, 0, 0, 0, node::kDefaultPort)}};
      config.lan = false;
      node = std::make_unique<node::Node>(runtime, config, identity, account);
      node->start([this](const auto& outcome) { started = outcome.has_value(); });
      make_api([this](std::function<void()> task) { runtime.post(std::move(task)); });
    }
    void make_api(Desk::Post post) {
      api = std::make_unique<NodeApi>(std::move(post), *node,
                                      Desk::Setup{"0.0.test", [this] { ++stops; }});
      node->set_observer([this](const node::NodeEvent& event) { api->handle_event(event); });
    }

    sim::SimRuntime& runtime;
    crypto::Identity identity;
    crypto::Identity account;
    std::unique_ptr<node::Node> node;
    std::unique_ptr<NodeApi> api;
    bool started = false;
    int stops = 0;
  };
  Home& home(size_t index) { return *homes_[index]; }
  sim::World& world() { return world_; }

  Response ask(size_t index, const std::string& method, const std::string& path,
               const std::string& body = "") {
    return ask(index, {.method = method, .path = path, .body = body});
  }
  Response ask_query(size_t index, const std::string& path, const std::string& query) {
    return ask(index, {.method = "GET", .path = path, .query = query});
  }
  Response ask(size_t index, const Request& request) {
    auto response = std::make_shared<std::optional<Response>>();
    homes_[index]->api->handler().handle(
        request, Responder([response](Response given) { *response = std::move(given); }));
    EXPECT_TRUE(world_.run_until([&] { return response->has_value(); }, kPatience));
    return response->value_or(Response{.status = 0});
  }
  nlohmann::json ask_json(size_t index, const std::string& method, const std::string& path,
                          const std::string& body = "") {
    return nlohmann::json::parse(ask(index, method, path, body).body);
  }
  // The second node takes an invitation of the first.
  std::string join() {
    const auto invitation = ask_json(0, "POST", "/api/v1/invite");
    return ask_json(1, "POST", "/api/v1/join",
                    nlohmann::json{{"link", invitation["link"]}}.dump())["outcome"];
  }

 private:
  sim::World world_{{.seed = 5}};
  std::array<std::unique_ptr<Home>, 2> homes_;
};

}  // namespace starling::api
