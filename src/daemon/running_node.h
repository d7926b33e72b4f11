// daemon/running_node.h - one life of a node in this process: event loop, files, node, API; how they stop.
//
// Threads: network thread; the storage and API threads are inside.
#pragma once

#include <expected>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "api/api_server.h"
#include "api/node_api.h"
#include "crypto/identity.h"
#include "daemon/settings.h"
#include "gateway/gateway.h"
#include "node/node.h"
#include "os/asio_runtime.h"
#include "os/event_loop.h"
#include "os/home/api_file.h"
#include "os/home/identity_file.h"
#include "os/signals.h"
#include "os/system_random.h"

namespace starling::daemon {

class RunningNode {
 public:
  struct Ready {
    node::NodeStatus status;
    Endpoint api;
    std::optional<Endpoint> gateway;
    std::string no_gateway;  // why there is none, unless the owner wanted that
    // Both only when the owner wants to see secrets.
    std::optional<std::string> invitation;
    std::optional<std::string> login_url;
  };

  // Pre: the lock of `paths` is held as long as this object lives.
  RunningNode(Settings settings, os::HomePaths paths, const os::HomeIdentity& identity,
              std::shared_ptr<spdlog::logger> log);

  // Runs until a signal or the API stops it. `ready` is called once, when other nodes and the command line
  // can reach this one. The error is why it could not start or go on: a sentence for a person.
  std::expected<void, std::string> run(std::function<void(const Ready&)> ready);

 private:
  std::expected<void, std::string> assemble();
  std::expected<os::OsRuntime::Stores, std::string> open_stores();
  void handle_started(const std::expected<void, node::StartError>& started);
  std::expected<void, std::string> open_api();
  std::expected<void, std::string> open_gateway();
  void invite_or_announce();
  void announce(std::optional<std::string> invitation);
  void handle_event(const node::NodeEvent& event);
  void fail(std::string sentence);
  void stop();

  Settings settings_;
  os::HomePaths paths_;
  crypto::Identity identity_;
  crypto::Identity account_;
  std::shared_ptr<spdlog::logger> log_;
  std::function<void(const Ready&)> ready_;
  std::expected<void, std::string> outcome_;
  bool stopping_ = false;
  std::string no_gateway_;

  // Destroyed from the last to the first: each uses those above it.
  os::EventLoop loop_;
  os::SystemRandom api_random_;
  std::unique_ptr<os::OsRuntime> runtime_;
  std::unique_ptr<node::Node> node_;
  std::unique_ptr<api::NodeApi> node_api_;
  std::unique_ptr<gateway::Gateway> gateway_;
  std::unique_ptr<api::ApiServer> server_;
  std::unique_ptr<http::Server> gateway_server_;
  std::optional<os::ApiFile> api_file_;
  std::optional<os::SignalWatch> signals_;
};

}  // namespace starling::daemon
