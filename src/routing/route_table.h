// routing/route_table.h - which destinations this node knows, over which neighbour, and which of them it passes on.
//
// How:     adverts come in per neighbour; of the feasible ones (RFC 8966 section 3.5.1) the shortest is selected; the table
//          rule lists w when fewer than k destinations nearer than w outrank it, so that a table is all of a node's
//          closest surroundings and ever sparser, ever higher priorities further away.
//          The selected route is kept when its next hop gets further away than is feasible: it stays free of loops, as the
//          feasibility of that next hop has not changed (RFC 8966 section 3.5.3 allows it); a newer sequence is asked for.
// Drive:   after changes call select() for what may have changed, list() before telling neighbours.
// Rules and the attacks they answer:
//  - an announcement is taken only with its signature, a step or metric only with its chain proof: nobody can forge a
//    newer one or claim to be nearer than what it heard (to within 16 units);
//  - at most kAdvertsMax adverts per neighbour and kDestinationsMax destinations: a flood of keys fills no more.
// Threads: single owner.   Wire: docs/wire/routing.md#table.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/time.h"
#include "routing/announcement.h"
#include "routing/checked_announcements.h"
#include "routing/types.h"

namespace starling::routing {

// One epoch of a destination, and the highest proof seen of its chain.
struct KnownEpoch {
  Announcement announcement;
  uint32_t proved_position = 0;
  ChainValue proved;
};

struct Advert {
  NeighbourId neighbour;
  Sequence sequence;
  Metric metric = 0;  // at the neighbour
  ChainValue proof;
};

struct Feasibility {
  Sequence sequence;
  Metric metric = 0;
};

// The sequence just above: after the last step of an epoch the first one of the next.
Sequence next_after(const Sequence& sequence);

// What to ask a neighbour for, so that its advert becomes feasible.
struct WantedSequence {
  NeighbourId neighbour;
  Sequence sequence;
};

struct Destination {
  crypto::NodeId id;
  Priority priority;
  KnownEpoch newest;
  std::optional<KnownEpoch> previous;  // until previous_ends
  Instant previous_ends;
  Instant expires;
  std::vector<Advert> adverts;  // one per neighbour
  // As of the last RouteTable::select(): the next hop, the cost over it and how new its advert is.
  std::optional<NeighbourId> selected;
  Metric distance = kInfinity;
  Sequence sequence;
  std::optional<Feasibility> feasibility;  // the best that was ever told of it
  Instant forgettable_at = kNever;         // when without adverts
  bool listed = false;

  [[nodiscard]] const Advert* advert_of(NeighbourId neighbour) const;
  [[nodiscard]] const KnownEpoch* epoch(uint32_t number) const;
};

enum class AdvertOutcome : uint8_t {
  taken,
  own,        // it names ourselves
  own_newer,  // it names ourselves in an epoch that we have not reached: a newer life of this node
  stale_epoch,  // older than the two newest, or not the announcement of its epoch that we hold
  full,
  forged,  // wrong signature or proof: no correct neighbour passes that on
};

class RouteTable {
 public:
  static constexpr size_t kDestinationsMax = 8'192;
  static constexpr size_t kAdvertsMax = 4'096;
  static constexpr Duration kFeasibilityMemory = 600s;
  // Neighbours have so long to come over to a new epoch. What still is of an older one then is another life of the origin.
  static constexpr Duration kEpochOverlap = 15s;

  // `checked` is borrowed; null: every signature and proof is checked here.
  RouteTable(const crypto::NodeId& self, size_t table_size, CheckedAnnouncements* checked = nullptr)
      : self_(self), table_size_(table_size), checked_(checked) {}

  void add_neighbour(NeighbourId neighbour, Metric cost);
  void set_cost(NeighbourId neighbour, Metric cost);
  // Its adverts are gone.
  void remove_neighbour(Instant now, NeighbourId neighbour);

  // `announcement` is the one bound to the update's handle.
  AdvertOutcome handle_advert(Instant now, NeighbourId neighbour, const Announcement& announcement,
                              uint8_t step, Metric metric, const ChainValue& proof,
                              uint32_t own_epoch);
  void handle_retract(Instant now, NeighbourId neighbour, const crypto::NodeId& destination);

