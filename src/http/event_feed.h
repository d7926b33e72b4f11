// http/event_feed.h - carries events from the network thread to every client that watches.
//
// How:     publish() puts a copy into each client's queue and wakes the client, which takes with next().
// Bounds:  kClientsMax clients (further ones are refused); of each, the kQueueMax newest events. A client
//          that was too slow is told how many it lost, in their place: {"event":"lost","count":n}.
// Threads: any, for everything.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "base/bounded_queue.h"

namespace starling::http {

class EventSubscription;

// Lives in a shared_ptr, since its subscriptions keep it.
class EventFeed : public std::enable_shared_from_this<EventFeed> {
 public:
  // A page, a few programs; each costs a copy of every event.
  static constexpr size_t kClientsMax = 16;
  // Events come in bursts when a network comes or goes; twice 100 links fit.
  static constexpr size_t kQueueMax = 256;
  static constexpr size_t kQueueBytesMax = 256 * 1024;

  // `event` is a JSON object.
  void publish(const std::string& event);
  // Null when there are kClientsMax. `wake` is called by publish() on its thread when the queue was empty
  // before; it must not call back. It is not called any more once the subscription is destroyed.
  std::unique_ptr<EventSubscription> subscribe(std::function<void()> wake);

 private:
  friend class EventSubscription;
  struct Client {
    std::function<void()> wake;
    BoundedQueue<std::string> queue{kQueueMax, kQueueBytesMax};
    uint64_t lost = 0;
  };

  std::optional<std::string> next(uint64_t id);
  void unsubscribe(uint64_t id);

  std::mutex mutex_;
  std::map<uint64_t, Client> clients_;
  uint64_t next_id_ = 1;
};

// Destroying it ends the subscription.
class EventSubscription {
 public:
  EventSubscription(std::shared_ptr<EventFeed> feed, uint64_t id)
      : feed_(std::move(feed)), id_(id) {}
  EventSubscription(const EventSubscription&) = delete;
  EventSubscription& operator=(const EventSubscription&) = delete;
  ~EventSubscription() { feed_->unsubscribe(id_); }

  // The oldest event not yet taken.
  std::optional<std::string> next() { return feed_->next(id_); }

 private:
  std::shared_ptr<EventFeed> feed_;
  uint64_t id_;
};

}  // namespace starling::http
