// routing/route_teller.h - what one neighbour has been told of our routes, and what it has to be told now.
//
// How:     messages() compares what changed in the table with what was told and returns the differences as control
//          messages; receive side: bind() and binding_of() keep the handles that the neighbour gave out.
// Threads: single owner.   Wire: docs/wire/routing.md#handles.
#pragma once

#include <set>
#include <unordered_map>
#include <vector>

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

  // The neighbour is told of nothing but ourselves from now on: one of both is a leaf.
  void tell_only_self() { only_self_ = true; }
  // The neighbour asked for this destination: tell it even what it knows, once.
  void force(const crypto::NodeId& destination) { forced_.insert(destination); }
  // Proofs that several neighbours are told in one flush.
  using Proofs = std::unordered_map<uint64_t, ChainValue>;
  // Notes in `table` what is being told. `changed`: what RouteTable::take_untold() gave since the last call; the first call
  // tells the whole table.
  std::vector<RoutingMessage> messages(RouteTable& table, const OwnRoute& own,
                                       const std::vector<Slot>& changed, Proofs& proofs);

  // Handles of the other direction. False when the neighbour has bound too many.
  bool bind(Handle handle, const EpochName& name);
  // Of the neighbour's own announcement.
  void note_neighbour_epoch(uint32_t epoch) { neighbour_epoch_ = epoch; }
  // Null when the neighbour has not bound it.
  [[nodiscard]] const EpochName* binding_of(Handle handle) const;
  [[nodiscard]] const crypto::NodeId& neighbour_node() const { return neighbour_node_; }
  // Bytes of memory that it takes.
  [[nodiscard]] size_t memory() const;

 private:
  static constexpr Slot kOwnSlot = 0xfffe;
  static constexpr Handle kNoHandle = 0xffff;
  static constexpr EpochName kNotBound{0xffff, 0};
  struct Told {
    Slot slot = 0;
    uint8_t step = 0;
    bool in_use = false;
    bool asked_for = false;  // again
    uint32_t epoch = 0;
    Metric metric = 0;
  };
  struct Offer {
    Slot slot;
    const Announcement* announcement;
    Sequence sequence;
    Metric metric;
    // That it rests on; null for our own entry.
    const Destination* destination = nullptr;
    const Advert* advert = nullptr;
  };

  [[nodiscard]] std::optional<Offer> offer_of(const RouteTable& table,
                                              const Destination& destination) const;
  // What somebody else says of the neighbour in a newer epoch than it does itself; null when there is no such thing.
  [[nodiscard]] const Advert* newer_life_of_neighbour(const Destination& neighbour) const;
  [[nodiscard]] Handle handle_of(Slot slot) const;
  // Whether it was not told well enough.
  [[nodiscard]] bool is_due(const Offer& offer) const;
  UpdateEntry entry_for(const Offer& offer, const ChainValue& proof);
  // Appends the retractions of those of `slots` that were told and are no longer offered; their handles are free then.
  void retract(const RouteTable& table, const std::vector<Slot>& slots,
               std::vector<RoutingMessage>& to);
  void update(RouteTable& table, const OwnRoute& own, const std::vector<Slot>& slots,
              Proofs& proofs, std::vector<RoutingMessage>& to);
  [[nodiscard]] static ChainValue proof_of(const Offer& offer, Proofs& proofs);
  Handle take_handle(Slot slot);

  NeighbourId neighbour_;
  crypto::NodeId neighbour_node_;
  bool begun_ = false;
  bool only_self_ = false;
  std::vector<Told> told_;            // by handle
  std::vector<Handle> handles_;       // by slot
  Handle own_handle_ = kNoHandle;     // of our own entry
  std::vector<Handle> free_handles_;  // a heap, the smallest first
  std::set<crypto::NodeId> forced_;
  std::optional<uint32_t> neighbour_epoch_;  // that it last spoke in of itself
  std::vector<EpochName> bindings_;          // by handle; kNotBound where there is none
};

}  // namespace starling::routing
