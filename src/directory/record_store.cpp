#include "directory/record_store.h"

#include <algorithm>
#include <numeric>

#include "crypto/hash.h"
#include "wire/reader.h"

namespace starling::directory {

bool RecordStore::Stored::is_told(const NodeId& node) const {
  return std::find(told.begin(), told.end(), node) != told.end();
}

void RecordStore::Stored::add_told(const NodeId& node) {
  if (is_told(node)) return;
  if (told.size() >= kToldMax) {
    told.erase(told.begin());
    near_bits = 0;
  }
  told.push_back(node);
}

void RecordStore::Stored::forget_told(const NodeId& node) {
  if (std::erase(told, node) > 0) near_bits = 0;
}

RecordStore::RecordStore(Rng& rng) : rng_(rng) {
  for (uint8_t& byte : rank_key_) byte = static_cast<uint8_t>(rng());
}

RecordStore::Class RecordStore::class_of(uint8_t kind) {
  if (kind == kLocation) return Class::location;
  return kind < kGathered ? Class::own : Class::gathered;
}

size_t RecordStore::bytes_max(Class of) {
  return of == Class::location ? kBytesMax / 4 : kBytesMax / 8 * 3;
}

size_t RecordStore::size_of(const Record& record) {
  // A map's node has three links and a colour beside what it holds.
  return sizeof(Entries::value_type) + 4 * sizeof(void*) + kToldMax * NodeId::kSize +
         record.body.size();
}

size_t RecordStore::bytes() const {
  return std::accumulate(bytes_.begin(), bytes_.end(), size_t{0});
}

RecordStore::Outcome RecordStore::put(Instant now, const Record& record, Holding holding,
                                      Duration copied) {
  const Duration left = std::chrono::seconds(record.lifetime_s - record.age_s);
  const Duration life = holding == Holding::copy ? std::min(left, kCopyLifetime - copied) : left;
  if (life <= 0s) return Outcome::refused;
  const RecordKey key = key_of(record);
  auto entry = stored_.find(key);
  if (entry != stored_.end()) {
    Stored& known = entry->second;
    if (known.record.signature == record.signature) {
      if (holding == Holding::held && known.holding == Holding::copy) {
        known.holding = Holding::held;
        set_expiry(known, now + life);
        known.received = now;
        known.record.age_s = record.age_s;
      } else if (known.holding == Holding::copy && now - copied > known.left_holder) {
        known.left_holder = now - copied;
        // Not beyond the end of its lifetime as known here: the age in another copy is only a claim.
        const Instant end = known.received + std::chrono::seconds(known.record.lifetime_s) -
                            std::chrono::seconds(known.record.age_s);
        set_expiry(known, std::min(end, now - copied + kCopyLifetime));
      }
      return Outcome::known;
    }
    if (!replaces(record, known.record)) return Outcome::older;
    // Who held the old version holds the new one, wherever it came from.
    if (known.holding == Holding::held) holding = Holding::held;
    erase(entry);
  } else if (record.is_gathered() && !has_place_at(key)) {
    return Outcome::refused;
  }
  if (!make_room(record)) return Outcome::refused;
  bytes_[static_cast<size_t>(class_of(record.kind))] += size_of(record);
  Stored stored;
  stored.record = record;
  stored.received = stored.last_read = now;
  set_expiry(stored, now + (holding == Holding::held ? left : life));
  stored.holding = holding;
  stored.left_holder = now - copied;
  stored_.emplace(key, std::move(stored));
  return Outcome::stored;
}

uint64_t RecordStore::rank(const crypto::NodeKey& signer) const {
  return wire::Reader(crypto::blake2b_mac(rank_key_, {signer.view()}).view()).u64();
}

bool RecordStore::has_place_at(const RecordKey& key) {
  size_t count = 0;
  auto last = stored_.end();
  uint64_t last_rank = 0;
  for (auto entry = stored_.lower_bound(RecordKey{key.position, key.kind, {}});
       entry != stored_.end() && entry->first.position == key.position &&
       entry->first.kind == key.kind;
       ++entry, ++count) {
    const uint64_t its_rank = rank(entry->first.signer);
    if (last != stored_.end() && its_rank <= last_rank) continue;
    last = entry;
    last_rank = its_rank;
  }
  if (count < kPerPosition) return true;
  if (rank(key.signer) >= last_rank) return false;
  erase(last);
  return true;
}

RecordStore::Entries::iterator RecordStore::erase(Entries::iterator entry) {
  const Record& record = entry->second.record;
  bytes_[static_cast<size_t>(class_of(record.kind))] -= size_of(record);
  return stored_.erase(entry);
}

bool RecordStore::make_room(const Record& record) {
  const Class its_class = class_of(record.kind);
  while (bytes_[static_cast<size_t>(its_class)] + size_of(record) > bytes_max(its_class)) {
    auto first_to_go = stored_.end();
    for (auto entry = stored_.begin(); entry != stored_.end(); ++entry) {
      if (class_of(entry->first.kind) != its_class) continue;
      const auto order = [](const Stored& stored) {
        return std::pair(stored.holding != Holding::copy, stored.last_read);
      };
      if (first_to_go == stored_.end() || order(entry->second) < order(first_to_go->second))
        first_to_go = entry;
    }
    if (first_to_go == stored_.end()) return false;
    erase(first_to_go);
  }
  return true;
}

Record RecordStore::aged(const Stored& stored, Instant now) {
  Record record = stored.record;
  const auto held_s =
      std::chrono::duration_cast<std::chrono::seconds>(now - stored.received).count();
  record.age_s = static_cast<uint32_t>(
      std::min<int64_t>(record.lifetime_s, static_cast<int64_t>(record.age_s) + held_s));
  return record;
}

RecordStore::Found RecordStore::find(Instant now, const Target& target, size_t count_max) {
  std::vector<Stored*> found;
  // The positions that share the prefix are neighbours in the map.
  Position first = target.position;
  for (size_t bit = target.prefix_bits; bit < 256; ++bit) {
    first.value[bit / 8] &= static_cast<uint8_t>(~(0x80u >> (bit % 8)));
  }
  auto entry = stored_.lower_bound(RecordKey{first, 0, {}});
  for (size_t seen = 0; seen < kScanMax && entry != stored_.end(); ++seen, ++entry) {
    Stored& stored = entry->second;
    const bool gathered = target.kind >= kGathered;
    if (gathered ? !found.empty() && stored.record.position != found.front()->record.position
                 : found.size() == count_max) {
      break;
    }
    Target any_kind = target;
    any_kind.kind = stored.record.kind;
    any_kind.sequence_min = 0;
    if (!matches(any_kind, stored.record)) break;
    if (matches(target, stored.record) && now < stored.expires) found.push_back(&stored);
  }
  Found result;
  while (!found.empty() && result.records.size() < count_max) {
    std::swap(found[static_cast<size_t>(rng_.below(found.size()))], found.back());
    Stored& stored = *found.back();
    found.pop_back();
    stored.last_read = now;
    result.records.push_back(aged(stored, now));
    if (stored.holding == Holding::copy)
      result.copied = std::max(result.copied, now - stored.left_holder);
  }
  return result;
}

void RecordStore::make_copy(Instant now, Stored& stored) {
  if (stored.holding == Holding::copy) return;
  stored.holding = Holding::copy;
  stored.left_holder = now;
  set_expiry(stored, std::min(stored.expires, now + kCopyLifetime));
  stored.next_digest = kNever;
  stored.near_bits = 0;
}

void RecordStore::set_expiry(Stored& stored, Instant expires) {
  stored.expires = expires;
  next_expiry_ = std::min(next_expiry_, expires);
}

void RecordStore::expire(Instant now) {
  if (now < next_expiry_) return;
  next_expiry_ = kNever;
  for (auto entry = stored_.begin(); entry != stored_.end();) {
    if (now >= entry->second.expires) {
      entry = erase(entry);
    } else {
      next_expiry_ = std::min(next_expiry_, entry->second.expires);
      ++entry;
    }
  }
}

}  // namespace starling::directory
