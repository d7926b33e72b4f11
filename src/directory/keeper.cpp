#include "directory/keeper.h"

#include <algorithm>
#include <array>
#include <set>
#include <span>

#include "crypto/hash.h"

namespace starling::directory {
namespace {

// The epoch of the node's life (docs/wire/directory.md#record).
uint64_t life_of(const Record& location) { return location.sequence >> 32; }

}  // namespace

Keeper::Keeper(DirectoryState& state, Instant now)
    : state_(state), next_tick_(now + kIdleTick), next_round_(now + state.jittered(kRound)) {
  state.random.fill(token_key_);
}

bool Keeper::believes(const Record& record) const {
  const auto stored = state_.store.all().find(key_of(record));
  if (stored != state_.store.all().end() && is_same_version(record, stored->second.record))
    return true;
  return state_.is_authentic(record);
}

Keeper::Kept Keeper::keep(Instant now, const Record& record, Holding holding, Duration copied) {
  using Outcome = RecordStore::Outcome;
  const bool is_location = record.kind == kLocation;
  if (is_location && record.signer == state_.identity.key()) return {Outcome::known};
  if (record.is_placeholder()) return {Outcome::refused};
  auto& stored = state_.store.all();
  const auto old = stored.find(key_of(record));
  const bool was_held = old != stored.end() && old->second.holding == Holding::held;
  const bool new_life =
      is_location && old != stored.end() && life_of(record) > life_of(old->second.record);
  Kept kept{state_.store.put(now, record, holding, copied)};
  if (kept.outcome == Outcome::refused) state_.count(DirectoryCounter::store_refused);
  if (kept.outcome == Outcome::refused || kept.outcome == Outcome::older) return kept;
  auto& entry = stored.at(key_of(record));
  if (entry.holding == Holding::held && entry.next_digest == kNever) {
    // A new version of what we hold comes from a put that tells all holders.
    if (was_held) entry.digests = kEarlyDigests;
    entry.next_digest = was_held ? next_round_ : now + state_.jittered(kFirstDigest);
    next_tick_ = std::min(next_tick_, entry.next_digest);
  }
  if (!is_location || kept.outcome != Outcome::stored) return kept;
  const NodeId node = crypto::node_id_of(record.signer);
  const Duration left = std::chrono::seconds(record.lifetime_s - record.age_s);
  if (state_.is_contact(record))
    kept.new_contact = state_.contacts.add_located(node, now + left) || new_life;
  if (new_life) forget_told(node);
  state_.outputs.push_back(LocationLearned{record});
  return kept;
}

// A node that begins a new life has lost what it held.
void Keeper::forget_told(const NodeId& node) {
  state_.contacts.note_new_life(node);
  for (auto& [key, stored] : state_.store.all()) stored.forget_told(node);
}

std::vector<NodeId> Keeper::others(Instant now, const Record& record, size_t count) const {
  auto nodes = state_.contacts.nearest(now, record.position, count);
  // A node is nearest to its own location, and has it.
  if (record.kind == kLocation && !nodes.empty() && is_at(nodes.front(), record.position))
    nodes.erase(nodes.begin());
  return nodes;
}

std::vector<NodeId> Keeper::told_of(const Record& record) const {
  const auto stored = state_.store.all().find(key_of(record));
  return stored == state_.store.all().end() ? std::vector<NodeId>{} : stored->second.told;
}

// Nodes that have the old version, and are too far from it now to be told by a put, may still serve it.
void Keeper::tell_of_new_version(Instant now, const RecordStore::Stored& stored,
                                 const std::vector<NodeId>& old_told) {
  if (old_told.empty()) return;
  const auto nearest = state_.contacts.nearest(now, stored.record.position, kHoldersMax);
  for (const NodeId& node : old_told) {
    // Those are told by where the put ended.
    if (!contains(nearest, node)) send_digest(now, node, {tag_of(stored.record)});
  }
}

std::optional<uint8_t> Keeper::handle_put_end(Instant now, const Record& record) {
  if (!state_.contacts.is_among_nearest(now, record.position, kHoldersMax)) {
    state_.count(DirectoryCounter::not_near);
    return std::nullopt;
  }
  auto& stored = state_.store.all();
  const auto known = stored.find(key_of(record));
  const bool is_known = known != stored.end() && known->second.record.signature == record.signature;
  if (!is_known && !state_.is_authentic(record)) {
    state_.count(DirectoryCounter::forged_record);
    return std::nullopt;
  }
  const auto old_told = told_of(record);
  const Kept kept = keep(now, record, Holding::held);
  const auto entry = state_.store.all().find(key_of(record));
  if (entry == state_.store.all().end()) return std::nullopt;
  state_.count(DirectoryCounter::puts_kept);
  const auto nodes = others(now, record);
  if (kept.outcome == RecordStore::Outcome::stored) {
    entry->second.tell_all = kChecks;
    entry->second.next_digest = now + kCheckReplicas;
    next_tick_ = std::min(next_tick_, entry->second.next_digest);
  }
  for (const NodeId& node : nodes) {
    if (entry->second.is_told(node)) continue;
    entry->second.add_told(node);
    state_.count(DirectoryCounter::replicas_sent);
    state_.send(node, Replica{RecordStore::aged(entry->second, now)});
  }
  for (const NodeId& node : old_told) {
    if (!entry->second.is_told(node)) send_digest(now, node, {tag_of(entry->second.record)});
  }
  if (kept.new_contact) greet(crypto::node_id_of(record.signer));
  return static_cast<uint8_t>(nodes.size());
}

void Keeper::handle_passing(Instant now, const Record& record) {
  const auto stored = state_.store.all().find(key_of(record));
  if (stored == state_.store.all().end() || !replaces(record, stored->second.record)) return;
  if (!state_.is_authentic(record)) return state_.count(DirectoryCounter::forged_record);
  const auto old_told = stored->second.told;
  keep(now, record, Holding::copy);
  const auto entry = state_.store.all().find(key_of(record));
  if (entry != state_.store.all().end() && entry->second.holding == Holding::held)
    tell_of_new_version(now, entry->second, old_told);
}

void Keeper::handle(Instant now, const NodeId& from, const Replica& replica) {
  state_.count(DirectoryCounter::replicas_received);
  const Record& record = replica.record;
  asked_.erase(tag_of(record));
  if (!state_.contacts.is_among_nearest(now, record.position, kHoldersMax))
    return state_.count(DirectoryCounter::not_near);
  const auto& stored = state_.store.all();
  const auto known = stored.find(key_of(record));
  const bool is_known = known != stored.end() && known->second.record.signature == record.signature;
  if (!is_known && !state_.is_authentic(record))
    return state_.count(DirectoryCounter::forged_record);
  const auto old_told = told_of(record);
  const Kept kept = keep(now, record, Holding::held);
  const auto entry = state_.store.all().find(key_of(record));
  if (entry == state_.store.all().end()) return;
  if (kept.outcome == RecordStore::Outcome::older)
    return send_digest(now, from, {tag_of(entry->second.record)});
  entry->second.add_told(from);
  if (kept.outcome != RecordStore::Outcome::stored) return;
  // Whoever sent it to us sends it to the others too; digests repair where that is not so.
  for (const NodeId& node : others(now, record)) entry->second.add_told(node);
  tell_of_new_version(now, entry->second, old_told);
  // Whoever is near us has to know us too.
  if (kept.new_contact) greet(crypto::node_id_of(record.signer));
}

void Keeper::greet(const NodeId& node) {
  if (!own_location_ || own_location_->is_placeholder()) return;
  state_.count(DirectoryCounter::greetings_sent);
  state_.send(node, Greeting{*own_location_});
}

void Keeper::handle(Instant now, const Greeting& greeting) {
  if (!believes(greeting.location)) return state_.count(DirectoryCounter::forged_record);
  const bool near = state_.contacts.is_among_nearest(now, greeting.location.position, kHoldersMax);
  keep(now, greeting.location, near ? Holding::held : Holding::copy);
}

AskToken Keeper::token_for(const NodeId& node) const {
  return *AskToken::from(
      crypto::blake2b_mac(token_key_, {node.view()}).view().first(AskToken::kSize));
}

void Keeper::send_digest(Instant now, const NodeId& node, std::vector<RecordTag> tags) {
  if (awaited_.size() < kAwaitedMax) awaited_.try_emplace(node, now + kWantWait);
  state_.count(DirectoryCounter::digests_sent);
  state_.send(node, Digest{token_for(node), std::move(tags)});
}

void Keeper::handle(Instant now, const NodeId& from, const Digest& digest) {
  state_.count(DirectoryCounter::digests_received);
  std::set<RecordTag> lacking(digest.tags.begin(), digest.tags.end());
  for (auto& [key, stored] : state_.store.all()) {
    if (lacking.empty()) break;
    if (stored.holding == Holding::held && lacking.erase(tag_of(stored.record)) > 0)
      stored.add_told(from);
  }
  // Several holders tell of a new version at once.
  std::erase_if(lacking, [&](const RecordTag& tag) {
    const auto asked = asked_.find(tag);
    if (asked == asked_.end()) return false;
    asked->second.teller = from;
    asked->second.token = digest.token;
    return true;
  });
  for (const RecordTag& tag : lacking) {
    if (asked_.size() >= kAskedMax) break;
    asked_[tag] = {from, digest.token, now + kWantWait};
  }
  if (!lacking.empty()) next_tick_ = std::min(next_tick_, now + kWantWait);
  state_.send(from, Want{digest.token, {lacking.begin(), lacking.end()}});
}

void Keeper::handle(Instant now, const NodeId& from, const Want& want) {
  if (want.token != token_for(from)) return state_.count(DirectoryCounter::wrong_token);
  awaited_.erase(from);
  const std::set<RecordTag> wanted(want.tags.begin(), want.tags.end());
  for (auto& [key, stored] : state_.store.all()) {
    if (stored.holding != Holding::held || now >= stored.expires) continue;
    if (!wanted.contains(tag_of(stored.record))) {
      if (stored.tell_all > 0 && stored.confirmed_by.size() < RecordStore::kToldMax &&
          !contains(stored.confirmed_by, from))
        stored.confirmed_by.push_back(from);
      continue;
    }
    stored.add_told(from);
    state_.count(DirectoryCounter::replicas_sent);
    state_.send(from, Replica{RecordStore::aged(stored, now)});
  }
}

bool Keeper::tell_newcomers(Instant now, RecordStore::Stored& stored, Digests& digests,
                            size_t& budget) {
  const Record& record = stored.record;
  std::array<NodeId, kHoldersMax> nearest;
  const size_t known = state_.contacts.nearest(now, record.position, nearest);
  const Distance own = distance(state_.self, record.position);
  if (known == nearest.size() && distance(nearest.back(), record.position) < own) {
    state_.store.make_copy(now, stored);
    return true;
  }
  // Only who is nearer than this node, or than the last of the others, can change what is done here.
  stored.near_bits = 0;
  if (known >= kReplicas) {
    const Distance reach = std::max(own, distance(nearest[kReplicas - 1], record.position));
    stored.near_bits = static_cast<uint8_t>(common_bits(reach, Distance{}));
  }
  for (const NodeId& node : std::span(nearest).first(std::min(known, kReplicas))) {
    if ((record.kind == kLocation && is_at(node, record.position)) || stored.is_told(node))
      continue;
    if (budget == 0) {
      stored.near_bits = 0;
      return false;
    }
    --budget;
    stored.add_told(node);
    digests[node].push_back(tag_of(stored.record));
  }
  return true;
}

bool Keeper::tell_due(Instant now, RecordStore::Stored& stored, Digests& digests, size_t& budget) {
  // New versions are also told to those who hold the record without need.
  const bool update = stored.digests >= kEarlyDigests;
  auto nodes = others(now, stored.record, stored.tell_all > 0 && update ? kHoldersMax : kReplicas);
  if (stored.tell_all > 0) {
    std::erase_if(nodes, [&](const NodeId& node) { return contains(stored.confirmed_by, node); });
  } else if (nodes.size() > 1) {
    // First the nearest, where lookups end; then somebody who gets a digest anyway, or anybody.
    const auto listed = std::find_if(nodes.begin(), nodes.end(),
                                     [&](const NodeId& node) { return digests.contains(node); });
    const NodeId chosen = stored.digests == 0     ? nodes.front()
                          : listed != nodes.end() ? *listed
                                                  : nodes[state_.rng.below(nodes.size())];
    nodes = {chosen};
  }
  if (budget < nodes.size()) return false;
  budget -= nodes.size();
  const RecordTag tag = tag_of(stored.record);
  for (const NodeId& node : nodes) {
    auto& tags = digests[node];
    if (std::find(tags.begin(), tags.end(), tag) == tags.end()) tags.push_back(tag);
  }
  if (stored.tell_all > 0 && --stored.tell_all > 0) {
    stored.next_digest = now + state_.jittered(kCheckAgain);
    return true;
  }
  stored.confirmed_by = {};
  ++stored.digests;
  const bool early = stored.digests < kEarlyDigests;
  stored.next_digest =
      early ? now + state_.jittered(kFirstDigest * (1 << (2 * stored.digests))) : next_round_;
  return true;
}

void Keeper::note_unanswered_digests(Instant now) {
  for (auto entry = awaited_.begin(); entry != awaited_.end();) {
    if (now < entry->second) {
      ++entry;
      continue;
    }
    state_.contacts.note_unanswered(now, entry->first);
    entry = awaited_.erase(entry);
  }
}

void Keeper::ask_again(Instant now) {
  std::map<std::pair<NodeId, AskToken>, std::vector<RecordTag>> wants;
  for (auto entry = asked_.begin(); entry != asked_.end();) {
    auto& [tag, asked] = *entry;
    if (now < asked.until) {
      ++entry;
      continue;
    }
    if (asked.times++ >= kAskTimesMax) {
      entry = asked_.erase(entry);
      continue;
    }
    asked.until = now + kWantWait;
    auto& tags = wants[{asked.teller, asked.token}];
    if (tags.size() < kTagsMax) tags.push_back(tag);
    ++entry;
  }
  for (auto& [whom, tags] : wants) state_.send(whom.first, Want{whom.second, std::move(tags)});
}

void Keeper::note_contacts(Instant now) {
  if (state_.contacts.version() != reviewed_version_)
    next_tick_ = std::min(next_tick_, now + kTick);
}

void Keeper::handle_timeout(Instant now) {
  if (now < next_tick_) return;
  note_unanswered_digests(now);
  ask_again(now);
  state_.store.expire(now);
  state_.contacts.expire(now);
  if (now >= next_round_) next_round_ = now + state_.jittered(kRound);
  const uint64_t version = state_.contacts.version();
  const bool review = version != reviewed_version_;
  const ChangedContacts changed = review ? state_.contacts.take_changed() : ChangedContacts{};
  const auto is_concerned = [&](const RecordStore::Stored& stored) {
    return stored.near_bits == 0 ||
           changed.has_near(number_of(stored.record.position), stored.near_bits);
  };
  Digests digests;
  size_t budget = kTagsPerTick;
  bool complete = true;
  Instant next = now + kIdleTick;
  for (auto& [key, stored] : state_.store.all()) {
    if (stored.holding != Holding::held) continue;
    if (review && is_concerned(stored)) complete &= tell_newcomers(now, stored, digests, budget);
    if (stored.holding != Holding::held) continue;
    if (now >= stored.next_digest) complete &= tell_due(now, stored, digests, budget);
    next = std::min(next, stored.next_digest);
  }
  if (complete) reviewed_version_ = version;
  for (const auto& [tag, asked] : asked_) next = std::min(next, asked.until);
  next_tick_ = std::max(complete ? next : now, now + kTick);
  for (auto& [node, tags] : digests) send_digest(now, node, std::move(tags));
}

}  // namespace starling::directory
