#include "api/desk.h"

#include "api/stream_services.h"

namespace starling::api {

Desk::Desk(Post post, node::Node& node, Setup given)
    : setup(std::move(given)), post_(std::move(post)), node_(&node) {}

Desk::~Desk() = default;

void Desk::close() {
  services.reset();
  const std::lock_guard lock(mutex_);
  post_ = nullptr;
  node_ = nullptr;
}

void Desk::with_node(std::function<void(node::Node&)> ask) {
  const std::lock_guard lock(mutex_);
  if (!post_) return;
  post_([self = shared_from_this(), ask = std::move(ask)] {
    if (self->node_) ask(*self->node_);
  });
}

}  // namespace starling::api
