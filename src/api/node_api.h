// api/node_api.h - answers requests for a node that lives on the network thread. docs/api.md is its page.
//
// How:     give handler() to the server, and every event of the node to handle_event().
// Life:    goes before the node and before what `post` posts to; the server may live on and then answers 503.
// Threads: made, destroyed and told events on the network thread; the handler may be called on any.
#pragma once

#include <memory>
#include <vector>

#include "api/desk.h"

namespace starling::api {

class NodeApi {
 public:
  // `node` is borrowed. `post` is not called any more once this object is destroyed.
  NodeApi(Desk::Post post, node::Node& node, Desk::Setup setup);
  NodeApi(const NodeApi&) = delete;
  NodeApi& operator=(const NodeApi&) = delete;
  ~NodeApi();

  [[nodiscard]] ApiHandler handler() const;
  void handle_event(const node::NodeEvent& event);
  // Where the gateway listens; empty: nowhere.
  void set_gateway(const std::optional<Endpoint>& address);

  // All that handler() answers with other than 404.
  static std::vector<Entry> routes();

 private:
  const node::Node& node_;
  std::shared_ptr<Desk> desk_;
  std::shared_ptr<EventFeed> events_;
};

}  // namespace starling::api
