// The half of Directory that looks things up, for itself and for others.
#include <algorithm>

#include "base/check.h"
#include "directory/directory.h"

namespace starling::directory {

LookupId Directory::look_up(Instant now, const Target& target) {
  return begin_lookup(now, target, std::nullopt);
}

LookupId Directory::look_up_carrying(Instant now, const NodeId& node, uint8_t payload_kind,
                                     Bytes payload, uint64_t sequence_min) {
  STARLING_CHECK(has_own_location() && payload.size() <= Carried::kPayloadMax);
  Carried carried;
  carried.id = state_.random.u64();
  carried.payload_kind = payload_kind;
  carried.payload = std::move(payload);
  carried.sender_location = *publisher_.location();
  Target target = location_of_node(node);
  target.sequence_min = sequence_min;
  return begin_lookup(now, target, std::move(carried));
}

LookupId Directory::begin_lookup(Instant now, const Target& target,
                                 std::optional<Carried> carried) {
  state_.count(DirectoryCounter::lookups_begun);
  const LookupId id{next_lookup_++};
  // Who asks for a newer version has already tried what is known here.
  auto found = target.sequence_min > 0 ? RecordStore::Found{} : find(now, target);
  const bool gathered = target.kind >= kGathered;
  if (!gathered && !found.records.empty()) {
    state_.count(DirectoryCounter::lookups_found);
    if (carried) deliver_carried(now, *carried, found.records.front());
    state_.outputs.push_back(LookupDone{id, std::move(found.records), carried.has_value()});
    return id;
  }
  if (lookups_.size() >= kLookupsMax) {
    state_.count(DirectoryCounter::too_many_open);
    state_.outputs.push_back(LookupDone{id, std::move(found.records), false});
    return id;
  }
  OpenLookup lookup;
  lookup.id = id;
  lookup.target = target;
  lookup.carried = std::move(carried);
  if (!found.records.empty()) add_found(lookup, std::move(found.records));
  open_lookup(now, std::move(lookup));
  return id;
}

void Directory::add_found(OpenLookup& lookup, std::vector<Record> records) {
  ++lookup.answers;
  for (Record& record : records) {
    const bool known =
        std::any_of(lookup.found.begin(), lookup.found.end(),
                    [&](const auto& other) { return key_of(other) == key_of(record); });
    if (!known) lookup.found.push_back(std::move(record));
  }
}

void Directory::open_lookup(Instant now, OpenLookup lookup) {
  const uint32_t number = state_.next_question++;
  lookups_.emplace(number, std::move(lookup));
  try_next_way(now, number);
}

void Directory::try_next_way(Instant now, uint32_t number) {
  OpenLookup& lookup = lookups_.at(number);
  if (lookup.ways >= kWays) return finish_lookup(number);
  const auto begin = [&] {
    Lookup question;
    question.target = lookup.target;
    question.avoid = lookup.avoid;
    question.carried = lookup.carried;
    return passages_.begin(now, {state_.self, number}, std::move(question));
  };
  auto begun = begin();
  if (begun == Passages::Begun::no_way && lookup.silence && !lookup.avoid.empty()) {
    // Nobody else to ask. What was lost on the way may come through this time.
    lookup.avoid.clear();
    begun = begin();
  }
  if (begun == Passages::Begun::begun) {
    ++lookup.ways;
    return state_.count(DirectoryCounter::ways_tried);
  }
  // A node that has just started knows nobody yet.
  if (begun == Passages::Begun::no_way && state_.contacts.size() == 0 && lookup.ways == 0) {
    lonely_.arm(number, now + kContactWait);
    return;
  }
  finish_lookup(number);
}

void Directory::finish_lookup(uint32_t number) {
  const auto entry = lookups_.find(number);
  if (entry == lookups_.end()) return;
  OpenLookup lookup = std::move(entry->second);
  lookups_.erase(entry);
  if (lookup.id == LookupId{}) return;
  const bool passed_on = lookup.carried && !lookup.found.empty();
  state_.count(lookup.found.empty() ? DirectoryCounter::lookups_failed
                                    : DirectoryCounter::lookups_found);
  state_.outputs.push_back(LookupDone{lookup.id, std::move(lookup.found), passed_on});
}

RecordStore::Found Directory::find(Instant now, const Target& target) {
  RecordStore::Found found;
  // What this node itself publishes is newest here.
  found.records = publisher_.find(now, target, LookupAnswer::kRecordsMax);
  if (!found.records.empty() && target.kind < kGathered) return found;
  const bool own = !found.records.empty();
  auto stored = state_.store.find(now, target, LookupAnswer::kRecordsMax);
  for (Record& record : stored.records) {
    if (found.records.size() == LookupAnswer::kRecordsMax) break;
    const bool known =
        own && (record.position != found.records.front().position ||
                std::any_of(found.records.begin(), found.records.end(),
                            [&](const Record& other) { return key_of(other) == key_of(record); }));
    if (!known) found.records.push_back(std::move(record));
  }
  found.copied = stored.copied;
  return found;
}

void Directory::handle(Instant now, const NodeId& from, Lookup lookup) {
  if (lookup.via.back() != from) return state_.count(DirectoryCounter::wrong_sender);
  if (std::find(lookup.via.begin(), lookup.via.end(), state_.self) != lookup.via.end())
    return state_.count(DirectoryCounter::looped);
  const Asker asker{from, lookup.nonce};
  auto found = find(now, lookup.target);
  if (found.records.empty()) {
    switch (passages_.begin(now, asker, lookup)) {
      case Passages::Begun::begun:
        state_.count(DirectoryCounter::lookups_passed_on);
        return state_.send(from, PassedOn{asker.nonce});
      case Passages::Begun::known:
        return state_.send(from, PassedOn{asker.nonce});
      case Passages::Begun::full:
        return state_.count(DirectoryCounter::too_many_open);
      case Passages::Begun::no_way:
        if (lookup.via.size() >= kViaMax) state_.count(DirectoryCounter::way_too_long);
    }
  } else if (lookup.carried) {
    if (!keeper_.believes(lookup.carried->sender_location))
      return state_.count(DirectoryCounter::forged_record);
    deliver_carried(now, *lookup.carried, found.records.front());
  }
  state_.count(DirectoryCounter::lookups_answered);
  LookupAnswer reply;
  reply.records = std::move(found.records);
  reply.copied_s =
      static_cast<uint8_t>(std::chrono::ceil<std::chrono::seconds>(found.copied).count());
  answer(asker, std::move(reply), encode(lookup).size());
}

void Directory::answer(const Asker& asker, LookupAnswer answer, size_t size_max) {
  answer.nonce = asker.nonce;
  // No larger than the question was.
  Bytes encoded = encode(answer);
  while (encoded.size() > size_max && !answer.records.empty()) {
    answer.records.pop_back();
    if (answer.records.empty()) answer.copied_s = 0;
    encoded = encode(answer);
  }
  state_.outputs.push_back(SendTo{asker.node, std::move(encoded)});
}

void Directory::deliver_carried(Instant now, const Carried& carried, const Record& location) {
  const NodeId destination = crypto::node_id_of(location.signer);
  state_.count(DirectoryCounter::carried_passed_on);
  if (destination == state_.self) return handle(now, state_.self, CarriedDelivery{carried});
  // The way to it may have been forgotten since we came to hold this.
  state_.outputs.push_back(LocationLearned{location});
  state_.send(destination, CarriedDelivery{carried});
}

void Directory::handle(Instant now, const NodeId& from, LookupAnswer answer) {
  const Question* question = passages_.asked(from, answer.nonce);
  const Lookup* lookup = question ? std::get_if<Lookup>(question) : nullptr;
  if (!lookup) return state_.count(DirectoryCounter::unknown_nonce);
  const bool good =
      std::all_of(answer.records.begin(), answer.records.end(), [&](const Record& record) {
        return matches(lookup->target, record) && keeper_.believes(record);
      });
  if (!good) state_.count(DirectoryCounter::wrong_answer);
  if (!good || answer.records.empty()) {
    const auto failed = passages_.end_without(from, answer.nonce);
    if (!good) answer.way.clear();
    answer.way.insert(answer.way.begin(), from);
    if (failed) handle_failed_way(now, *failed, std::move(answer.way));
    return;
  }
  const PassageEnd end = passages_.end(answer.nonce);
  for (const Record& record : answer.records)
    keeper_.keep(now, record, Holding::copy, std::chrono::seconds(answer.copied_s));
  if (end.asker.node == state_.self) return handle_found(now, end, std::move(answer.records));
  const size_t size_max = encode(std::get<Lookup>(end.question)).size();
  this->answer(end.asker, std::move(answer), size_max);
}

void Directory::handle_found(Instant now, const PassageEnd& end, std::vector<Record> records) {
  const auto entry = lookups_.find(end.asker.nonce);
  if (entry == lookups_.end()) return;
  auto& [number, lookup] = *entry;
  add_found(lookup, std::move(records));
  if (lookup.target.kind < kGathered || lookup.answers >= kGatherAnswers)
    return finish_lookup(number);
  if (lookup.avoid.size() < Lookup::kAvoidMax) lookup.avoid.push_back(end.asked.back());
  try_next_way(now, number);
}

// `way`: the nodes that found nothing, nearest to us first; empty when nobody answered.
void Directory::handle_failed_way(Instant now, const PassageEnd& end, std::vector<NodeId> way) {
  const bool silence = way.empty();
  if (silence && !end.asked.empty()) way.push_back(end.asked.back());
  if (end.asker.node != state_.self) {
    if (way.size() > LookupAnswer::kWayMax) way.resize(LookupAnswer::kWayMax);
    LookupAnswer nothing;
    nothing.way = std::move(way);
    return answer(end.asker, std::move(nothing), kMessageSizeMax);
  }
  const auto entry = lookups_.find(end.asker.nonce);
  if (entry == lookups_.end()) return;
  auto& [number, lookup] = *entry;
  lookup.silence |= silence;
  for (const NodeId& node : way) {
    if (lookup.avoid.size() < Lookup::kAvoidMax) lookup.avoid.push_back(node);
  }
  try_next_way(now, number);
}

void Directory::explore(Instant now) {
  auto unknown = state_.contacts.unknown_branches(now, kReplicas);
  for (size_t i = 0; i < kExploredAtOnce && !unknown.empty(); ++i) {
    const size_t bits = unknown.back();
    unknown.pop_back();
    // A random position that shares exactly so many bits with ours.
    OpenLookup lookup;
    for (uint8_t& byte : lookup.target.position.value) byte = static_cast<uint8_t>(state_.rng());
    for (size_t bit = 0; bit <= bits; ++bit) {
      const auto mask = static_cast<uint8_t>(0x80u >> (bit % 8));
      auto& byte = lookup.target.position.value[bit / 8];
      const bool ours = state_.self.value[bit / 8] & mask;
      byte = static_cast<uint8_t>(ours != (bit == bits) ? byte | mask : byte & ~mask);
    }
    lookup.target.kind = kLocation;
    lookup.target.prefix_bits = static_cast<uint16_t>(bits + 1);
    if (lookups_.size() < kLookupsMax) open_lookup(now, std::move(lookup));
  }
  explore_interval_ = std::min<Duration>(explore_interval_ * 2, kExploreMax);
  next_explore_ = now + state_.jittered(explore_interval_);
}

}  // namespace starling::directory
