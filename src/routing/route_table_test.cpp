#include "routing/route_table.h"

#include <algorithm>
#include <gtest/gtest.h>

#include "base/rng.h"
#include "routing/handmade_origin.h"
#include "routing/proven_origins.h"

namespace starling::routing {
namespace route_table_test {

constexpr NeighbourId kFirst{1};
constexpr NeighbourId kSecond{2};
constexpr uint32_t kOwnEpoch = 5;

class RouteTableTest : public testing::Test {
 protected:
  RouteTableTest() {
    table_.add_neighbour(kFirst, 10);
    table_.add_neighbour(kSecond, 10);
  }
  AdvertOutcome hear(NeighbourId neighbour, uint8_t step, Metric metric) {
    return hear(neighbour, origin_, step, metric);
  }
  AdvertOutcome hear(NeighbourId neighbour, const HandmadeOrigin& origin, uint8_t step,
                     Metric metric) {
    const auto outcome =
        table_.handle_advert(now_, neighbour, origin.announcement,
                             {step, metric, origin.proof(step, metric)}, kOwnEpoch);
    changes_ = table_.select();
    return outcome;
  }
  void retract(NeighbourId neighbour) {
    table_.handle_retract(now_, neighbour, origin_.id());
    changes_ = table_.select();
  }
  // As after an update to a neighbour.
  void tell() {
    table_.note_told(known().slot, known().sequence, known().distance);
    changes_ = table_.select();
  }
  void expire_after(Duration time) {
    now_ += time;
    table_.expire(now_);
    changes_ = table_.select();
  }
  const Destination& known() { return *table_.find(origin_.id()); }
  [[nodiscard]] bool is_wanting() const { return table_.wanting().contains(origin_.id()); }

