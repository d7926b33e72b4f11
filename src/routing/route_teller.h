// routing/route_teller.h - what one neighbour has been told of our routes, and what it has to be told now.
//
// How:     messages() compares what changed in the table with what was told and returns the differences as control
//          messages; receive side: bind() and binding_of() keep the handles that the neighbour gave out.
// Threads: single owner.   Wire: docs/wire/routing.md#handles.
#pragma once

#include <set>
#include <unordered_map>

#include "routing/control_message.h"
#include "routing/route_table.h"

namespace starling::routing {

// Our own entry, which is in no table.
struct OwnRoute {
  crypto::NodeId id;
  const Announcement* announcement = nullptr;
  uint8_t step = 1;
  ChainValue proof;
};

class RouteTeller {
 public:
  // Metric changes below this share are not worth telling.
  static constexpr double kWorthTelling = 0.02;
  // Handles that a neighbour may bind: the destinations of a full table and itself. Beyond it the neighbour is
  // at fault.
  static constexpr size_t kHandlesMax = RouteTable::kDestinationsMax + 1;

  RouteTeller(NeighbourId neighbour, const crypto::NodeId& neighbour_node)
      : neighbour_(neighbour), neighbour_node_(neighbour_node) {}

  // The neighbour asked for this destination: tell it even what it knows, once.
  void force(const crypto::NodeId& destination) { forced_.insert(destination); }
  // Notes in `table` what is being told. `changed`: what RouteTable::take_untold() gave since the last call; the first call
  // tells the whole table.
  std::vector<RoutingMessage> messages(RouteTable& table, const OwnRoute& own,
                                       const std::set<crypto::NodeId>& changed);

  // Handles of the other direction.
  struct Binding {
    crypto::NodeId destination;
    uint32_t epoch = 0;
    ChainValue anchor;
  };
  // False when the neighbour has bound too many.
  bool bind(Handle handle, const Binding& binding);
  [[nodiscard]] const Binding* binding_of(Handle handle) const;

 private:
  struct Told {
    Handle handle = 0;
    Sequence sequence;
    Metric metric = 0;
    bool asked_for = false;  // again
  };
  struct Offer {
    crypto::NodeId id;
    const Announcement* announcement;
    Sequence sequence;
    Metric metric;
    const Advert* advert = nullptr;  // that it rests on; null for our own entry
  };

  [[nodiscard]] std::optional<Offer> offer_of(const RouteTable& table,
                                              const Destination& destination) const;
  // What somebody else says of the neighbour in a newer epoch than it does itself; null when there is no such thing.
  [[nodiscard]] const Advert* newer_life_of_neighbour(const Destination& neighbour) const;
  // Whether it was not told well enough.
  [[nodiscard]] bool is_due(const Offer& offer) const;
  UpdateEntry entry_for(const Offer& offer, const ChainValue& proof);
  // Appends the retractions of those of `ids` that were told and are no longer offered; their handles are free then.
  void retract(const RouteTable& table, const std::set<crypto::NodeId>& ids,
               std::vector<RoutingMessage>& to);
  void update(RouteTable& table, const OwnRoute& own, const std::set<crypto::NodeId>& ids,
              std::vector<RoutingMessage>& to);
  Handle take_handle();

  NeighbourId neighbour_;
  crypto::NodeId neighbour_node_;
  bool begun_ = false;
  std::unordered_map<crypto::NodeId, Told, FixedBytesHash> told_;
  std::set<crypto::NodeId> forced_;
  std::optional<uint32_t> neighbour_epoch_;  // that it last spoke in of itself
  std::set<Handle> free_handles_;            // below next_handle_
  Handle next_handle_ = 0;
  std::unordered_map<Handle, Binding> bindings_;
};

}  // namespace starling::routing
