#include "routing/route_teller.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace starling::routing {

std::optional<RouteTeller::Offer> RouteTeller::offer_of(const RouteTable& table,
                                                        const Destination& destination) const {
  if (only_self_) return std::nullopt;
  const Advert* advert = nullptr;
  if (destination.id == neighbour_node_) {
    advert = newer_life_of_neighbour(destination);
  } else if (destination.listed && destination.selected && *destination.selected != neighbour_) {
    // Not back to where it came from.
    advert = destination.advert_of(*destination.selected);
  }
  if (!advert) return std::nullopt;
  const Metric total = table.total(destination, *advert);
  if (total >= kInfinity) return std::nullopt;
  return Offer{destination.slot,
               &destination.epoch_of(*advert).announcement,
               destination.sequence_of(*advert),
               total,
               &destination,
               advert};
}

const Advert* RouteTeller::newer_life_of_neighbour(const Destination& neighbour) const {
  for (const Advert& advert : neighbour.adverts) {
    if (advert.neighbour == neighbour_ || !neighbour_epoch_) continue;
    if (neighbour.sequence_of(advert).epoch > *neighbour_epoch_) return &advert;
  }
  return nullptr;
}

Handle RouteTeller::handle_of(Slot slot) const {
  if (slot == kOwnSlot) return own_handle_;
  return slot < handles_.size() ? handles_[slot] : kNoHandle;
}

bool RouteTeller::is_due(const Offer& offer) const {
  const Handle handle = handle_of(offer.slot);
  if (handle == kNoHandle || told_[handle].asked_for) return true;
  const Told& told = told_[handle];
  if (told.epoch != offer.sequence.epoch) return true;
  const double moved = std::abs(static_cast<double>(offer.metric) - told.metric);
  return moved > kWorthTelling * told.metric;
}

UpdateEntry RouteTeller::entry_for(const Offer& offer, const ChainValue& proof) {
  const Handle known = handle_of(offer.slot);
  const Handle handle = known == kNoHandle ? take_handle(offer.slot) : known;
  Told& told = told_[handle];
  UpdateEntry update{handle, std::nullopt, offer.sequence.step, offer.metric, proof};
  if (known == kNoHandle || told.epoch != offer.sequence.epoch)
    update.announcement = *offer.announcement;
  told.epoch = offer.sequence.epoch;
  told.step = offer.sequence.step;
  told.metric = offer.metric;
  told.asked_for = false;
  return update;
}

std::vector<RoutingMessage> RouteTeller::messages(RouteTable& table, const OwnRoute& own,
                                                  const std::vector<Slot>& changed,
                                                  Proofs& proofs) {
  std::vector<Slot> slots;
  if (begun_) {
    slots = changed;
  } else {
    for (const Destination& destination : table.all()) slots.push_back(destination.slot);
  }
  begun_ = true;
  for (const crypto::NodeId& id : std::exchange(forced_, {})) {
    const Destination* destination = table.find(id);
    const Handle handle = id == own.id  ? own_handle_
                          : destination ? handle_of(destination->slot)
                                        : kNoHandle;
    if (handle != kNoHandle) told_[handle].asked_for = true;
    if (destination && std::find(slots.begin(), slots.end(), destination->slot) == slots.end())
      slots.push_back(destination->slot);
  }
  std::vector<RoutingMessage> messages;
  // First, so that the updates can use the handles again.
  retract(table, slots, messages);
  update(table, own, slots, proofs, messages);
  return messages;
}

void RouteTeller::retract(const RouteTable& table, const std::vector<Slot>& slots,
                          std::vector<RoutingMessage>& to) {
  RouteRetract retract;
  for (const Slot slot : slots) {
    const Handle handle = handle_of(slot);
    if (handle == kNoHandle) continue;
    const Destination* destination = table.at(slot);
    if (destination && offer_of(table, *destination)) continue;
    retract.handles.push_back(handle);
    free_handles_.push_back(handle);
    std::push_heap(free_handles_.begin(), free_handles_.end(), std::greater<>());
    handles_[slot] = kNoHandle;
    told_[handle] = {};
    if (retract.handles.size() == RouteRetract::kHandlesMax) {
      to.emplace_back(std::exchange(retract, {}));
    }
  }
  if (!retract.handles.empty()) to.emplace_back(std::move(retract));
}

ChainValue RouteTeller::proof_of(const Offer& offer, Proofs& proofs) {
  // The same advert to all neighbours, but for what rests on another one.
  const bool is_shared = offer.destination->selected == offer.advert->neighbour;
  if (!is_shared) return RouteTable::proof_for(*offer.destination, *offer.advert, offer.metric);
  const auto [entry, is_new] = proofs.try_emplace(offer.slot);
  if (is_new)
    entry->second = RouteTable::proof_for(*offer.destination, *offer.advert, offer.metric);
  return entry->second;
}

void RouteTeller::update(RouteTable& table, const OwnRoute& own, const std::vector<Slot>& slots,
                         Proofs& proofs, std::vector<RoutingMessage>& to) {
  RouteUpdate update;
  const auto add = [&](const Offer& offer) {
    update.entries.push_back(entry_for(offer, offer.advert ? proof_of(offer, proofs) : own.proof));
    if (update.entries.size() == RouteUpdate::kEntriesMax)
      to.emplace_back(std::exchange(update, {}));
  };
  const Offer own_offer{kOwnSlot, own.announcement, {own.announcement->epoch, own.step},
                        0,        nullptr,          nullptr};
  if (is_due(own_offer) || told_[own_handle_].step != own.step) add(own_offer);
  for (const Slot slot : slots) {
    const Destination* destination = table.at(slot);
    const auto offer = destination ? offer_of(table, *destination) : std::nullopt;
    if (!offer || !is_due(*offer)) continue;
    add(*offer);
    // A neighbour does not route to itself.
    if (destination->id != neighbour_node_) table.note_told(slot, offer->sequence, offer->metric);
  }
  if (!update.entries.empty()) to.emplace_back(std::move(update));
}

Handle RouteTeller::take_handle(Slot slot) {
  Handle handle = 0;
  if (free_handles_.empty()) {
    handle = static_cast<Handle>(told_.size());
    told_.emplace_back();
  } else {
    std::pop_heap(free_handles_.begin(), free_handles_.end(), std::greater<>());
    handle = free_handles_.back();
    free_handles_.pop_back();
  }
  told_[handle].slot = slot;
  told_[handle].in_use = true;
  if (slot == kOwnSlot) {
    own_handle_ = handle;
  } else {
    if (handles_.size() <= slot) handles_.resize(slot + size_t{1}, kNoHandle);
    handles_[slot] = handle;
  }
  return handle;
}

bool RouteTeller::bind(Handle handle, const EpochName& name) {
  if (handle >= kHandlesMax) return false;
  if (bindings_.size() <= handle) bindings_.resize(handle + size_t{1}, kNotBound);
  bindings_[handle] = name;
  return true;
}

const EpochName* RouteTeller::binding_of(Handle handle) const {
  if (handle >= bindings_.size() || bindings_[handle].slot == kNotBound.slot) return nullptr;
  return &bindings_[handle];
}

size_t RouteTeller::memory() const {
  return sizeof(*this) + told_.capacity() * sizeof(Told) + handles_.capacity() * sizeof(Handle) +
         free_handles_.capacity() * sizeof(Handle) + bindings_.capacity() * sizeof(EpochName);
}

}  // namespace starling::routing
