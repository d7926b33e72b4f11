// node/leaf_address.h - where a leaf is: behind its routers, whose addresses it takes and lengthens by one step.
//
// Drive:   set_routers() when links came or went, poll_wanted() names routers whose location is to be looked up, note_location()
//          brings it; poll_address() says when ours is new.
// Threads: single owner.   Wire: docs/wire/routing.md#sleep.
#pragma once

#include <map>
#include <optional>

#include "base/time.h"
#include "routing/address.h"

namespace starling::node {

class LeafAddress {
 public:
  // A router's address is looked up again after this, sooner while none was found.
  static constexpr Duration kRefresh = 5min;
  static constexpr Duration kRetry = 2s;

  // Links that come together are waited for: a leaf that wakes has the address that it had.
  static constexpr Duration kSettle = 2s;
  static constexpr size_t kRoutersMax = 8;

  // The routers that are linked now, and what the links cost. Those that are no longer are remembered, in case that they come
  // back, and while there are none, the address stays as it was.
  void set_routers(Instant now, const std::map<crypto::NodeId, routing::Metric>& routers);
  void note_location(Instant now, const crypto::NodeId& router, const routing::Address& address);
  // The next one to look up; it counts as asked.
  std::optional<crypto::NodeId> poll_wanted(Instant now);
  // When it differs from the last one polled.
  std::optional<routing::Address> poll_address(Instant now);
  [[nodiscard]] Instant next_timeout() const;

 private:
  struct Router {
    routing::Metric cost = 1;
    std::optional<routing::Address> address;
    Instant ask_at;
    bool is_linked = false;
  };
  [[nodiscard]] routing::Address composed() const;

  std::map<crypto::NodeId, Router> routers_;
  routing::Address last_;
  Instant settled_at_ = kNever;
};

}  // namespace starling::node
