#include "reach/dialer.h"

#include <algorithm>

#include "base/check.h"

namespace starling::reach {
namespace {

Duration pause_after(int rounds_failed) {
  // 2^9 times the least pause is beyond the longest.
  const int doublings = std::clamp(rounds_failed - 1, 0, 9);
  return std::min<Duration>(Dialer::kPauseMin * (1 << doublings), Dialer::kPauseMax);
}

}  // namespace

std::optional<TargetId> Dialer::add(Instant now, DialTarget target) {
  check_time(now);
  STARLING_CHECK(!target.addresses.empty());
  auto place = find_same(target);
  if (place == entries_.end()) {
    if (!make_room(target.persistence)) return std::nullopt;
    Entry entry{.key = target.key,
                .places = {},
                .persistence = target.persistence,
                .next_order = now,
                .round_not_before = now};
    place = entries_.emplace_hint(entries_.end(), TargetId{next_id_++}, std::move(entry));
  }
  Entry& entry = place->second;
  for (const PeerAddress& address : target.addresses) {
    add_address(entry, address, target.persistence);
  }
  entry.persistence = std::min(entry.persistence, target.persistence);
  begin_round_soon(entry, now);
  return place->first;
}

void Dialer::remove(TargetId target) { entries_.erase(target); }

void Dialer::handle_link_up(const crypto::NodeKey& peer) {
  linked_.insert(peer);
  const auto found = find_key(peer);
  if (found == entries_.end()) return;
  found->second.rounds_failed = 0;
  for (Place& place : found->second.places) place.step = Step::waiting;
}

void Dialer::handle_link_down(Instant now, const crypto::NodeKey& peer) {
  check_time(now);
  if (linked_.erase(peer) == 0) return;
  const auto found = find_key(peer);
  if (found != entries_.end()) begin_pause(found->second, now);
}

void Dialer::handle_key_learned(Instant now, TargetId target, const crypto::NodeKey& key) {
  check_time(now);
  const auto found = entries_.find(target);
  if (found == entries_.end() || found->second.key) return;
  Entry& entry = found->second;
  const auto other = find_key(key);
  if (other != entries_.end()) {
    for (const Place& place : entry.places) {
      add_address(other->second, place.address, place.persistence);
    }
    other->second.persistence = std::min(other->second.persistence, entry.persistence);
    begin_round_soon(other->second, now);
    entries_.erase(found);
    return;
  }
  entry.key = key;
  entry.key_is_learned = true;
  if (is_linked(entry)) entry.rounds_failed = 0;
  for (Place& place : entry.places) place.step = Step::waiting;
  entry.next_order = now;
}

void Dialer::handle_failed(Instant now, TargetId target, const PeerAddress& address) {
  check_time(now);
  const auto found = entries_.find(target);
  if (found == entries_.end()) return;
  for (Place& place : found->second.places) {
    if (place.step == Step::ordered && place.address == address) place.step = Step::failed;
  }
  if (settle_round(found->second, now)) entries_.erase(found);
}

std::optional<Dialer::Order> Dialer::poll_order(Instant now) {
  check_time(now);
  expire_orders(now);
  for (auto& [id, entry] : entries_) {
    if (is_linked(entry) || entry.next_order > now) continue;
    const auto place = std::ranges::find(entry.places, Step::waiting, &Place::step);
    if (place == entry.places.end()) continue;
    place->step = Step::ordered;
    place->given_up_at = now + kOrderPatience;
    entry.next_order = now + kStagger;
    return Order{id, entry.key, place->address};
  }
  return std::nullopt;
}

Instant Dialer::next_timeout() const {
  Instant next = kNever;
  for (const auto& [id, entry] : entries_) {
    if (is_linked(entry)) continue;
    for (const Place& place : entry.places) {
      if (place.step == Step::waiting) next = std::min(next, entry.next_order);
      if (place.step == Step::ordered) next = std::min(next, place.given_up_at);
    }
  }
  return next;
}

std::vector<Dialer::State> Dialer::states() const {
  std::vector<State> states;
  states.reserve(entries_.size());
  for (const auto& [id, entry] : entries_) {
    DialTarget target{.key = entry.key, .addresses = {}, .persistence = entry.persistence};
    for (const Place& place : entry.places) target.addresses.push_back(place.address);
    states.push_back({id, std::move(target), is_linked(entry), entry.rounds_failed});
  }
  return states;
}

void Dialer::check_time(Instant now) {
  STARLING_CHECK(now >= last_now_);
  last_now_ = now;
}

bool Dialer::is_linked(const Entry& entry) const {
  return entry.key && linked_.contains(*entry.key);
}

bool Dialer::is_between_rounds(const Entry& entry) {
  return std::ranges::all_of(entry.places,
                             [](const Place& place) { return place.step == Step::waiting; });
}

Dialer::Entries::iterator Dialer::find_key(const crypto::NodeKey& key) {
  return std::ranges::find_if(entries_, [&](const auto& item) { return item.second.key == key; });
}

Dialer::Entries::iterator Dialer::find_same(const DialTarget& target) {
  if (target.key) return find_key(*target.key);
  return std::ranges::find_if(entries_, [&](const auto& item) {
    const Entry& entry = item.second;
    const bool was_named_by_addresses = !entry.key || entry.key_is_learned;
    return was_named_by_addresses &&
           std::ranges::is_permutation(entry.places, target.addresses, {}, &Place::address);
  });
}

bool Dialer::make_room(Persistence persistence) {
  if (entries_.size() < kTargetsMax) return true;
  if (persistence == Persistence::passing) return false;
  const auto oldest = std::ranges::find_if(
      entries_, [](const auto& item) { return item.second.persistence == Persistence::passing; });
  if (oldest == entries_.end()) return false;
  entries_.erase(oldest);
  return true;
}

void Dialer::add_address(Entry& entry, const PeerAddress& address, Persistence persistence) {
  auto& places = entry.places;
  const auto known = std::ranges::find(places, address, &Place::address);
  if (known != places.end()) {
    known->persistence = std::min(known->persistence, persistence);
    return;
  }
  if (places.size() >= kAddressesMax) {
    const auto first = std::ranges::find(places, Persistence::passing, &Place::persistence);
    if (first == places.end()) return;
    places.erase(first);
  }
  const auto by_transport = [](const Place& place) { return place.address.transport; };
  const auto behind = std::ranges::upper_bound(places, address.transport, {}, by_transport);
  places.insert(behind, {.address = address, .persistence = persistence});
}

void Dialer::begin_round_soon(Entry& entry, Instant now) {
  if (!is_between_rounds(entry)) return;
  entry.next_order = std::min(entry.next_order, std::max(now, entry.round_not_before));
}

void Dialer::begin_pause(Entry& entry, Instant now) {
  for (Place& place : entry.places) place.step = Step::waiting;
  const double factor = 1 - kPauseJitter + 2 * kPauseJitter * rng_.unit();
  const Duration pause = pause_after(entry.rounds_failed);
  entry.next_order = now + std::chrono::duration_cast<Duration>(pause * factor);
  entry.round_not_before = now + kPauseMin;
}

bool Dialer::settle_round(Entry& entry, Instant now) {
  const bool is_over = std::ranges::all_of(
      entry.places, [](const Place& place) { return place.step == Step::failed; });
  if (!is_over) return false;
  ++entry.rounds_failed;
  if (entry.persistence == Persistence::passing && entry.rounds_failed >= kPassingRounds) {
    return true;
  }
  if (entry.rounds_failed >= kPassingRounds) {
    // A lasting target has a lasting address: only such a one can have made it lasting.
    std::erase_if(entry.places,
                  [](const Place& place) { return place.persistence == Persistence::passing; });
  }
  if (entry.key_is_learned) {
    entry.key.reset();
    entry.key_is_learned = false;
  }
  begin_pause(entry, now);
  return false;
}

void Dialer::expire_orders(Instant now) {
  for (auto item = entries_.begin(); item != entries_.end();) {
    Entry& entry = item->second;
    for (Place& place : entry.places) {
      if (place.step == Step::ordered && place.given_up_at <= now) place.step = Step::failed;
    }
    item = settle_round(entry, now) ? entries_.erase(item) : std::next(item);
  }
}

}  // namespace starling::reach
