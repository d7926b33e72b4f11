#include "routing/destination_store.h"

#include <gtest/gtest.h>
#include <map>
#include <set>

#include "base/rng.h"

namespace starling::routing::destination_store_test {
namespace {

crypto::NodeId random_id(Rng& rng, uint8_t first) {
  crypto::NodeId id;
  for (uint8_t& byte : id.value) byte = static_cast<uint8_t>(rng());
  // Few beginnings, so that many are placed in the same part of the index.
  std::fill_n(id.value.begin(), 7, first);
  return id;
}

TEST(DestinationStoreTest, BehavesLikeAMapWhateverComesAndGoes) {
  Rng rng(1);
  DestinationStore store(rng());
  std::map<crypto::NodeId, Slot> expected;
  for (int step = 0; step < 20'000; ++step) {
    if (expected.size() < 40 || (expected.size() < 500 && rng.chance(0.5))) {
      const auto id = random_id(rng, static_cast<uint8_t>(rng.below(3)));
      if (expected.contains(id)) continue;
      const Destination& made = store.insert(id);
      EXPECT_EQ(made.id, id);
      expected[id] = made.slot;
    } else {
      auto victim = expected.begin();
      std::advance(victim, static_cast<std::ptrdiff_t>(rng.below(expected.size())));
      store.erase(victim->second);
      EXPECT_EQ(store.find(victim->first), nullptr);
      EXPECT_EQ(store.at(victim->second), nullptr);
      expected.erase(victim);
      if (rng.chance(0.1)) store.release();
    }
    ASSERT_EQ(store.size(), expected.size());
    if (step % 100 != 0) continue;
    std::set<crypto::NodeId> seen;
    for (const Destination& destination : store) seen.insert(destination.id);
    ASSERT_EQ(seen.size(), expected.size());
    for (const auto& [id, slot] : expected) {
      ASSERT_TRUE(seen.contains(id));
      ASSERT_EQ(store.find(id), store.at(slot));
      ASSERT_EQ(short_id_of(store.find(short_id_of(id))->id), short_id_of(id));
    }
  }
}

TEST(DestinationStoreTest, ASlotIsUsedAgainOnlyAfterItsRelease) {
  Rng rng(2);
  DestinationStore store(1);
  const Slot first = store.insert(random_id(rng, 0)).slot;
  store.erase(first);
  EXPECT_NE(store.insert(random_id(rng, 0)).slot, first);
  store.release();
  EXPECT_EQ(store.insert(random_id(rng, 0)).slot, first);
  EXPECT_FALSE(store.empty());
}

}  // namespace
}  // namespace starling::routing::destination_store_test