  Instant now_ = Instant{} + 1h;
  HandmadeOrigin origin_{1};
  HandmadeOrigin self_{2};
  RouteTable table_{self_.id(), kFullRouter};
  RouteTable::Changes changes_;
};

TEST_F(RouteTableTest, TakesTheShortestRouteAndSaysWhatChanged) {
  EXPECT_EQ(hear(kFirst, 1, 50), AdvertOutcome::taken);
  EXPECT_EQ(changes_.found, std::vector{origin_.id()});
  EXPECT_EQ(known().distance, 60u);
  hear(kSecond, 1, 20);
  EXPECT_EQ(known().selected, kSecond);
  EXPECT_EQ(known().distance, 30u);
  EXPECT_TRUE(changes_.any && changes_.found.empty() && changes_.lost.empty());
  hear(kFirst, 1, 49);
  EXPECT_FALSE(changes_.any);
  retract(kSecond);
  EXPECT_EQ(known().distance, 59u);
  retract(kFirst);
  EXPECT_EQ(changes_.lost, std::vector{origin_.id()});
  EXPECT_FALSE(known().selected);
  EXPECT_EQ(table_.metric_of(known()), kInfinity);
}

TEST_F(RouteTableTest, OfTwoEquallyLongRoutesTheFirstNeighboursIsTaken) {
  hear(kSecond, 1, 20);
  retract(kSecond);
  table_.handle_advert(now_, kSecond, origin_.announcement, {1, 20, origin_.proof(1, 20)},
                       kOwnEpoch);
  table_.handle_advert(now_, kFirst, origin_.announcement, {1, 20, origin_.proof(1, 20)},
                       kOwnEpoch);
  table_.select();
  EXPECT_EQ(known().selected, kFirst);
}

TEST_F(RouteTableTest, ALittleShorterIsNoReasonToChange) {
  hear(kFirst, 1, 90);
  hear(kSecond, 1, 85);
  EXPECT_EQ(known().selected, kFirst);
  hear(kSecond, 1, 84);
  EXPECT_EQ(known().selected, kSecond);
  // On short ways every unit counts.
  hear(kSecond, 1, 3);
  hear(kFirst, 1, 2);
  EXPECT_EQ(known().selected, kFirst);
}

TEST_F(RouteTableTest, FindsDestinationsByShortId) {
  hear(kFirst, 1, 50);
  EXPECT_EQ(table_.find(short_id_of(origin_.id())), &known());
  EXPECT_EQ(table_.find(short_id_of(self_.id())), nullptr);
  EXPECT_EQ(table_.find(self_.id()), nullptr);
}

TEST_F(RouteTableTest, WhatIsNotShorterThanWhatWasToldIsNotFeasible) {
  hear(kFirst, 1, 10);
  tell();  // 20
  hear(kSecond, 1, 20);
  retract(kFirst);
  EXPECT_FALSE(known().selected);
  EXPECT_TRUE(is_wanting());
  EXPECT_TRUE(RouteTable::is_starving(known()));
  hear(kSecond, 1, 19);
  EXPECT_EQ(known().selected, kSecond);
  EXPECT_FALSE(is_wanting());
}

TEST_F(RouteTableTest, ANewerSequenceIsAlwaysFeasible) {
  hear(kFirst, 1, 10);
  tell();
  retract(kFirst);
  hear(kSecond, 2, 500);
  EXPECT_EQ(known().distance, 510u);
  tell();
  // The old sequence is not any more.
  hear(kFirst, 1, 1);
  EXPECT_EQ(known().selected, kSecond);
}

TEST_F(RouteTableTest, TheSelectedRouteIsKeptWhenItGetsLongerThanIsFeasible) {
  hear(kFirst, 1, 10);
  tell();
  hear(kFirst, 1, 100);
  EXPECT_EQ(known().selected, kFirst);
  EXPECT_EQ(known().distance, 110u);
  EXPECT_TRUE(changes_.lost.empty());
  EXPECT_TRUE(RouteTable::is_starving(known()));
  const auto wanted = table_.wanted_of(known());
  ASSERT_EQ(wanted.size(), 1u);
  EXPECT_EQ(wanted[0].neighbour, kFirst);
  EXPECT_EQ(wanted[0].sequence, (Sequence{1, 2}));
  // Lost is lost: it does not come back before it is feasible.
  retract(kFirst);
  hear(kFirst, 1, 100);
  EXPECT_FALSE(known().selected);
  hear(kFirst, 2, 100);
  EXPECT_EQ(known().selected, kFirst);
  EXPECT_FALSE(is_wanting());
}

TEST_F(RouteTableTest, OnlyTheSequenceThatHelpsIsAskedFor) {
  hear(kFirst, 2, 100);
  tell();  // step 2 at 110
  hear(kSecond, 1, 40);
  // The old step of the shorter way would do as step 2.
  ASSERT_EQ(table_.wanted_of(known()).size(), 1u);
  EXPECT_EQ(table_.wanted_of(known())[0].sequence, (Sequence{1, 2}));
  EXPECT_FALSE(RouteTable::is_starving(known()));
  // Not much shorter is not worth it.
  hear(kSecond, 1, 97);
  EXPECT_TRUE(table_.wanted_of(known()).empty());
  EXPECT_FALSE(is_wanting());
}

TEST_F(RouteTableTest, AfterTheLastStepTheNextEpochIsWanted) {
  EXPECT_EQ(next_after({7, 3}), (Sequence{7, 4}));
  EXPECT_EQ(next_after({7, kSteps}), (Sequence{8, 1}));
}

TEST_F(RouteTableTest, WhatAddsUpToInfinityIsNoRouteAndNobodyIsAskedForIt) {
  EXPECT_EQ(hear(kFirst, 1, kInfinity - 5), AdvertOutcome::taken);
  EXPECT_FALSE(known().selected);
  EXPECT_FALSE(is_wanting());
  EXPECT_TRUE(table_.wanted_of(known()).empty());
}

TEST_F(RouteTableTest, ALinksCostCountsForAllRoutesOverIt) {
  hear(kFirst, 1, 50);
  hear(kSecond, 1, 60);
  table_.set_cost(kFirst, 100);
  EXPECT_TRUE(table_.select().any);
  EXPECT_EQ(known().selected, kSecond);
  EXPECT_EQ(table_.cost_of(kFirst), 100u);
  table_.remove_neighbour(now_, kSecond);
  table_.select();
  EXPECT_EQ(known().distance, 150u);
  EXPECT_FALSE(table_.cost_of(kSecond));
}

TEST_F(RouteTableTest, NothingForgedIsTaken) {
  UpdateEntry entry = origin_.entry(0, 1, 100);
  const auto hear_as = [&](const Announcement& announcement, uint8_t step, Metric metric) {
    return table_.handle_advert(now_, kFirst, announcement, {step, metric, entry.proof}, kOwnEpoch);
  };
  Announcement altered = origin_.announcement;
  altered.lifetime_s = 7;
  EXPECT_EQ(hear_as(altered, 1, 100), AdvertOutcome::forged);
  EXPECT_EQ(table_.all().size(), 0u);
  EXPECT_EQ(hear_as(origin_.announcement, 1, 95), AdvertOutcome::forged);
  EXPECT_EQ(hear_as(origin_.announcement, 2, 100), AdvertOutcome::forged);
  EXPECT_EQ(hear_as(origin_.announcement, 1, 100), AdvertOutcome::taken);
  EXPECT_EQ(hear_as(altered, 1, 100), AdvertOutcome::forged);
  Announcement newer = origin_.announcement;
  newer.epoch = 2;
  EXPECT_EQ(hear_as(newer, 1, 100), AdvertOutcome::forged);
  EXPECT_EQ(known().newest.announcement.epoch, 1u);
}

TEST_F(RouteTableTest, WithASharedMemoryItAnswersTheSame) {
  crypto::CheckedClaims checked;
  for (int round = 0; round < 2; ++round) {
    RouteTable table(self_.id(), kFullRouter, &checked);
    table.add_neighbour(kFirst, 10);
    const auto hear_proof = [&](Metric metric, const ChainValue& proof) {
      return table.handle_advert(now_, kFirst, origin_.announcement, {1, metric, proof}, kOwnEpoch);
    };
    Announcement altered = origin_.announcement;
    altered.signature.value[5] ^= 1;
    EXPECT_EQ(table.handle_advert(now_, kFirst, altered, {1, 50, origin_.proof(1, 50)}, kOwnEpoch),
              AdvertOutcome::forged);
    EXPECT_EQ(hear_proof(50, origin_.proof(1, 50)), AdvertOutcome::taken);
    EXPECT_EQ(hear_proof(20, origin_.proof(1, 50)), AdvertOutcome::forged);
    EXPECT_EQ(hear_proof(20, origin_.proof(1, 20)), AdvertOutcome::taken);
  }
}

TEST_F(RouteTableTest, ItselfIsNoDestination) {
  self_.begin_epoch(kOwnEpoch);
  EXPECT_EQ(hear(kFirst, self_, 1, 10), AdvertOutcome::own);
  self_.begin_epoch(kOwnEpoch + 1);
  EXPECT_EQ(hear(kFirst, self_, 1, 10), AdvertOutcome::own_newer);
  self_.announcement.lifetime_s = 1;
  EXPECT_EQ(hear(kFirst, self_, 1, 10), AdvertOutcome::forged);
  EXPECT_TRUE(table_.all().empty());
}

TEST_F(RouteTableTest, HoldsTwoEpochsForAWhileAndNoneBefore) {
  HandmadeOrigin old = origin_;
  hear(kFirst, old, 1, 50);
  origin_.begin_epoch(2);
  hear(kSecond, 1, 80);
  EXPECT_EQ(known().selected, kFirst);
  EXPECT_EQ(hear(kFirst, old, 1, 40), AdvertOutcome::taken);
  origin_.begin_epoch(3);
  EXPECT_EQ(hear(kSecond, 1, 80), AdvertOutcome::taken);
  EXPECT_EQ(known().adverts.size(), 1u);
  EXPECT_EQ(known().selected, kSecond);
  EXPECT_EQ(hear(kFirst, old, 1, 40), AdvertOutcome::stale_epoch);
}

TEST_F(RouteTableTest, WhoDoesNotComeOverToANewEpochIsLeftBehind) {
  const HandmadeOrigin old = origin_;
  hear(kFirst, old, 1, 10);
  origin_.begin_epoch(2);
  hear(kSecond, 1, 80);
  expire_after(RouteTable::kEpochOverlap - 1ms);
  EXPECT_EQ(known().selected, kFirst);
  expire_after(1ms);
  EXPECT_EQ(known().selected, kSecond);
  EXPECT_EQ(known().sequence.epoch, 2u);
  EXPECT_EQ(hear(kFirst, old, 1, 10), AdvertOutcome::stale_epoch);
}

TEST_F(RouteTableTest, TheSecondOfTwoAnnouncementsOfOneEpochIsIgnored) {
  hear(kFirst, 1, 50);
  origin_.begin_epoch(1);
  EXPECT_EQ(hear(kSecond, 1, 5), AdvertOutcome::stale_epoch);
  EXPECT_EQ(known().distance, 60u);
}

TEST_F(RouteTableTest, RoutesEndWithTheLifetimeOfTheirAnnouncement) {
  origin_.begin_epoch(2, /*lifetime_s=*/100);
  hear(kFirst, 1, 50);
  tell();
  expire_after(99s);
  EXPECT_TRUE(known().selected);
  expire_after(1s);
  EXPECT_FALSE(known().selected);
  EXPECT_EQ(changes_.lost.size(), 1u);
}

TEST_F(RouteTableTest, WhatWasToldIsRememberedTenMinutesLongerThanItsRoutes) {
  hear(kFirst, 1, 50);
  tell();
  retract(kFirst);
  expire_after(RouteTable::kFeasibilityMemory - 1s);
  ASSERT_TRUE(table_.find(origin_.id()));
  hear(kFirst, 1, 70);
  EXPECT_FALSE(known().selected);
  retract(kFirst);
  expire_after(RouteTable::kFeasibilityMemory);
  EXPECT_FALSE(table_.find(origin_.id()));
  EXPECT_FALSE(table_.find(short_id_of(origin_.id())));
  hear(kFirst, 1, 70);
  EXPECT_TRUE(known().selected);
}

TEST_F(RouteTableTest, WhatWasNeverToldIsForgottenAtOnce) {
  hear(kFirst, 1, 50);
  retract(kFirst);
  expire_after(0s);
  EXPECT_FALSE(table_.find(origin_.id()));
}

TEST_F(RouteTableTest, HoldsBackWhatChangesTooOftenButNoLoss) {
  hear(kFirst, 1, 50);
  EXPECT_TRUE(table_.list());
  int told = 0;
  for (Metric metric = 51; metric <= 100; ++metric) {
    hear(kFirst, 1, metric);
    told += static_cast<int>(table_.take_untold(now_).size());
  }
  EXPECT_EQ(told, TellLimit::kBurst - TellLimit::kEpochCost + 1);
  EXPECT_GT(table_.next_telling(), now_);
  EXPECT_LE(table_.next_telling(), now_ + TellLimit::kInterval);
  now_ = table_.next_telling();
  EXPECT_EQ(table_.take_untold(now_), std::vector{known().slot});
  EXPECT_EQ(table_.next_telling(), kNever);
  hear(kFirst, 1, 200);
  EXPECT_TRUE(table_.take_untold(now_).empty());
  retract(kFirst);
  EXPECT_EQ(table_.take_untold(now_), std::vector{known().slot});
}

TEST_F(RouteTableTest, SaysOnceWhatNeighboursMayHaveToBeTold) {
  hear(kFirst, 1, 50);
  EXPECT_EQ(table_.take_untold(now_), std::vector{known().slot});
  EXPECT_TRUE(table_.take_untold(now_).empty());
  EXPECT_TRUE(table_.list());
  EXPECT_EQ(table_.take_untold(now_), std::vector{known().slot});
  EXPECT_FALSE(table_.list());
  hear(kSecond, 1, 500);
  EXPECT_TRUE(table_.take_untold(now_).empty());
  retract(kFirst);
  EXPECT_EQ(table_.take_untold(now_), std::vector{known().slot});
}

TEST_F(RouteTableTest, ProofsForLongerWaysFollowFromTheHeardOnes) {
  hear(kFirst, 1, 50);
  for (const Metric own : {50u, 60u, 100u, 9'000u}) {
    EXPECT_EQ(RouteTable::proof_for(known(), known().adverts[0], own), origin_.proof(1, own))
        << own;
  }
}

// --- bounds -------------------------------------------------------------------------------------------------------

// Makes nodes without number, so far away that their proof is the element next to the anchor.
class Flood {
 public:
  AdvertOutcome tell(RouteTable& table, NeighbourId neighbour) {
    const auto identity = crypto::Identity::generate(random_);
    const auto proof = random_.fixed<ChainValue>();
    constexpr Metric kFar = kBuckets * kBucketUnits;
    Announcement announcement;
    announcement.key = identity.key();
    announcement.epoch = 1;
    announcement.lifetime_s = 100;
    announcement.anchor = descend(proof, 1);
    sign(announcement, identity);
    last = crypto::node_id_of(identity.key());
    return table.handle_advert(Instant{} + 1h, neighbour, announcement, {1, kFar, proof}, 1);
  }
  crypto::NodeId last;

 private:
  crypto::SeededRandom random_{1};
};

TEST(RouteTableBoundsTest, OneNeighbourFillsHalfOfTheTableAndTwoFillNoMoreThanAll) {
  RouteTable table({}, kSmallest);
  for (uint32_t i = 1; i <= 3; ++i) table.add_neighbour(NeighbourId{i}, 1);
  Flood flood;
  for (size_t i = 0; i < RouteTable::kAdvertsMax; ++i) {
    ASSERT_EQ(flood.tell(table, kFirst), AdvertOutcome::taken);
  }
  const crypto::NodeId first = flood.last;
  EXPECT_EQ(flood.tell(table, kFirst), AdvertOutcome::full);
  while (flood.tell(table, kSecond) == AdvertOutcome::taken) {
  }
  EXPECT_EQ(table.all().size(), RouteTable::kDestinationsMax);
  EXPECT_EQ(flood.tell(table, NeighbourId{3}), AdvertOutcome::full);
  // Room is made by forgetting what has no route.
  table.select();
  table.handle_retract(Instant{} + 1h, kFirst, first);
  table.select();
  EXPECT_EQ(flood.tell(table, NeighbourId{3}), AdvertOutcome::taken);
  EXPECT_EQ(table.all().size(), RouteTable::kDestinationsMax);
}

TEST_F(RouteTableTest, ANewEpochBringsAProofAndTakesItAway) {
  HandmadeOrigin origin = proven::origin(0);
  const auto rank = [&] { return table_.find(origin.id())->priority(); };
  HandmadeOrigin without(proven::kFirstSeed);
  ASSERT_EQ(without.id(), origin.id());
  hear(kFirst, without, 1, 10);
  EXPECT_EQ(rank(), priority_of(without.announcement));
  origin.begin_epoch(2);
  EXPECT_EQ(hear(kSecond, origin, 1, 10), AdvertOutcome::taken);
  EXPECT_EQ(rank(), priority_of(origin.announcement));
  EXPECT_EQ(rank().proof_rank, 1);
  // What somebody still says of the epoch before changes nothing.
  hear(kFirst, without, 2, 5);
  EXPECT_EQ(rank().proof_rank, 1);
  without.begin_epoch(3);
  hear(kFirst, without, 1, 10);
  EXPECT_EQ(rank(), priority_of(without.announcement));
}

TEST_F(RouteTableTest, AWrongProofIsForgedAlsoInANewEpoch) {
  HandmadeOrigin thief(1'000);
  thief.set_priority_proof(proven::proof(0));
  EXPECT_EQ(hear(kFirst, thief, 1, 10), AdvertOutcome::forged);
  EXPECT_EQ(table_.find(thief.id()), nullptr);
  hear(kFirst, 1, 10);
  origin_.set_priority_proof(proven::proof(1));
  origin_.begin_epoch(2);
  EXPECT_EQ(hear(kFirst, 1, 10), AdvertOutcome::forged);
  EXPECT_EQ(known().priority().proof_rank, 0);
}

// --- the rule -----------------------------------------------------------------------------------------------------

struct Wanted {
  Metric distance;
  crypto::NodeId id;
  Priority priority;
};
// Fewer than `k` nearer ones outrank it; the table's own node, if it has a priority, is the nearest.
std::set<crypto::NodeId> rule(const std::vector<Wanted>& nodes, size_t k,
                              const std::optional<Priority>& own) {
  std::set<crypto::NodeId> result;
  for (const Wanted& w : nodes) {
    size_t outranking = own && outranks(*own, w.priority);
    for (const Wanted& v : nodes) {
      const bool is_nearer = std::pair(v.distance, v.id) < std::pair(w.distance, w.id);
      outranking += is_nearer && outranks(v.priority, w.priority);
    }
    if (outranking < k) result.insert(w.id);
  }
  return result;
}
std::set<crypto::NodeId> listed_in(const RouteTable& table) {
  std::set<crypto::NodeId> listed;
  for (const Destination& destination : table.all()) {
    if (destination.listed) listed.insert(destination.id);
  }
  return listed;
}
std::vector<Wanted> routes_in(const RouteTable& table) {
  std::vector<Wanted> routes;
  for (const Destination& destination : table.all()) {
    if (destination.selected)
      routes.push_back({destination.distance, destination.id, destination.priority()});
  }
  return routes;
}

TEST(TableRuleTest, ListsWhatTheObviousImplementationLists) {
  const Instant now = Instant{} + 1h;
  Rng rng(1);
  std::vector<HandmadeOrigin> origins;
  for (uint64_t i = 0; i < 300; ++i) origins.emplace_back(1'000 + i);
  for (int round = 0; round < 12; ++round) {
    const size_t k = kSmallest + rng.below(40);
    RouteTable table({}, k);
    table.add_neighbour(kFirst, 1);
    std::optional<Priority> own;
    if (round % 2 == 0) {
      own = Priority{0, rng()};
      table.set_own_priority(*own);
    }
    // Few distances, so that many are equal.
    for (const HandmadeOrigin& origin : origins) {
      if (!rng.chance(0.7)) continue;
      const auto metric = static_cast<Metric>(rng.below(60));
      table.handle_advert(now, kFirst, origin.announcement, {1, metric, origin.proof(1, metric)},
                          1);
    }
    table.select();
    table.list();
    EXPECT_EQ(listed_in(table), rule(routes_in(table), k, own)) << "round " << round;
  }
}

TEST(TableRuleTest, DistantNodesWithProofsAreListedHoweverManyAreWithoutAndNearer) {
  const Instant now = Instant{} + 1h;
  RouteTable table({}, kSmallest);
  table.add_neighbour(kFirst, 1);
  for (uint64_t i = 0; i < 300; ++i) {
    const HandmadeOrigin origin(3'000 + i);
    const auto metric = static_cast<Metric>(i);
    table.handle_advert(now, kFirst, origin.announcement, {1, metric, origin.proof(1, metric)}, 1);
  }
  std::set<crypto::NodeId> proven_ones;
  for (size_t i = 0; i < kSmallest; ++i) {
    const HandmadeOrigin origin = proven::origin(i);
    const Metric metric = 4'000;
    table.handle_advert(now, kFirst, origin.announcement, {1, metric, origin.proof(1, metric)}, 1);
    proven_ones.insert(origin.id());
  }
  table.select();
  table.list();
  const std::set<crypto::NodeId> listed = listed_in(table);
  EXPECT_TRUE(std::includes(listed.begin(), listed.end(), proven_ones.begin(), proven_ones.end()));
  EXPECT_EQ(listed, rule(routes_in(table), kSmallest, {}));
}

TEST(TableRuleTest, WhatIsListedStaysUntilAQuarterMoreOutrankIt) {
  const Instant now = Instant{} + 1h;
  constexpr size_t k = 20;
  Rng rng(2);
  std::vector<HandmadeOrigin> origins;
  for (uint64_t i = 0; i < 200; ++i) origins.emplace_back(2'000 + i);
  RouteTable table({}, k);
  table.add_neighbour(kFirst, 1);
  std::set<crypto::NodeId> before;
  for (int round = 0; round < 40; ++round) {
    for (int i = 0; i < 20; ++i) {
      const HandmadeOrigin& origin = origins[rng.below(origins.size())];
      const auto metric = static_cast<Metric>(rng.below(1'000));
      if (rng.chance(0.2)) {
        table.handle_retract(now, kFirst, origin.id());
      } else {
        table.handle_advert(now, kFirst, origin.announcement, {1, metric, origin.proof(1, metric)},
                            1);
      }
    }
    table.select();
    table.list();
    std::set<crypto::NodeId> expected = rule(routes_in(table), k, {});
    for (const crypto::NodeId& id : rule(routes_in(table), k * 5 / 4, {})) {
      if (before.contains(id)) expected.insert(id);
    }
    ASSERT_EQ(listed_in(table), expected) << "round " << round;
    before = std::move(expected);
  }
}

// The table rule with k = 1, and nodes ever farther away.
TEST(WaitingTimeTest, WhoIsNewDrivesOutNobodyWhoIsNot) {
  RouteTable table({{0xaa}}, 1);
  constexpr NeighbourId kNeighbour{1};
  table.add_neighbour(kNeighbour, 1);
  Instant now = Instant{} + 1h;
  const auto hear = [&](const HandmadeOrigin& origin, Metric metric) {
    table.handle_advert(now, kNeighbour, origin.announcement, {1, metric, origin.proof(1, metric)},
                        1);
    table.select();
    table.list(now);
  };
  // By falling priority.
  std::vector<HandmadeOrigin> origins;
  for (uint64_t seed = 1; seed <= 4; ++seed) origins.emplace_back(seed);
  std::ranges::sort(origins, [](const auto& a, const auto& b) {
    return outranks(priority_of(a.announcement), priority_of(b.announcement));
  });
  const auto is_listed = [&](size_t i) {
    const Destination* known = table.find(origins[i].id());
    return known && known->listed;
  };
  hear(origins[3], 50);
  ASSERT_TRUE(is_listed(3));
  // Both are new: the nearer one, which is better, is the only one.
  hear(origins[2], 40);
  EXPECT_TRUE(is_listed(2) && !is_listed(3));
  now += RouteTable::kWaitingTime;
  EXPECT_LE(table.next_telling(), now);
  table.list(now);
  EXPECT_EQ(table.next_telling(), kNever);
  // This one is new, and better still.
  hear(origins[0], 10);
  EXPECT_TRUE(is_listed(0) && is_listed(2)) << "who was there stays";
  EXPECT_FALSE(is_listed(3));
  hear(origins[1], 30);
  EXPECT_FALSE(is_listed(1)) << "to come in, one has to be better than all that are nearer";
  EXPECT_EQ(table.next_telling(), now + RouteTable::kWaitingTime);
  now += RouteTable::kWaitingTime;
  table.list(now);
  EXPECT_TRUE(is_listed(0) && !is_listed(2));
}

}  // namespace route_table_test
}  // namespace starling::routing
