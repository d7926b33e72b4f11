// routing/destination.h - what a routing table holds of one node: what it says of itself, and what neighbours say of it.
//
// Sizes: a table of a large flock has a thousand of these; 320 bytes and 8 for each neighbour that advertises it.
// Wire:  docs/wire/routing.md#table.
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "base/time.h"
#include "routing/announcement.h"
#include "routing/types.h"

namespace starling::routing {

// One epoch of a destination, and the highest proof seen of its chain, from which all that are needed follow.
struct KnownEpoch {
  Announcement announcement;
  uint32_t proved_position = 0;
  ChainValue proved;
  uint32_t serial = 0;  // names it within the table; never reused
};

// What one neighbour says.
struct Advert {
  NeighbourId neighbour;
  Metric metric : 24 = 0;  // at the neighbour
  uint32_t step : 7 = 0;
  uint32_t is_previous : 1 = 0;  // of the epoch before the newest
};
static_assert(sizeof(Advert) == 8 && kSteps < 128);

struct Feasibility {
  Sequence sequence;
  Metric metric = 0;
};

struct Destination {
  // Neighbours have until `ends` to come over to the newest epoch.
  struct Previous {
    KnownEpoch epoch;
    Instant ends;
  };

  crypto::NodeId id;
  uint64_t draw = 0;  // of the newest epoch's priority
  KnownEpoch newest;
  Metric distance = kInfinity;  // see `selected`
  std::unique_ptr<Previous> previous;
  Instant expires;
  Instant ranked_since;                    // when its priority became known here
  std::vector<Advert> adverts;             // one per neighbour
  Instant forgettable_at = kNever;         // when without adverts
  std::optional<Feasibility> feasibility;  // the best that was ever told of it
  // As of the last RouteTable::select(): the next hop, with `distance` the cost over it, and how new its advert is.
  std::optional<NeighbourId> selected;
  Sequence sequence;
  uint16_t slot = 0;
  bool listed = false;
  // Bookkeeping of the table: in which of its lists this is.
  bool is_changed = false;
  bool is_untold = false;
  bool is_wanting = false;

  [[nodiscard]] bool is_leaf() const { return newest.announcement.role == Role::leaf; }
  [[nodiscard]] Priority priority() const {
    return {static_cast<uint8_t>(newest.announcement.proof_kind), draw};
  }
  [[nodiscard]] const Advert* advert_of(NeighbourId neighbour) const {
    for (const Advert& advert : adverts) {
      if (advert.neighbour == neighbour) return &advert;
    }
    return nullptr;
  }
  [[nodiscard]] const KnownEpoch* epoch(uint32_t number) const {
    if (newest.announcement.epoch == number) return &newest;
    if (previous && previous->epoch.announcement.epoch == number) return &previous->epoch;
    return nullptr;
  }
  // Of one of its adverts.
  [[nodiscard]] const KnownEpoch& epoch_of(const Advert& advert) const {
    return advert.is_previous != 0 ? previous->epoch : newest;
  }
  [[nodiscard]] Sequence sequence_of(const Advert& advert) const {
    return {epoch_of(advert).announcement.epoch, static_cast<uint8_t>(advert.step)};
  }
};
static_assert(sizeof(Destination) == 320);

}  // namespace starling::routing
