#include "os/name_resolver.h"

#include <condition_variable>
#include <cstring>
#include <deque>
#include <mutex>
#include <netdb.h>
#include <thread>

#include "env/runtime.h"
#include "os/linux/socket_address.h"

namespace starling::os {
namespace {

std::vector<Endpoint> look_up(const std::string& host) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_DGRAM;
  hints.ai_flags = AI_ADDRCONFIG;
  addrinfo* found = nullptr;
  std::vector<Endpoint> endpoints;
  if (getaddrinfo(host.c_str(), nullptr, &hints, &found) != 0) return endpoints;
  for (const addrinfo* entry = found; entry; entry = entry->ai_next) {
    SocketAddress address;
    if (entry->ai_addrlen > sizeof address.v6) continue;
    std::memcpy(&address.any, entry->ai_addr, entry->ai_addrlen);
    endpoints.push_back(to_endpoint(address));
  }
  freeaddrinfo(found);
  return endpoints;
}

}  // namespace

struct NameResolver::Impl {
  struct Question {
    std::string host;
    std::function<void(std::vector<Endpoint>)> done;
  };

  explicit Impl(EventLoop& event_loop) : loop(event_loop) {}

  void answer(Question question, std::vector<Endpoint> endpoints) {
    loop.post(
        [done = std::move(question.done), endpoints = std::move(endpoints)] { done(endpoints); });
  }

  void work() {
    std::unique_lock lock(mutex);
    while (true) {
      changed.wait(lock, [&] { return stopping || !waiting.empty(); });
      if (stopping) return;
      Question question = std::move(waiting.front());
      waiting.pop_front();
      lock.unlock();
      auto endpoints = look_up(question.host);
      lock.lock();
      if (!stopping) answer(std::move(question), std::move(endpoints));
    }
  }

  EventLoop& loop;
  std::mutex mutex;
  std::condition_variable changed;
  std::deque<Question> waiting;  // guarded by mutex
  bool stopping = false;         // guarded by mutex
  std::thread thread;
};

NameResolver::NameResolver(EventLoop& loop) : impl_(std::make_unique<Impl>(loop)) {}

NameResolver::~NameResolver() {
  {
    const std::lock_guard lock(impl_->mutex);
    impl_->stopping = true;
  }
  impl_->changed.notify_one();
  if (impl_->thread.joinable()) impl_->thread.join();
}

void NameResolver::resolve(std::string host, std::function<void(std::vector<Endpoint>)> done) {
  const std::lock_guard lock(impl_->mutex);
  Impl::Question question{std::move(host), std::move(done)};
  if (impl_->waiting.size() >= env::Runtime::kResolvesMax)
    return impl_->answer(std::move(question), {});
  impl_->waiting.push_back(std::move(question));
  if (!impl_->thread.joinable())
    impl_->thread = std::thread([impl = impl_.get()] { impl->work(); });
  impl_->changed.notify_one();
}

}  // namespace starling::os
