// gateway/gateway.h - shows published content in an ordinary browser: http://s….localhost:7119/path, an origin for each site.
//
// How:     give handler() and headers() to an http::Server of its own. It never serves the API.
// Life:    goes before the node; the server may live on and then answers 503.
// Threads: made and destroyed on the node's thread; the handler may be called on any.
// Wire:    docs/wire/gateway.md.
#pragma once

#include <memory>

#include "gateway/open_files.h"
#include "http/server.h"

namespace starling::gateway {

class Gateway {
 public:
  using Post = OpenFiles::Door::Post;
  // `node` is borrowed. `post` is not called any more once this object is destroyed.
  Gateway(const Post& post, node::Node& node);
  Gateway(const Gateway&) = delete;
  Gateway& operator=(const Gateway&) = delete;
  ~Gateway();

  [[nodiscard]] http::Server::Handler handler() const;
  static http::Server::Headers headers();

 private:
  class Desk;
  std::unique_ptr<Desk> desk_;
  std::shared_ptr<http::Door<Desk>> door_;
};

}  // namespace starling::gateway
