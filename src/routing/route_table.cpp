#include "routing/route_table.h"

#include <algorithm>
#include <tuple>
#include <utility>

#include "base/check.h"
#include "routing/table_rule.h"

namespace starling::routing {
namespace {

// A route is given up for a shorter one only when that is better by a twentieth: noise must not make routes flap.
bool is_much_less(Metric metric, Metric than) { return metric < than - than / 20; }
// A listed destination stays while fewer than this multiple of k outrank it.
// Fewer hashes than this are made anew rather than remembered.
constexpr uint32_t kWorthRemembering = 4;

}  // namespace

Sequence next_after(const Sequence& sequence) {
  if (sequence.step < kSteps) return {sequence.epoch, static_cast<uint8_t>(sequence.step + 1)};
  return {sequence.epoch + 1, 1};
}

const RouteTable::Neighbour* RouteTable::find_neighbour(NeighbourId id) const {
  const auto entry = std::lower_bound(
      neighbours_.begin(), neighbours_.end(), id,
      [](const Neighbour& neighbour, NeighbourId wanted) { return neighbour.id < wanted; });
  return entry != neighbours_.end() && entry->id == id ? &*entry : nullptr;
}

const RouteTable::Neighbour& RouteTable::neighbour_of(NeighbourId id) const {
  const Neighbour* neighbour = find_neighbour(id);
  STARLING_CHECK(neighbour != nullptr);
  return *neighbour;
}

void RouteTable::add_neighbour(NeighbourId id, Metric cost, const crypto::NodeId& node) {
  const auto place = std::lower_bound(
      neighbours_.begin(), neighbours_.end(), id,
      [](const Neighbour& neighbour, NeighbourId wanted) { return neighbour.id < wanted; });
  STARLING_CHECK(place == neighbours_.end() || place->id != id);
  neighbours_.insert(place, Neighbour{id, cost, 0, true, node});
}

void RouteTable::set_cost(NeighbourId neighbour, Metric cost) {
  Neighbour& known = neighbour_of(neighbour);
  if (known.cost == cost) return;
  known.cost = cost;
  mark_changed_over(neighbour);
}

void RouteTable::set_passes_on(NeighbourId neighbour, bool passes_on) {
  Neighbour& known = neighbour_of(neighbour);
  if (std::exchange(known.passes_on, passes_on) != passes_on) mark_changed_over(neighbour);
}

void RouteTable::mark_changed_over(NeighbourId neighbour) {
  for (const Destination& destination : destinations_) {
    if (destination.advert_of(neighbour)) mark_changed(*destinations_.at(destination.slot));
  }
}

void RouteTable::remove_neighbour(Instant now, NeighbourId neighbour) {
  for (const Destination& destination : destinations_)
    drop_advert(now, *destinations_.at(destination.slot), neighbour);
  std::erase_if(neighbours_, [&](const Neighbour& known) { return known.id == neighbour; });
}

void RouteTable::mark_changed(Destination& destination) {
  if (!std::exchange(destination.is_changed, true)) changed_.push_back(destination.slot);
}

void RouteTable::mark_untold(Destination& destination) {
  if (!std::exchange(destination.is_untold, true)) untold_.push_back(destination.slot);
}

std::vector<Slot> RouteTable::take_untold(Instant now) {
  std::vector<Slot> untold;
  std::vector<Slot> held_back;
  next_untold_ = kNever;
  for (const Slot slot : untold_) {
    Destination* destination = destinations_.at(slot);
    if (destination && destination->listed && destination->selected) {
      const Instant free = told_lately_.free_at(slot, destination->sequence.epoch);
      if (now < free) {
        next_untold_ = std::min(next_untold_, free);
        held_back.push_back(slot);
        continue;
      }
      told_lately_.take(now, slot, destination->sequence.epoch);
    }
    if (destination) destination->is_untold = false;
    untold.push_back(slot);
  }
  untold_ = std::move(held_back);
  destinations_.release();
  return untold;
}

void RouteTable::drop_advert(Instant now, Destination& destination, NeighbourId neighbour) {
  const size_t dropped = std::erase_if(
      destination.adverts, [&](const Advert& advert) { return advert.neighbour == neighbour; });
  if (dropped == 0) return;
  --neighbour_of(neighbour).adverts;
  mark_changed(destination);
  // Only what was told to somebody can come back as a loop.
  if (destination.adverts.empty()) {
    destination.forgettable_at = destination.feasibility ? now + kFeasibilityMemory : now;
  }
}

void RouteTable::drop_adverts(Instant now, Destination& destination, bool only_previous) {
  for (const Advert& advert : std::vector(destination.adverts)) {
    if (!only_previous || advert.is_previous != 0) drop_advert(now, destination, advert.neighbour);
  }
}

bool RouteTable::is_proved(const KnownEpoch& epoch, uint32_t position,
                           const ChainValue& proof) const {
  const uint32_t apart = position > epoch.proved_position ? position - epoch.proved_position
                                                          : epoch.proved_position - position;
  if (!checked_ || apart <= kWorthRemembering)
    return on_same_chain(epoch.proved, epoch.proved_position, proof, position);
  std::array<uint8_t, sizeof position> place{};
  std::memcpy(place.data(), &position, sizeof position);
  return checked_->check("chain", {epoch.announcement.anchor.view(), proof.view(), place}, [&] {
    return on_same_chain(epoch.proved, epoch.proved_position, proof, position);
  });
}

bool RouteTable::is_authentic(const Announcement& announcement) const {
  if (!checked_) return routing::is_authentic(announcement);
  Bytes bytes;
  encode(announcement, bytes);
  return checked_->check("announcement", {bytes},
                         [&] { return routing::is_authentic(announcement); });
}

AdvertOutcome RouteTable::take_epoch(Instant now, Destination& destination,
                                     const Announcement& announcement) {
  if (const KnownEpoch* known = destination.epoch(announcement.epoch)) {
    if (known->announcement == announcement) return AdvertOutcome::taken;
    // Two announcements of one epoch are the origin's fault: the neighbour passed on in good faith what it met
    // first.
    return is_authentic(announcement) ? AdvertOutcome::stale_epoch : AdvertOutcome::forged;
  }
  if (announcement.epoch < destination.newest.announcement.epoch) return AdvertOutcome::stale_epoch;
  if (!is_authentic(announcement)) return AdvertOutcome::forged;
  drop_adverts(now, destination, /*only_previous=*/true);
  destination.previous = std::make_unique<Destination::Previous>(
      Destination::Previous{destination.newest, now + kEpochOverlap});
  for (Advert& advert : destination.adverts) advert.is_previous = 1;
  set_newest(now, destination, announcement);
  mark_untold(destination);
  return AdvertOutcome::taken;
}

void RouteTable::set_newest(Instant now, Destination& destination,
                            const Announcement& announcement) {
  destination.newest = {announcement, 0, announcement.anchor, ++serials_used_};
  // A new epoch may come with a proof that the one before did not have.
  const uint64_t draw = priority_of(announcement).draw;
  if (draw != destination.draw) destination.ranked_since = now;
  destination.draw = draw;
  destination.expires = now + std::chrono::seconds(announcement.lifetime_s);
}

Destination* RouteTable::make_destination(Instant now, const crypto::NodeId& id,
                                          const Announcement& announcement) {
  if (destinations_.size() >= kDestinationsMax && !forget_one()) return nullptr;
  Destination& made = destinations_.insert(id);
  set_newest(now, made, announcement);
  made.ranked_since = now;
  made.forgettable_at = now;
  return &made;
}

AdvertOutcome RouteTable::handle_advert(Instant now, NeighbourId neighbour,
                                        const Announcement& announcement, const AdvertClaim& claim,
                                        uint32_t own_epoch, EpochName* name) {
  const crypto::NodeId id = crypto::node_id_of(announcement.key);
  if (id == self_) {
    if (announcement.epoch <= own_epoch) return AdvertOutcome::own;
    return is_authentic(announcement) ? AdvertOutcome::own_newer : AdvertOutcome::forged;
  }
  Destination* destination = destinations_.find(id);
  if (!destination) {
    // What is forged makes no room for itself.
    if (!is_authentic(announcement)) return AdvertOutcome::forged;
    destination = make_destination(now, id, announcement);
    if (!destination) return AdvertOutcome::full;
  } else if (const auto taken = take_epoch(now, *destination, announcement);
             taken != AdvertOutcome::taken) {
    return taken;
  }
  const bool is_newest = announcement.epoch == destination->newest.announcement.epoch;
  KnownEpoch& epoch = is_newest ? destination->newest : destination->previous->epoch;
  if (name) *name = {destination->slot, epoch.serial};
  return take_claim(*destination, epoch, neighbour, claim);
}

std::optional<AdvertOutcome> RouteTable::handle_advert(NeighbourId neighbour, const EpochName& name,
                                                       const AdvertClaim& claim) {
  Destination* destination = destinations_.at(name.slot);
  if (!destination || name.serial == 0) return std::nullopt;
  if (destination->newest.serial == name.serial)
    return take_claim(*destination, destination->newest, neighbour, claim);
  if (destination->previous && destination->previous->epoch.serial == name.serial)
    return take_claim(*destination, destination->previous->epoch, neighbour, claim);
  return std::nullopt;
}

AdvertOutcome RouteTable::take_claim(Destination& destination, KnownEpoch& epoch,
                                     NeighbourId neighbour, const AdvertClaim& claim) {
  const uint32_t position = chain_position(claim.step, claim.metric);
  if (!is_proved(epoch, position, claim.proof)) return AdvertOutcome::forged;
  if (position > epoch.proved_position) {
    epoch.proved = claim.proof;
    epoch.proved_position = position;
  }
  Advert advert;
  advert.neighbour = neighbour;
  advert.metric = claim.metric & kInfinity;
  advert.step = claim.step & 0x7fU;
  advert.is_previous = &epoch == &destination.newest ? 0 : 1;
  const auto old = std::find_if(destination.adverts.begin(), destination.adverts.end(),
                                [&](const Advert& a) { return a.neighbour == neighbour; });
  if (old != destination.adverts.end()) {
    *old = advert;
  } else {
    Neighbour& source = neighbour_of(neighbour);
    if (source.adverts >= kAdvertsMax) return AdvertOutcome::full;
    ++source.adverts;
    // Most have few, and a thousand of these lists count.
    if (destination.adverts.size() == destination.adverts.capacity())
      destination.adverts.reserve(destination.adverts.size() + 1 + destination.adverts.size() / 4);
    destination.adverts.push_back(advert);
    destination.forgettable_at = kNever;
  }
  mark_changed(destination);
  return AdvertOutcome::taken;
}

void RouteTable::handle_retract(Instant now, NeighbourId neighbour,
                                const crypto::NodeId& destination) {
  if (Destination* known = destinations_.find(destination)) drop_advert(now, *known, neighbour);
}

void RouteTable::handle_retract(Instant now, NeighbourId neighbour, const EpochName& name) {
  Destination* known = destinations_.at(name.slot);
  if (!known || name.serial == 0) return;
  const bool is_it = known->newest.serial == name.serial ||
                     (known->previous && known->previous->epoch.serial == name.serial);
  if (is_it) drop_advert(now, *known, neighbour);
}

bool RouteTable::is_feasible(const Destination& destination, const Advert& advert) {
  if (!destination.feasibility) return true;
  const Feasibility& limit = *destination.feasibility;
  const Sequence sequence = destination.sequence_of(advert);
  return sequence > limit.sequence || (sequence == limit.sequence && advert.metric < limit.metric);
}

RouteTable::Candidate RouteTable::best_feasible(const Destination& destination) const {
  Candidate best;
  for (const Advert& advert : destination.adverts) {
    const Metric cost = total(destination, advert);
    if (cost >= kInfinity || cost > best.total || !is_feasible(destination, advert)) continue;
    if (best.advert && cost == best.total && best.advert->neighbour < advert.neighbour) continue;
    best = {&advert, cost};
  }
  return best;
}

void RouteTable::select(Destination& destination, Changes& changes) {
  const auto route_of = [](const Destination& d) {
    return std::tuple(d.selected, d.distance, d.sequence);
  };
  const auto before = route_of(destination);
  const Advert* current =
      destination.selected ? destination.advert_of(*destination.selected) : nullptr;
  Candidate best = best_feasible(destination);
  if (current) {
    const Metric cost = total(destination, *current);
    if (cost < kInfinity && (!best.advert || !is_much_less(best.total, cost)))
      best = {current, cost};
  }
  destination.selected =
      best.advert ? std::optional(best.advert->neighbour) : std::optional<NeighbourId>{};
  destination.distance = best.total;
  destination.sequence = best.advert ? destination.sequence_of(*best.advert) : Sequence{};
  if (is_wanting(destination) != destination.is_wanting) {
    destination.is_wanting = !destination.is_wanting;
    if (destination.is_wanting) wanting_.insert(destination.id);
    if (!destination.is_wanting) wanting_.erase(destination.id);
  }
  if (route_of(destination) == before) return;
  changes.any = true;
  mark_untold(destination);
  if (std::get<0>(before) && !best.advert) changes.lost.push_back(destination.id);
  if (!std::get<0>(before) && best.advert) changes.found.push_back(destination.id);
}

RouteTable::Changes RouteTable::select() {
  Changes changes;
  for (const Slot slot : std::exchange(changed_, {})) {
    Destination* destination = destinations_.at(slot);
    if (!destination || !std::exchange(destination->is_changed, false)) continue;
    select(*destination, changes);
  }
  return changes;
}

bool RouteTable::is_wanting(const Destination& destination) const {
  if (!destination.feasibility) return false;
  return !wanted_of(destination).empty();
}

std::vector<WantedSequence> RouteTable::wanted_of(const Destination& destination) const {
  std::vector<WantedSequence> wanted;
  for (const Advert& advert : destination.adverts) {
    if (total(destination, advert) >= kInfinity || is_feasible(destination, advert)) continue;
    const bool helps = !destination.selected || destination.selected == advert.neighbour ||
                       is_much_less(total(destination, advert), destination.distance);
    if (!helps) continue;
    const Feasibility& limit = *destination.feasibility;
    wanted.push_back({advert.neighbour,
                      advert.metric < limit.metric ? limit.sequence : next_after(limit.sequence)});
  }
  return wanted;
}

bool RouteTable::is_starving(const Destination& destination) {
  return std::none_of(destination.adverts.begin(), destination.adverts.end(),
                      [&](const Advert& advert) { return is_feasible(destination, advert); });
}

bool RouteTable::list(Instant now) {
  std::vector<std::pair<Metric, Destination*>> by_distance;
  by_distance.reserve(destinations_.size());
  bool changed = false;
  next_listing_ = kNever;
  for (const Destination& known : destinations_) {
    Destination& destination = *destinations_.at(known.slot);
    // Of a leaf only its routers need to know.
    if (destination.selected && !destination.is_leaf()) {
      by_distance.emplace_back(destination.distance, &destination);
    } else if (destination.listed) {
      destination.listed = false;
      changed = true;
    }
  }
  std::sort(by_distance.begin(), by_distance.end(), [](const auto& a, const auto& b) {
    return a.first != b.first ? a.first < b.first : a.second->id < b.second->id;
  });
  TableRule among_all(table_size_);
  TableRule among_old(table_size_);
  if (own_priority_) {
    among_all.admit(*own_priority_, false);
    among_old.admit(*own_priority_, false);
  }
  for (const auto& [metric, destination] : by_distance) {
    const Instant grown = destination->ranked_since + kWaitingTime;
    const bool is_young = now < grown;
    if (is_young) next_listing_ = std::min(next_listing_, grown);
    bool listed = among_all.admit(destination->priority(), destination->listed);
    // The young do not drive it out; to let it in, they count.
    if (!is_young && among_old.admit(destination->priority(), destination->listed))
      listed |= destination->listed;
    if (listed == destination->listed) continue;
    destination->listed = listed;
    mark_untold(*destination);
    changed = true;
  }
  return changed;
}

void RouteTable::note_told(Slot slot, Sequence sequence, Metric metric) {
  Destination* destination = destinations_.at(slot);
  STARLING_CHECK(destination != nullptr);
  auto& limit = destination->feasibility;
  if (!limit || sequence > limit->sequence ||
      (sequence == limit->sequence && metric < limit->metric)) {
    limit = Feasibility{sequence, metric};
  }
}

void RouteTable::expire(Instant now) {
  told_lately_.expire(now);
  for (const Destination& known : destinations_) {
    Destination& destination = *destinations_.at(known.slot);
    if (now >= destination.expires) drop_adverts(now, destination, /*only_previous=*/false);
    if (destination.previous && now >= destination.previous->ends) {
      drop_adverts(now, destination, /*only_previous=*/true);
      destination.previous.reset();
    }
    const bool is_dead =
        destination.adverts.empty() && !destination.selected && now >= destination.forgettable_at;
    if (is_dead) forget(destination);
  }
}

void RouteTable::forget(Destination& destination) {
  if (destination.is_wanting) wanting_.erase(destination.id);
  mark_untold(destination);
  destinations_.erase(destination.slot);
}

// Makes room in a full table: one destination without adverts goes, the one due first.
bool RouteTable::forget_one() {
  Destination* first = nullptr;
  for (const Destination& known : destinations_) {
    if (!known.adverts.empty() || known.selected) continue;
    if (!first || known.forgettable_at < first->forgettable_at)
      first = destinations_.at(known.slot);
  }
  if (!first) return false;
  forget(*first);
  return true;
}

std::optional<Metric> RouteTable::cost_of(NeighbourId neighbour) const {
  const Neighbour* known = find_neighbour(neighbour);
  return known ? std::optional(known->cost) : std::nullopt;
}

ChainValue RouteTable::proof_for(const Destination& destination, const Advert& advert,
                                 Metric own_metric) {
  const KnownEpoch& epoch = destination.epoch_of(advert);
  const uint32_t own = chain_position(static_cast<uint8_t>(advert.step), own_metric);
  STARLING_CHECK(epoch.proved_position >= own);
  return descend(epoch.proved, epoch.proved_position - own);
}

size_t RouteTable::memory() const {
  constexpr size_t kAllocation = 16;  // what the allocator adds
  size_t bytes = destinations_.slot_limit() * (sizeof(void*) + 3 * sizeof(Slot));
  for (const Destination& destination : destinations_) {
    bytes += sizeof(Destination) + kAllocation + destination.adverts.capacity() * sizeof(Advert);
    if (destination.adverts.capacity() > 0) bytes += kAllocation;
    if (destination.previous) bytes += sizeof(Destination::Previous) + kAllocation;
  }
  return bytes;
}

}  // namespace starling::routing
