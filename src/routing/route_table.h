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

#include <optional>
#include <set>
#include <utility>
#include <vector>

#include "base/time.h"
#include "crypto/checked_claims.h"
#include "routing/announcement.h"
#include "routing/destination_store.h"
#include "routing/tell_limit.h"
#include "routing/types.h"

namespace starling::routing {

// The sequence just above: after the last step of an epoch the first one of the next.
Sequence next_after(const Sequence& sequence);

// What to ask a neighbour for, so that its advert becomes feasible.
struct WantedSequence {
  NeighbourId neighbour;
  Sequence sequence;
};

enum class AdvertOutcome : uint8_t {
  taken,
  own,        // it names ourselves
  own_newer,  // it names ourselves in an epoch that we have not reached: a newer life of this node
  stale_epoch,  // older than the two newest, or not the announcement of its epoch that we hold
  full,
  forged,  // wrong signature or proof: no correct neighbour passes that on
};

// One announcement in the table: which destination, and which epoch of it.
struct EpochName {
  Slot slot = 0;
  uint32_t serial = 0;  // of KnownEpoch; 0: none
};

// What a neighbour says of the destination behind an announcement.
struct AdvertClaim {
  uint8_t step = 1;
  Metric metric = 0;
  ChainValue proof;
};

class RouteTable {
 public:
  static constexpr size_t kDestinationsMax = 8'192;
  static constexpr size_t kAdvertsMax = 4'096;
  static constexpr Duration kFeasibilityMemory = 600s;
  // Neighbours have so long to come over to a new epoch. What still is of an older one then is another life of the origin.
  static constexpr Duration kEpochOverlap = 15s;

