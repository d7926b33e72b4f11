#include "directory/record_store.h"

#include <gtest/gtest.h>
#include <set>

#include "directory/example_records.h"

namespace starling::directory {
namespace record_store_test {

using Outcome = RecordStore::Outcome;
constexpr uint8_t kSiteHead = static_cast<uint8_t>(RecordKind::site_head);
constexpr uint8_t kProvider = static_cast<uint8_t>(RecordKind::provider);

Instant at(Duration since_start) { return Instant{} + 1h + since_start; }

// The store does not look at signatures, so keys and signatures are numbers here: signing thousands takes long.
Record plain_record(uint32_t signer, uint8_t kind, uint64_t sequence = 1, Position position = {},
                    size_t body_size = 5, uint32_t lifetime_s = 3'600) {
  Record record;
  record.kind = kind;
  for (size_t i = 0; i < 4; ++i)
    record.signer.value[i] = static_cast<uint8_t>(signer >> (24 - 8 * i));
  record.position = kind >= kGathered ? position : position_of(kind, record.signer);
  record.sequence = sequence;
  record.lifetime_s = lifetime_s;
  record.body = Bytes(body_size, static_cast<uint8_t>(sequence));
  record.signature.value[0] = static_cast<uint8_t>(sequence);
  std::copy(record.signer.value.begin(), record.signer.value.end(),
            record.signature.value.begin() + 1);
  return record;
}

Target target_of(const Record& record) { return {record.kind, record.position, 256}; }

TEST(RecordStoreTest, KeepsTheNewestVersionOfAnOwnRecord) {
  Rng rng(1);
  RecordStore store(rng);
  const Record first = plain_record(1, kSiteHead, 1);
  const Record second = plain_record(1, kSiteHead, 2);
  EXPECT_EQ(store.put(at(0s), first, Holding::held), Outcome::stored);
  EXPECT_EQ(store.put(at(0s), first, Holding::held), Outcome::known);
  EXPECT_EQ(store.put(at(1s), second, Holding::copy), Outcome::stored);
  EXPECT_EQ(store.put(at(2s), first, Holding::held), Outcome::older);
  const auto found = store.find(at(3s), target_of(first), 8);
  ASSERT_EQ(found.records.size(), 1u);
  EXPECT_EQ(found.records.front().sequence, 2u);
  // Who held the old version holds the new one.
  EXPECT_EQ(store.all().begin()->second.holding, Holding::held);
  EXPECT_EQ(found.copied, 0s);
}

TEST(RecordStoreTest, CountsAgesAndForgetsWhatIsOver) {
  Rng rng(1);
  RecordStore store(rng);
  Record record = plain_record(1, kSiteHead, 1, {}, 5, 100);
  record.age_s = 40;
  store.put(at(0s), record, Holding::held);
  EXPECT_EQ(store.find(at(59'900ms), target_of(record), 8).records.front().age_s, 99u);
  EXPECT_TRUE(store.find(at(60s), target_of(record), 8).records.empty());
  EXPECT_EQ(store.all().size(), 1u);
  store.expire(at(60s));
  EXPECT_TRUE(store.all().empty());
  EXPECT_EQ(store.bytes(), 0u);
  record.age_s = record.lifetime_s;
  EXPECT_EQ(store.put(at(0s), record, Holding::held), Outcome::refused);
}

TEST(RecordStoreTest, ServesACopyOnlyForAWhileAfterItLeftAHolder) {
  Rng rng(1);
  RecordStore store(rng);
  const Record record = plain_record(1, kSiteHead);
  store.put(at(0s), record, Holding::copy, 20s);
  EXPECT_EQ(store.find(at(10s), target_of(record), 8).copied, 30s);
  EXPECT_TRUE(
      store.find(at(RecordStore::kCopyLifetime - 20s), target_of(record), 8).records.empty());
  // A fresher copy of the same version counts, an older one does not.
  store.put(at(10s), record, Holding::copy, 5s);
  EXPECT_EQ(store.find(at(11s), target_of(record), 8).copied, 6s);
  store.put(at(11s), record, Holding::copy, 30s);
  EXPECT_EQ(store.find(at(11s), target_of(record), 8).copied, 6s);
  EXPECT_EQ(
      store.put(at(0s), plain_record(2, kSiteHead), Holding::copy, RecordStore::kCopyLifetime),
      Outcome::refused);
}

TEST(RecordStoreTest, ACopyThatIsPutToBeHeldLivesItsWholeLife) {
  Rng rng(1);
  RecordStore store(rng);
  const Record record = plain_record(1, kSiteHead);
  store.put(at(0s), record, Holding::copy);
  EXPECT_EQ(store.put(at(1s), record, Holding::held), Outcome::known);
  store.expire(at(50min));
  EXPECT_EQ(store.find(at(50min), target_of(record), 8).records.size(), 1u);
  // And never becomes a copy by a later one.
  store.put(at(50min), record, Holding::copy);
  EXPECT_EQ(store.all().begin()->second.holding, Holding::held);
}

TEST(RecordStoreTest, MakesACopyOfWhatIsNoLongerItsBusiness) {
  Rng rng(1);
  RecordStore store(rng);
  const Record record = plain_record(1, kSiteHead);
  store.put(at(0s), record, Holding::held);
  ASSERT_EQ(store.all().size(), 1u);
  store.make_copy(at(5s), store.all().begin()->second);
  EXPECT_EQ(store.find(at(6s), target_of(record), 8).copied, 1s);
  EXPECT_TRUE(
      store.find(at(5s + RecordStore::kCopyLifetime), target_of(record), 8).records.empty());
}

TEST(RecordStoreTest, FindsByPrefixLikeASearchThroughEverything) {
  Rng rng(5);
  RecordStore store(rng);
  std::vector<Record> all;
  for (uint32_t i = 0; i < 300; ++i) {
    all.push_back(plain_record(i, i % 3 == 0 ? kLocation : kSiteHead));
    store.put(at(0s), all.back(), Holding::held);
  }
  for (int n = 0; n < 2'000; ++n) {
    Target target{rng.chance(0.5) ? kLocation : kSiteHead, all[rng.below(all.size())].position,
                  static_cast<uint16_t>(1 + rng.below(256))};
    if (rng.chance(0.3)) target.prefix_bits = static_cast<uint16_t>(1 + rng.below(12));
    const auto found = store.find(at(1s), target, 1'000);
    const auto wanted = std::count_if(
        all.begin(), all.end(), [&](const Record& record) { return matches(target, record); });
    EXPECT_EQ(static_cast<std::ptrdiff_t>(found.records.size()), wanted);
    for (const Record& record : found.records) EXPECT_TRUE(matches(target, record));
    EXPECT_LE(store.find(at(1s), target, 3).records.size(), 3u);
  }
}

TEST(RecordStoreTest, AnAnswerHoldsGatheredRecordsOfOnePositionOnly) {
  Rng rng(5);
  RecordStore store(rng);
  Position a;
  Position b;
  b.value[31] = 1;
  for (uint32_t i = 0; i < 5; ++i) {
    store.put(at(0s), plain_record(i, kProvider, 1, a), Holding::held);
    store.put(at(0s), plain_record(i, kProvider, 1, b), Holding::held);
  }
  const auto found = store.find(at(0s), {kProvider, a, 100}, 8);
  EXPECT_EQ(found.records.size(), 5u);
  for (const Record& record : found.records) EXPECT_EQ(record.position, a);
}

TEST(RecordStoreTest, DrawsFromManyGatheredRecordsAtRandom) {
  Rng rng(5);
  RecordStore store(rng);
  for (uint32_t i = 0; i < 32; ++i) store.put(at(0s), plain_record(i, kProvider), Holding::held);
  std::map<crypto::NodeKey, int> drawn;
  for (int n = 0; n < 400; ++n) {
    const auto found = store.find(at(0s), {kProvider, {}, 256}, 8);
    ASSERT_EQ(found.records.size(), 8u);
    for (const Record& record : found.records) ++drawn[record.signer];
  }
  // 100 each on average.
  EXPECT_EQ(drawn.size(), 32u);
  for (const auto& [signer, times] : drawn) {
    EXPECT_GT(times, 60);
    EXPECT_LT(times, 140);
  }
}

TEST(RecordStoreTest, KeepsARandomSampleOfSignersHoweverOftenAndInWhateverOrderTheyCome) {
  constexpr uint32_t kHonest = 64;
  constexpr uint32_t kSigners = 256;
  size_t honest_kept = 0;
  constexpr uint64_t kRounds = 40;
  for (uint64_t seed = 0; seed < kRounds; ++seed) {
    Rng rng(seed);
    RecordStore store(rng);
    for (uint32_t i = 0; i < kHonest; ++i)
      store.put(at(0s), plain_record(i, kProvider), Holding::held);
    // Others come later, and again and again.
    for (int times = 0; times < 5; ++times) {
      for (uint32_t i = kHonest; i < kSigners; ++i)
        store.put(at(1s), plain_record(i, kProvider), Holding::held);
    }
    EXPECT_EQ(store.all().size(), RecordStore::kPerPosition);
    honest_kept += static_cast<size_t>(
        std::count_if(store.all().begin(), store.all().end(),
                      [](const auto& entry) { return entry.first.signer.value[3] < kHonest; }));
  }
  // A quarter of the signers has a quarter of the places: 16 of 64.
  EXPECT_GT(honest_kept, kRounds * 13);
  EXPECT_LT(honest_kept, kRounds * 19);
}

TEST(RecordStoreTest, NeverHoldsMoreThanItsShareOfAClass) {
  Rng rng(1);
  RecordStore store(rng);
  const size_t room = RecordStore::bytes_max(RecordStore::Class::own) /
                      RecordStore::size_of(plain_record(0, kSiteHead, 1, {}, 480));
  store.put(at(0s), plain_record(1, kLocation), Holding::held);
  for (uint32_t i = 0; i < room + 100; ++i) {
    EXPECT_EQ(store.put(at(1s), plain_record(i, kSiteHead, 1, {}, 480), Holding::held),
              Outcome::stored);
  }
  EXPECT_EQ(store.all().size(), room + 1);
  EXPECT_LE(store.bytes(), RecordStore::kBytesMax);
  EXPECT_EQ(store.find(at(1s), target_of(plain_record(1, kLocation)), 8).records.size(), 1u);
  size_t shares = 0;
  for (const auto of :
       {RecordStore::Class::location, RecordStore::Class::own, RecordStore::Class::gathered}) {
    shares += RecordStore::bytes_max(of);
  }
  EXPECT_EQ(shares, RecordStore::kBytesMax);
}

TEST(RecordStoreTest, LetsCopiesGoFirstThenWhatWasReadLongestAgo) {
  Rng rng(1);
  RecordStore store(rng);
  const Record shape = plain_record(0, kSiteHead, 1, {}, 480);
  const size_t room = RecordStore::bytes_max(RecordStore::Class::own) / RecordStore::size_of(shape);
  const auto record = [](uint32_t i) { return plain_record(i, kSiteHead, 1, {}, 480); };
  for (uint32_t i = 0; i < room; ++i) {
    const bool copy = i % 1'000 == 7;
    store.put(at(i * 1ms), record(i), copy ? Holding::copy : Holding::held);
  }
  // Old ones that somebody reads stay.
  for (uint32_t i = 0; i < 5; ++i) store.find(at(40s), target_of(record(i)), 8);
  const auto copies = static_cast<uint32_t>((room + 992) / 1'000);
  for (uint32_t i = 0; i < copies; ++i) store.put(at(41s), record(100'000 + i), Holding::held);
  for (uint32_t i = 0; i < room; ++i)
    EXPECT_EQ(store.all().contains(key_of(record(i))), i % 1'000 != 7) << i;
  for (uint32_t i = 0; i < 10; ++i) store.put(at(42s), record(200'000 + i), Holding::held);
  for (uint32_t i = 0; i < 5; ++i) EXPECT_TRUE(store.all().contains(key_of(record(i)))) << i;
  for (uint32_t i = 5; i < 16; ++i) EXPECT_FALSE(store.all().contains(key_of(record(i)))) << i;
  EXPECT_TRUE(store.all().contains(key_of(record(16))));
}

TEST(RecordStoreTest, RemembersABoundedNumberOfNodesPerRecord) {
  RecordStore::Stored stored;
  NodeId node;
  for (int i = 0; i < 100; ++i) {
    node.value[0] = static_cast<uint8_t>(i);
    stored.add_told(node);
    stored.add_told(node);
    EXPECT_TRUE(stored.is_told(node));
  }
  EXPECT_EQ(stored.told.size(), RecordStore::kToldMax);
  node.value[0] = 0;
  EXPECT_FALSE(stored.is_told(node));
}

// The rules of the store, written down as plainly as possible.
class SlowStore {
 public:
  void put(Instant now, const Record& record, Holding holding) {
    const Duration left = std::chrono::seconds(record.lifetime_s - record.age_s);
    const Duration life =
        holding == Holding::copy ? std::min<Duration>(left, RecordStore::kCopyLifetime) : left;
    if (life <= 0s) return;
    for (Entry& entry : entries_) {
      if (key_of(entry.record) != key_of(record)) continue;
      if (entry.record.signature == record.signature) {
        if (holding == Holding::held && entry.holding == Holding::copy) {
          entry = {record, now, now + left, Holding::held};
        } else if (entry.holding == Holding::copy) {
          const Instant end =
              entry.received + std::chrono::seconds(entry.record.lifetime_s - entry.record.age_s);
          entry.expires = std::min(end, now + RecordStore::kCopyLifetime);
        }
      } else if (replaces(record, entry.record)) {
        const bool held = holding == Holding::held || entry.holding == Holding::held;
        entry = {record, now, now + (held ? left : life), held ? Holding::held : Holding::copy};
      }
      return;
    }
    entries_.push_back({record, now, now + life, holding});
  }
  void expire(Instant now) {
    std::erase_if(entries_, [&](const Entry& entry) { return now >= entry.expires; });
  }
  [[nodiscard]] std::set<std::pair<crypto::Signature, uint32_t>> find(Instant now,
                                                                      const Target& target) const {
    std::set<std::pair<crypto::Signature, uint32_t>> found;
    for (const Entry& entry : entries_) {
      if (now >= entry.expires || !matches(target, entry.record)) continue;
      const auto held_s = std::chrono::duration_cast<std::chrono::seconds>(now - entry.received);
      found.emplace(entry.record.signature,
                    entry.record.age_s + static_cast<uint32_t>(held_s.count()));
    }
    return found;
  }
  [[nodiscard]] size_t size() const { return entries_.size(); }

 private:
  struct Entry {
    Record record;
    Instant received;
    Instant expires;
    Holding holding;
  };
  std::vector<Entry> entries_;
};

TEST(RecordStoreTest, DoesWhatASlowStoreDoes) {
  for (uint64_t seed = 0; seed < 20; ++seed) {
    Rng rng(seed);
    Rng rng_of_store(seed);
    RecordStore store(rng_of_store);
    SlowStore slow;
    Instant now = at(0s);
    for (int n = 0; n < 2'000; ++n) {
      now += std::chrono::milliseconds(rng.below(3'000));
      const uint8_t kind = rng.chance(0.4) ? kProvider : rng.chance(0.5) ? kSiteHead : kLocation;
      Record record = plain_record(static_cast<uint32_t>(rng.below(12)), kind, 1 + rng.below(4), {},
                                   5, 30 + static_cast<uint32_t>(rng.below(100)));
      // Versions of one sequence are one version.
      record.lifetime_s = static_cast<uint32_t>(30 * record.sequence);
      record.age_s = static_cast<uint32_t>(rng.below(record.lifetime_s + 1));
      switch (rng.below(4)) {
        case 0:
          store.expire(now);
          slow.expire(now);
          EXPECT_EQ(store.all().size(), slow.size());
          break;
        case 1: {
          std::set<std::pair<crypto::Signature, uint32_t>> found;
          for (const Record& one : store.find(now, target_of(record), 64).records)
            found.emplace(one.signature, one.age_s);
          EXPECT_EQ(found, slow.find(now, target_of(record)));
          break;
        }
        default: {
          const Holding holding = rng.chance(0.5) ? Holding::held : Holding::copy;
          store.put(now, record, holding);
          slow.put(now, record, holding);
        }
      }
    }
    size_t bytes = 0;
    for (const auto& [key, stored] : store.all()) bytes += RecordStore::size_of(stored.record);
    EXPECT_EQ(store.bytes(), bytes);
  }
}

}  // namespace record_store_test
}  // namespace starling::directory
