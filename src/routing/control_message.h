// routing/control_message.h - what neighbours tell each other about routes, over the link's control channel.
//
// Views: a decoded update borrows nothing.   Wire: docs/wire/routing.md#control-messages.
#pragma once

#include <optional>
#include <variant>
#include <vector>

#include "routing/announcement.h"

namespace starling::routing {

// Names a destination between two neighbours; the sender of updates gives it out.
using Handle = uint16_t;

// Opens routing on a link and proposes its cost; sent again when the proposal changes.
struct RouteHello {
  Role role = Role::router;
  uint8_t table_size = kFullRouter;
  uint16_t cost = 1;  // 1 to kCostMax
};

struct UpdateEntry {
  Handle handle = 0;
  // Binds the handle; repeated when the origin begins a new epoch.
  std::optional<Announcement> announcement;
  uint8_t step = 1;  // of the epoch of the announcement bound to the handle
  Metric metric = 0;
  ChainValue proof;
};
struct RouteUpdate {
  static constexpr size_t kEntriesMax = 64;
  std::vector<UpdateEntry> entries;
};

struct RouteRetract {
  static constexpr size_t kHandlesMax = 512;
  std::vector<Handle> handles;
};

// Asks for a route to `destination` that is at least as new as `wanted`.
struct SequenceRequest {
  static constexpr uint8_t kHopsMax = 64;
  crypto::NodeId destination;
  Sequence wanted;
  uint8_t hops_left = kHopsMax;
};

// A leaf asks a router to keep packets for it, from the end of their link on. 0 seconds: no longer.
struct KeepPackets {
  static constexpr uint32_t kSecondsMax = 86'400;
  uint32_t seconds = 0;
};

using RoutingMessage =
    std::variant<RouteHello, RouteUpdate, RouteRetract, SequenceRequest, KeepPackets>;

// `message` begins with its number. Empty when it is not exactly one routing message.
std::optional<RoutingMessage> decode_routing_message(ByteView message);
Bytes encode(const RoutingMessage& message);

}  // namespace starling::routing
