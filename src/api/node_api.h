// api/node_api.h - answers requests for a node that lives on the network thread. docs/api.md is its page.
//
// How:     give handler() to the server, and every event of the node to handle_event().
// Life:    goes before the node and before what `post` posts to; the server may live on and then answers 503.
// Threads: made, destroyed and told events on the network thread; the handler may be called on any.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "api/api_handler.h"
#include "node/node.h"

namespace starling::api {

class NodeApi {
 public:
  // Runs a task on the network thread, never from inside the call. Any thread may call it.
  using Post = std::function<void(std::function<void()>)>;
  struct Setup {
    std::string version;  // of the program
    std::function<void()>
        stop;  // POST /api/v1/stop: called once, on the network thread, after the answer is given
  };

  // `node` is borrowed. `post` is not called any more once this object is destroyed.
  NodeApi(Post post, node::Node& node, Setup setup);
  NodeApi(const NodeApi&) = delete;
  NodeApi& operator=(const NodeApi&) = delete;
  ~NodeApi();

  [[nodiscard]] ApiHandler handler() const;
  void handle_event(const node::NodeEvent& event);

  struct Route {
    std::string_view method;
    std::string_view path;
  };
  // All that handler() answers with other than 404.
  static std::vector<Route> routes();

 private:
  class Desk;
  std::shared_ptr<Desk> desk_;
  std::shared_ptr<EventFeed> events_;
};

}  // namespace starling::api
