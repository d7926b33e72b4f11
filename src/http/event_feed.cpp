#include "http/event_feed.h"

#include <fmt/core.h>

namespace starling::http {

void EventFeed::publish(const std::string& event) {
  const std::lock_guard lock(mutex_);
  for (auto& [id, client] : clients_) {
    const bool was_empty = client.queue.empty();
    client.lost += client.queue.push_dropping_oldest(std::string(event), event.size());
    if (was_empty) client.wake();
  }
}

std::unique_ptr<EventSubscription> EventFeed::subscribe(std::function<void()> wake) {
  const std::lock_guard lock(mutex_);
  if (clients_.size() >= kClientsMax) return nullptr;
  const uint64_t id = next_id_++;
  clients_.try_emplace(id).first->second.wake = std::move(wake);
  return std::make_unique<EventSubscription>(shared_from_this(), id);
}

std::optional<std::string> EventFeed::next(uint64_t id) {
  const std::lock_guard lock(mutex_);
  Client& client = clients_.at(id);
  if (client.lost > 0) {
    return fmt::format(R"({{"event":"lost","count":{}}})", std::exchange(client.lost, 0));
  }
  if (client.queue.empty()) return std::nullopt;
  return client.queue.pop();
}

void EventFeed::unsubscribe(uint64_t id) {
  const std::lock_guard lock(mutex_);
  clients_.erase(id);
}

}  // namespace starling::http