  // Selects anew for everything that changed. Destinations that lost their route or got their first one; `any` when a
  // route differs in next hop, cost or sequence.
  struct Changes {
    std::vector<crypto::NodeId> lost;
    std::vector<crypto::NodeId> found;
    bool any = false;
  };
  Changes select();
  // This node counts for the table rule as what is nearest to itself. Without that it would list, by detours, what the next
  // hop of the shortest way does not.
  void set_own_priority(const Priority& priority) { own_priority_ = priority; }
  // Applies the table rule. True when the list changed.
  bool list();
  // Destinations whose route or listing changed since the last call: what neighbours may have to be told. In the order of
  // their ids; some may be forgotten by now.
  std::set<crypto::NodeId> take_untold() { return std::exchange(untold_, {}); }
  void note_told(const crypto::NodeId& destination, Sequence sequence, Metric metric);
  // Drops what is past its time.
  void expire(Instant now);

  [[nodiscard]] const Destination* find(const crypto::NodeId& id) const;
  [[nodiscard]] const Destination* find(const ShortId& id) const;
  [[nodiscard]] const std::map<crypto::NodeId, Destination>& all() const { return destinations_; }
  // Cost from here over that neighbour.
  [[nodiscard]] Metric total(const Advert& advert) const {
    return add_metrics(advert.metric, costs_.at(advert.neighbour));
  }
  [[nodiscard]] std::optional<Metric> cost_of(NeighbourId neighbour) const;
  // Cost from here; kInfinity without a selected route.
  [[nodiscard]] Metric metric_of(const Destination& destination) const {
    return destination.distance;
  }
  // The proof for our own metric, made from the selected advert's.
  [[nodiscard]] static ChainValue proof_for(const Advert& advert, Metric own_metric);
  // Destinations that a newer sequence would help: no advert is feasible, or one that is not leads to a much shorter route.
  [[nodiscard]] const std::set<crypto::NodeId>& wanting() const { return wanting_; }
  [[nodiscard]] std::vector<WantedSequence> wanted_of(const Destination& destination) const;
  // None of its adverts is feasible; it may still have the route that it keeps.
  [[nodiscard]] static bool is_starving(const Destination& destination);

 private:
  [[nodiscard]] static bool is_feasible(const Destination& destination, const Advert& advert);
  AdvertOutcome take_epoch(Instant now, Destination& destination, const Announcement& announcement);
  [[nodiscard]] bool is_authentic(const Announcement& announcement) const {
    return checked_ ? checked_->is_authentic(announcement) : routing::is_authentic(announcement);
  }
  [[nodiscard]] bool is_proved(const KnownEpoch& epoch, uint32_t position,
                               const ChainValue& proof) const;
  bool prove(KnownEpoch& epoch, uint8_t step, Metric metric, const ChainValue& proof);
  void select(Destination& destination, Changes& changes);
  // Null when there is none.
  [[nodiscard]] const Advert* best_feasible(const Destination& destination) const;
  std::map<crypto::NodeId, Destination>::iterator forget(
      std::map<crypto::NodeId, Destination>::iterator entry);
  bool forget_one();
  void drop_advert(Instant now, Destination& destination, NeighbourId neighbour);
  void drop_adverts_before(Instant now, Destination& destination, uint32_t epoch);

  crypto::NodeId self_;
  size_t table_size_;
  CheckedAnnouncements* checked_;
  std::optional<Priority> own_priority_;
  std::map<NeighbourId, Metric> costs_;
  std::map<NeighbourId, size_t> advert_counts_;
  std::map<crypto::NodeId, Destination> destinations_;
  // Into `destinations_`; of two with the same short id the one heard of last.
  std::unordered_map<ShortId, const Destination*, FixedBytesHash> by_short_id_;
  std::set<crypto::NodeId> changed_;
  std::set<crypto::NodeId> untold_;
  std::set<crypto::NodeId> wanting_;
};

}  // namespace starling::routing