  // `checked` is borrowed; null: every signature and proof is checked here. `secret`: unknown to others; places the index.
  RouteTable(const crypto::NodeId& self, size_t table_size,
             crypto::CheckedClaims* checked = nullptr, uint64_t secret = 0x9e37'79b9'7f4a'7c15)
      : self_(self), table_size_(table_size), checked_(checked), destinations_(secret) {}

  // `node`: who that is.
  void add_neighbour(NeighbourId neighbour, Metric cost, const crypto::NodeId& node = {});
  // Whether its adverts of others than itself count.
  void set_passes_on(NeighbourId neighbour, bool passes_on);
  void set_cost(NeighbourId neighbour, Metric cost);
  // Its adverts are gone.
  void remove_neighbour(Instant now, NeighbourId neighbour);

  // `name`, when not null, is where the announcement is found from now on; serial 0 when it was not taken up.
  AdvertOutcome handle_advert(Instant now, NeighbourId neighbour, const Announcement& announcement,
                              const AdvertClaim& claim, uint32_t own_epoch,
                              EpochName* name = nullptr);
  // The same of an announcement that was taken before. Empty when the table no longer has it.
  std::optional<AdvertOutcome> handle_advert(NeighbourId neighbour, const EpochName& name,
                                             const AdvertClaim& claim);
  void handle_retract(Instant now, NeighbourId neighbour, const crypto::NodeId& destination);
  void handle_retract(Instant now, NeighbourId neighbour, const EpochName& name);

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
  // Applies the table rule. True when the list changed. Whose priority has been known for less than kWaitingTime evicts nobody
  // who has been known for longer; without `now`, nobody is too young.
  static constexpr Duration kWaitingTime = 10min;
  bool list(Instant now = kNever);
  // When somebody is old enough to evict others, so that list() gives another result, or news may be told that were held back.
  [[nodiscard]] Instant next_telling() const { return std::min(next_listing_, next_untold_); }
  // Destinations whose route or listing changed since the last call: what neighbours may have to be told at once, before the
  // next advert. Some may be forgotten by now. What changes too often (TellLimit) is held back, but for losses.
  std::vector<Slot> take_untold(Instant now);
  void note_told(Slot destination, Sequence sequence, Metric metric);
  // Drops what is past its time.
  void expire(Instant now);

  [[nodiscard]] const Destination* find(const crypto::NodeId& id) const {
    return destinations_.find(id);
  }
  [[nodiscard]] const Destination* find(const ShortId& id) const { return destinations_.find(id); }
  // The selected one; see routing/forwarding_rule.h.
  template <typename Id>
  [[nodiscard]] std::optional<TableWay> way_to(const Id& id) const {
    const Destination* known = find(id);
    if (!known || !known->selected) return std::nullopt;
    return TableWay{*known->selected, known->distance};
  }
  // Pre: a neighbour.
  [[nodiscard]] Metric link_cost(NeighbourId neighbour) const {
    return neighbour_of(neighbour).cost;
  }
  [[nodiscard]] const Destination* at(Slot slot) const { return destinations_.at(slot); }
  [[nodiscard]] const DestinationStore& all() const { return destinations_; }
  // Cost from here over that neighbour.
  [[nodiscard]] Metric total(const Destination& destination, const Advert& advert) const {
    const Neighbour& neighbour = neighbour_of(advert.neighbour);
    if (!neighbour.passes_on && destination.id != neighbour.node) return kInfinity;
    return add_metrics(advert.metric, neighbour.cost);
  }
  [[nodiscard]] std::optional<Metric> cost_of(NeighbourId neighbour) const;
  // Cost from here; kInfinity without a selected route.
  [[nodiscard]] Metric metric_of(const Destination& destination) const {
    return destination.distance;
  }
  // The proof for our own metric over one of its adverts.
  [[nodiscard]] static ChainValue proof_for(const Destination& destination, const Advert& advert,
                                            Metric own_metric);
  // Destinations that a newer sequence would help: no advert is feasible, or one that is not leads to a much shorter route.
  [[nodiscard]] const std::set<crypto::NodeId>& wanting() const { return wanting_; }
  [[nodiscard]] std::vector<WantedSequence> wanted_of(const Destination& destination) const;
  [[nodiscard]] static bool is_feasible(const Destination& destination, const Advert& advert);
  // None of its adverts is feasible; it may still have the route that it keeps.
  [[nodiscard]] static bool is_starving(const Destination& destination);
  // Bytes of memory that the table takes, with what neighbours advertise.
  [[nodiscard]] size_t memory() const;

 private:
  struct Neighbour {
    NeighbourId id;
    Metric cost = 0;
    uint32_t adverts = 0;
    bool passes_on = true;
    crypto::NodeId node{};
  };
  struct Candidate {
    const Advert* advert = nullptr;
    Metric total = kInfinity;
  };

  [[nodiscard]] const Neighbour* find_neighbour(NeighbourId id) const;
  [[nodiscard]] const Neighbour& neighbour_of(NeighbourId id) const;
  Neighbour& neighbour_of(NeighbourId id) {
    return const_cast<Neighbour&>(std::as_const(*this).neighbour_of(id));
  }
  Destination* make_destination(Instant now, const crypto::NodeId& id,
                                const Announcement& announcement);
  void set_newest(Instant now, Destination& destination, const Announcement& announcement);
  AdvertOutcome take_epoch(Instant now, Destination& destination, const Announcement& announcement);
  AdvertOutcome take_claim(Destination& destination, KnownEpoch& epoch, NeighbourId neighbour,
                           const AdvertClaim& claim);
  [[nodiscard]] bool is_authentic(const Announcement& announcement) const;
  [[nodiscard]] bool is_proved(const KnownEpoch& epoch, uint32_t position,
                               const ChainValue& proof) const;
  void select(Destination& destination, Changes& changes);
  [[nodiscard]] Candidate best_feasible(const Destination& destination) const;
  [[nodiscard]] bool is_wanting(const Destination& destination) const;
  void mark_changed(Destination& destination);
  void mark_changed_over(NeighbourId neighbour);
  void mark_untold(Destination& destination);
  void forget(Destination& destination);
  bool forget_one();
  void drop_advert(Instant now, Destination& destination, NeighbourId neighbour);
  // All of the epoch before the newest, or all.
  void drop_adverts(Instant now, Destination& destination, bool only_previous);

  crypto::NodeId self_;
  size_t table_size_;
  crypto::CheckedClaims* checked_;
  std::optional<Priority> own_priority_;
  std::vector<Neighbour> neighbours_;  // by id
  DestinationStore destinations_;
  uint32_t serials_used_ = 0;
  Instant next_listing_ = kNever;
  Instant next_untold_ = kNever;
  TellLimit told_lately_;
  std::vector<Slot> changed_;
  std::vector<Slot> untold_;
  std::set<crypto::NodeId> wanting_;
};

}  // namespace starling::routing
