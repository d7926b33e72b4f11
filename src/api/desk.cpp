#include "api/desk.h"

#include "api/stream_services.h"

namespace starling::api {

Desk::Desk(Post post, node::Node& node, Setup given)
    : setup(std::move(given)),
      door_(std::make_shared<http::Door<node::Node>>(std::move(post), node)) {}

Desk::~Desk() = default;

void Desk::close() {
  services.reset();
  door_->close();
}

}  // namespace starling::api
