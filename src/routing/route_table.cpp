#include "routing/route_table.h"

#include <algorithm>
#include <queue>
#include <tuple>
#include <utility>

#include "base/check.h"

namespace starling::routing {
namespace {

// A route is given up for a shorter one only when that is better by a twentieth: noise must not make routes flap.
bool is_much_less(Metric metric, Metric than) { return metric < than - than / 20; }
// A listed destination stays while fewer than this multiple of k outrank it.
constexpr double kKeepFactor = 1.25;

}  // namespace

Sequence next_after(const Sequence& sequence) {
  if (sequence.step < kSteps) return {sequence.epoch, static_cast<uint8_t>(sequence.step + 1)};
  return {sequence.epoch + 1, 1};
}

const Advert* Destination::advert_of(NeighbourId neighbour) const {
  for (const Advert& advert : adverts) {
    if (advert.neighbour == neighbour) return &advert;
  }
  return nullptr;
}

const KnownEpoch* Destination::epoch(uint32_t number) const {
  if (newest.announcement.epoch == number) return &newest;
  if (previous && previous->announcement.epoch == number) return &*previous;
  return nullptr;
}

void RouteTable::add_neighbour(NeighbourId neighbour, Metric cost) { costs_[neighbour] = cost; }

void RouteTable::set_cost(NeighbourId neighbour, Metric cost) {
  if (costs_.at(neighbour) == cost) return;
  costs_.at(neighbour) = cost;
  for (const auto& [id, destination] : destinations_) {
    if (destination.advert_of(neighbour)) changed_.insert(id);
  }
}

void RouteTable::remove_neighbour(Instant now, NeighbourId neighbour) {
  for (auto& [id, destination] : destinations_) drop_advert(now, destination, neighbour);
  costs_.erase(neighbour);
  advert_counts_.erase(neighbour);
}

void RouteTable::drop_advert(Instant now, Destination& destination, NeighbourId neighbour) {
  const size_t dropped = std::erase_if(
      destination.adverts, [&](const Advert& advert) { return advert.neighbour == neighbour; });
  if (dropped == 0) return;
  --advert_counts_[neighbour];
  changed_.insert(destination.id);
  // Only what was told to somebody can come back as a loop.
  if (destination.adverts.empty()) {
    destination.forgettable_at = destination.feasibility ? now + kFeasibilityMemory : now;
  }
}

void RouteTable::drop_adverts_before(Instant now, Destination& destination, uint32_t epoch) {
  for (const Advert& advert : std::vector(destination.adverts)) {
    if (advert.sequence.epoch < epoch) drop_advert(now, destination, advert.neighbour);
  }
}

bool RouteTable::is_proved(const KnownEpoch& epoch, uint32_t position,
                           const ChainValue& proof) const {
  if (!checked_) return on_same_chain(epoch.proved, epoch.proved_position, proof, position);
  return checked_->is_on_chain(epoch.announcement.anchor, epoch.proved, epoch.proved_position,
                               proof, position);
}

bool RouteTable::prove(KnownEpoch& epoch, uint8_t step, Metric metric, const ChainValue& proof) {
  const uint32_t position = chain_position(step, metric);
  if (!is_proved(epoch, position, proof)) return false;
  if (position > epoch.proved_position) {
    epoch.proved = proof;
    epoch.proved_position = position;
  }
  return true;
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
  drop_adverts_before(now, destination, destination.newest.announcement.epoch);
  destination.previous = destination.newest;
  destination.previous_ends = now + kEpochOverlap;
  destination.newest = {announcement, 0, announcement.anchor};
  destination.expires = now + std::chrono::seconds(announcement.lifetime_s);
  untold_.insert(destination.id);
  return AdvertOutcome::taken;
}

AdvertOutcome RouteTable::handle_advert(Instant now, NeighbourId neighbour,
                                        const Announcement& announcement, uint8_t step,
                                        Metric metric, const ChainValue& proof,
                                        uint32_t own_epoch) {
  const crypto::NodeId id = crypto::node_id_of(announcement.key);
  if (id == self_) {
    if (announcement.epoch <= own_epoch) return AdvertOutcome::own;
    return is_authentic(announcement) ? AdvertOutcome::own_newer : AdvertOutcome::forged;
  }
  auto entry = destinations_.find(id);
  if (entry == destinations_.end()) {
    // What is forged makes no room for itself.
    if (!is_authentic(announcement)) return AdvertOutcome::forged;
    if (destinations_.size() >= kDestinationsMax && !forget_one()) return AdvertOutcome::full;
    entry = destinations_.emplace(id, Destination{}).first;
    Destination& made = entry->second;
    made.id = id;
    made.priority = priority_of(announcement);
    made.newest = {announcement, 0, announcement.anchor};
    made.expires = now + std::chrono::seconds(announcement.lifetime_s);
    made.forgettable_at = now;
    by_short_id_[short_id_of(id)] = &made;
  } else if (const auto taken = take_epoch(now, entry->second, announcement);
             taken != AdvertOutcome::taken) {
    return taken;
  }
  Destination& destination = entry->second;
  KnownEpoch& epoch = announcement.epoch == destination.newest.announcement.epoch
                          ? destination.newest
                          : *destination.previous;
  if (!prove(epoch, step, metric, proof)) return AdvertOutcome::forged;
  const Advert advert{neighbour, {announcement.epoch, step}, metric, proof};
  const auto old = std::find_if(destination.adverts.begin(), destination.adverts.end(),
                                [&](const Advert& a) { return a.neighbour == neighbour; });
  if (old != destination.adverts.end()) {
    *old = advert;
  } else {
    if (advert_counts_[neighbour] >= kAdvertsMax) return AdvertOutcome::full;
    ++advert_counts_[neighbour];
    destination.adverts.push_back(advert);
    destination.forgettable_at = kNever;
  }
  changed_.insert(id);
  return AdvertOutcome::taken;
}

void RouteTable::handle_retract(Instant now, NeighbourId neighbour,
                                const crypto::NodeId& destination) {
  const auto entry = destinations_.find(destination);
  if (entry != destinations_.end()) drop_advert(now, entry->second, neighbour);
}

bool RouteTable::is_feasible(const Destination& destination, const Advert& advert) {
  if (!destination.feasibility) return true;
  const Feasibility& limit = *destination.feasibility;
  return advert.sequence > limit.sequence ||
         (advert.sequence == limit.sequence && advert.metric < limit.metric);
}

const Advert* RouteTable::best_feasible(const Destination& destination) const {
  const Advert* best = nullptr;
  for (const Advert& advert : destination.adverts) {
    if (total(advert) >= kInfinity || !is_feasible(destination, advert)) continue;
    if (!best || total(advert) < total(*best) ||
        (total(advert) == total(*best) && advert.neighbour < best->neighbour)) {
      best = &advert;
    }
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
  if (current && total(*current) >= kInfinity) current = nullptr;
  const Advert* best = best_feasible(destination);
  if (current && (!best || !is_much_less(total(*best), total(*current)))) best = current;
  destination.selected = best ? std::optional(best->neighbour) : std::nullopt;
  destination.distance = best ? total(*best) : kInfinity;
  destination.sequence = best ? best->sequence : Sequence{};
  if (wanted_of(destination).empty()) {
    wanting_.erase(destination.id);
  } else {
    wanting_.insert(destination.id);
  }
  if (route_of(destination) == before) return;
  changes.any = true;
  untold_.insert(destination.id);
  if (std::get<0>(before) && !best) changes.lost.push_back(destination.id);
  if (!std::get<0>(before) && best) changes.found.push_back(destination.id);
}

RouteTable::Changes RouteTable::select() {
  Changes changes;
  for (const crypto::NodeId& id : std::exchange(changed_, {})) {
    if (const auto entry = destinations_.find(id); entry != destinations_.end()) {
      select(entry->second, changes);
    }
  }
  return changes;
}

std::vector<WantedSequence> RouteTable::wanted_of(const Destination& destination) const {
  std::vector<WantedSequence> wanted;
  for (const Advert& advert : destination.adverts) {
    if (total(advert) >= kInfinity || is_feasible(destination, advert)) continue;
    const bool helps = !destination.selected || destination.selected == advert.neighbour ||
                       is_much_less(total(advert), destination.distance);
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

bool RouteTable::list() {
  std::vector<std::pair<Metric, Destination*>> by_distance;
  bool changed = false;
  for (auto& [id, destination] : destinations_) {
    if (destination.selected) {
      by_distance.emplace_back(destination.distance, &destination);
    } else if (destination.listed) {
      destination.listed = false;
      changed = true;
    }
  }
  std::sort(by_distance.begin(), by_distance.end(), [](const auto& a, const auto& b) {
    return std::tie(a.first, a.second->id) < std::tie(b.first, b.second->id);
  });
  // The worst of the best so far is on top.
  const auto better_last = [](const Priority& a, const Priority& b) { return outranks(a, b); };
  using Best = std::priority_queue<Priority, std::vector<Priority>, decltype(better_last)>;
  Best to_enter(better_last);
  Best to_stay(better_last);
  const auto admit = [](Best& best, size_t size, const Priority& priority) {
    if (best.size() >= size && !outranks(priority, best.top())) return false;
    best.push(priority);
    if (best.size() > size) best.pop();
    return true;
  };
  const auto keep_size = static_cast<size_t>(kKeepFactor * static_cast<double>(table_size_));
  if (own_priority_) {
    to_enter.push(*own_priority_);
    to_stay.push(*own_priority_);
  }
  for (const auto& [metric, destination] : by_distance) {
    const bool enters = admit(to_enter, table_size_, destination->priority);
    const bool stays = admit(to_stay, keep_size, destination->priority);
    const bool listed = enters || (destination->listed && stays);
    if (listed == destination->listed) continue;
    destination->listed = listed;
    untold_.insert(destination->id);
    changed = true;
  }
  return changed;
}

void RouteTable::note_told(const crypto::NodeId& id, Sequence sequence, Metric metric) {
  const auto entry = destinations_.find(id);
  STARLING_CHECK(entry != destinations_.end());
  auto& limit = entry->second.feasibility;
  if (!limit || sequence > limit->sequence ||
      (sequence == limit->sequence && metric < limit->metric)) {
    limit = Feasibility{sequence, metric};
  }
}

void RouteTable::expire(Instant now) {
  for (auto entry = destinations_.begin(); entry != destinations_.end();) {
    Destination& destination = entry->second;
    if (now >= destination.expires) {
      drop_adverts_before(now, destination, destination.newest.announcement.epoch + 1);
    }
    if (destination.previous && now >= destination.previous_ends) {
      drop_adverts_before(now, destination, destination.newest.announcement.epoch);
      destination.previous.reset();
    }
    const bool is_dead =
        destination.adverts.empty() && !destination.selected && now >= destination.forgettable_at;
    if (!is_dead) {
      ++entry;
      continue;
    }
    entry = forget(entry);
  }
}

std::map<crypto::NodeId, Destination>::iterator RouteTable::forget(
    std::map<crypto::NodeId, Destination>::iterator entry) {
  const crypto::NodeId id = entry->first;
  const auto by_short = by_short_id_.find(short_id_of(id));
  if (by_short != by_short_id_.end() && by_short->second == &entry->second) {
    by_short_id_.erase(by_short);
  }
  wanting_.erase(id);
  return destinations_.erase(entry);
}

// Makes room in a full table: one destination without adverts goes, the one due first.
bool RouteTable::forget_one() {
  auto first = destinations_.end();
  for (auto entry = destinations_.begin(); entry != destinations_.end(); ++entry) {
    if (!entry->second.adverts.empty() || entry->second.selected) continue;
    if (first == destinations_.end() ||
        entry->second.forgettable_at < first->second.forgettable_at) {
      first = entry;
    }
  }
  if (first == destinations_.end()) return false;
  forget(first);
  return true;
}

const Destination* RouteTable::find(const crypto::NodeId& id) const {
  // For the packet path: hashing is faster than the tree.
  if (const Destination* likely = find(short_id_of(id)); likely && likely->id == id) return likely;
  const auto entry = destinations_.find(id);
  return entry == destinations_.end() ? nullptr : &entry->second;
}

const Destination* RouteTable::find(const ShortId& id) const {
  const auto entry = by_short_id_.find(id);
  return entry == by_short_id_.end() ? nullptr : entry->second;
}

std::optional<Metric> RouteTable::cost_of(NeighbourId neighbour) const {
  const auto entry = costs_.find(neighbour);
  return entry == costs_.end() ? std::nullopt : std::optional(entry->second);
}

ChainValue RouteTable::proof_for(const Advert& advert, Metric own_metric) {
  const uint32_t heard = chain_position(advert.sequence.step, advert.metric);
  const uint32_t own = chain_position(advert.sequence.step, own_metric);
  STARLING_CHECK(heard >= own);
  return descend(advert.proof, heard - own);
}

}  // namespace starling::routing
