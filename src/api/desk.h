// api/desk.h - what all answers of the API share: the way to the node, which lives on the network thread.
//
// How:     an answer reads the request where it was called, then asks the node with with_node(). A responder in a task that is
//          never run answers by itself.
// Threads: with_node() and post() any; close() network thread.
#pragma once

#include <functional>
#include <memory>
#include <span>
#include <string>

#include "api/api_handler.h"
#include "http/door.h"
#include "node/node.h"

namespace starling::api {

class StreamServices;

// Shared by handlers and tasks on their way, which all may outlive the node.
class Desk {
 public:
  using Post = http::Door<node::Node>::Post;
  struct Setup {
    std::string version;  // of the program
    // POST /api/v1/stop: called once, on the network thread, after the answer is given.
    std::function<void()> stop;
    // Where browsers find published content; empty: nowhere.
    std::optional<Endpoint> gateway = {};
  };
  Desk(Post post, node::Node& node, Setup setup);
  ~Desk();

  // Nothing is asked any more.
  void close();
  void with_node(std::function<void(node::Node&)> ask) { door_->ask(std::move(ask)); }

  // Network thread only, but for the version.
  Setup setup;
  std::unique_ptr<StreamServices> services;  // made for the first one

 private:
  std::shared_ptr<http::Door<node::Node>> door_;
};

// One method and path, and what answers it.
struct Entry {
  std::string_view method;
  std::string_view path;
  void (*answer)(const std::shared_ptr<Desk>& desk, const Request& request,
                 const Responder& respond);
};

// One group in each *_answers.cpp; one method for each path.
std::span<const Entry> node_entries();
std::span<const Entry> stream_entries();
std::span<const Entry> content_entries();
std::span<const Entry> message_entries();

}  // namespace starling::api
