#include "routing/route_teller.h"

#include <cmath>
#include <utility>

namespace starling::routing {

std::optional<RouteTeller::Offer> RouteTeller::offer_of(const RouteTable& table,
                                                        const Destination& destination) const {
  const Advert* advert = nullptr;
  if (destination.id == neighbour_node_) {
    advert = newer_life_of_neighbour(destination);
  } else if (destination.listed && destination.selected && *destination.selected != neighbour_) {
    // Not back to where it came from.
    advert = destination.advert_of(*destination.selected);
  }
  const KnownEpoch* epoch = advert ? destination.epoch(advert->sequence.epoch) : nullptr;
  if (!epoch || table.total(*advert) >= kInfinity) return std::nullopt;
  return Offer{destination.id, &epoch->announcement, advert->sequence, table.total(*advert),
               advert};
}

const Advert* RouteTeller::newer_life_of_neighbour(const Destination& neighbour) const {
  for (const Advert& advert : neighbour.adverts) {
    if (advert.neighbour == neighbour_ || !neighbour_epoch_) continue;
    if (advert.sequence.epoch > *neighbour_epoch_) return &advert;
  }
  return nullptr;
}

bool RouteTeller::is_due(const Offer& offer) const {
  const auto told = told_.find(offer.id);
  if (told == told_.end() || told->second.asked_for) return true;
  if (told->second.sequence.epoch != offer.sequence.epoch) return true;
  const double moved = std::abs(static_cast<double>(offer.metric) - told->second.metric);
  return moved > kWorthTelling * told->second.metric;
}

UpdateEntry RouteTeller::entry_for(const Offer& offer, const ChainValue& proof) {
  auto [entry, inserted] = told_.try_emplace(offer.id);
  Told& told = entry->second;
  if (inserted) told.handle = take_handle();
  UpdateEntry update{told.handle, std::nullopt, offer.sequence.step, offer.metric, proof};
  if (inserted || told.sequence.epoch != offer.sequence.epoch)
    update.announcement = *offer.announcement;
  told.sequence = offer.sequence;
  told.metric = offer.metric;
  told.asked_for = false;
  return update;
}

std::vector<RoutingMessage> RouteTeller::messages(RouteTable& table, const OwnRoute& own,
                                                  const std::set<crypto::NodeId>& changed) {
  std::set<crypto::NodeId> ids = std::exchange(forced_, {});
  for (const crypto::NodeId& id : ids) {
    if (const auto told = told_.find(id); told != told_.end()) told->second.asked_for = true;
  }
  ids.erase(own.id);
  if (begun_) {
    ids.insert(changed.begin(), changed.end());
  } else {
    for (const auto& [id, destination] : table.all()) ids.insert(ids.end(), id);
  }
  begun_ = true;
  std::vector<RoutingMessage> messages;
  // First, so that the updates can use the handles again.
  retract(table, ids, messages);
  update(table, own, ids, messages);
  return messages;
}

void RouteTeller::retract(const RouteTable& table, const std::set<crypto::NodeId>& ids,
                          std::vector<RoutingMessage>& to) {
  RouteRetract retract;
  for (const crypto::NodeId& id : ids) {
    const auto told = told_.find(id);
    if (told == told_.end()) continue;
    const Destination* destination = table.find(id);
    if (destination && offer_of(table, *destination)) continue;
    retract.handles.push_back(told->second.handle);
    free_handles_.insert(told->second.handle);
    told_.erase(told);
    if (retract.handles.size() == RouteRetract::kHandlesMax) {
      to.emplace_back(std::exchange(retract, {}));
    }
  }
  if (!retract.handles.empty()) to.emplace_back(std::move(retract));
}

void RouteTeller::update(RouteTable& table, const OwnRoute& own,
                         const std::set<crypto::NodeId>& ids, std::vector<RoutingMessage>& to) {
  RouteUpdate update;
  const auto add = [&](const Offer& offer) {
    const ChainValue proof =
        offer.advert ? RouteTable::proof_for(*offer.advert, offer.metric) : own.proof;
    update.entries.push_back(entry_for(offer, proof));
    if (update.entries.size() == RouteUpdate::kEntriesMax)
      to.emplace_back(std::exchange(update, {}));
  };
  const Offer own_offer{own.id, own.announcement, {own.announcement->epoch, own.step}, 0};
  if (is_due(own_offer) || told_.at(own.id).sequence != own_offer.sequence) {
    add(own_offer);
  }
  for (const crypto::NodeId& id : ids) {
    const Destination* destination = table.find(id);
    const auto offer = destination ? offer_of(table, *destination) : std::nullopt;
    if (!offer || !is_due(*offer)) continue;
    add(*offer);
    // A neighbour does not route to itself.
    if (id != neighbour_node_) table.note_told(id, offer->sequence, offer->metric);
  }
  if (!update.entries.empty()) to.emplace_back(std::move(update));
}

Handle RouteTeller::take_handle() {
  if (free_handles_.empty()) return next_handle_++;
  return free_handles_.extract(free_handles_.begin()).value();
}

bool RouteTeller::bind(Handle handle, const Binding& binding) {
  if (bindings_.size() >= kHandlesMax && !bindings_.contains(handle)) return false;
  bindings_[handle] = binding;
  if (binding.destination == neighbour_node_) neighbour_epoch_ = binding.epoch;
  return true;
}

const RouteTeller::Binding* RouteTeller::binding_of(Handle handle) const {
  const auto entry = bindings_.find(handle);
  return entry == bindings_.end() ? nullptr : &entry->second;
}

}  // namespace starling::routing
