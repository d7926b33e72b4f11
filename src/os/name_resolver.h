// os/name_resolver.h - looks up host names, without blocking the network thread.
//
// Threads: network thread; a thread of its own waits for the system's resolver (it begins with the first question).
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/endpoint.h"
#include "os/event_loop.h"

namespace starling::os {

class NameResolver {
 public:
  // `loop` is borrowed.
  explicit NameResolver(EventLoop& loop);
  // Waits for the question under way, if any (the system's own time limit, some seconds).
  ~NameResolver();
  NameResolver(const NameResolver&) = delete;
  NameResolver& operator=(const NameResolver&) = delete;

  // See env::Runtime::resolve.
  void resolve(std::string host, std::function<void(std::vector<Endpoint>)> done);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace starling::os
