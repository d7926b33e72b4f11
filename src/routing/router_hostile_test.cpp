// What neighbours with right keys may try on a router, by control messages made by hand.
#include <gtest/gtest.h>

#include "routing/router.h"

namespace starling::routing {
namespace router_hostile_test {

constexpr NeighbourId kFirst{1};
constexpr NeighbourId kSecond{2};
constexpr Metric kMetricMax = kInfinity - 1;

// A node somewhere behind the neighbours, with all its secrets.
class Origin {
 public:
  explicit Origin(uint64_t seed) : random_(seed), identity_(crypto::Identity::generate(random_)) {}

  // Makes a new chain each time: twice for one epoch is a lie, or a home that runs twice.
  const Announcement& announce(uint32_t epoch) {
    chain_.emplace(random_);
    announcement_.key = identity_.key();
    announcement_.epoch = epoch;
    announcement_.lifetime_s = Announcement::kLifetimeSecondsMax;
    announcement_.anchor = chain_->anchor();
    sign(announcement_, identity_);
    return announcement_;
  }
  [[nodiscard]] UpdateEntry entry(Handle handle, Metric metric, bool with_announcement) const {
    const uint32_t down = chain_position(1, 0) - chain_position(1, metric);
    UpdateEntry entry{handle, std::nullopt, 1, metric, descend(chain_->value(1), down)};
    if (with_announcement) entry.announcement = announcement_;
    return entry;
  }
  [[nodiscard]] crypto::NodeId id() const { return crypto::node_id_of(identity_.key()); }
  [[nodiscard]] const crypto::NodeKey& key() const { return identity_.key(); }

 private:
  crypto::SeededRandom random_;
  crypto::Identity identity_;
  std::optional<SequenceChain> chain_;
  Announcement announcement_;
};

class RouterHostileTest : public testing::Test {
 protected:
  RouterHostileTest() {
    for (const auto& [neighbour, node] : {std::pair(kFirst, &first_), {kSecond, &second_}}) {
      router_.add_neighbour(now_, neighbour, node->key(), 10);
      tell(neighbour, RouteHello{Role::router, kFullRouter, 10});
    }
  }

  void tell(NeighbourId neighbour, const RoutingMessage& message) {
    router_.handle_control(now_, neighbour, encode(message));
  }
  void run_for(Duration time) {
    const Instant end = now_ + time;
    while (router_.next_timeout() <= end) {
      now_ = std::max(now_, router_.next_timeout());
      router_.handle_timeout(now_);
    }
    now_ = end;
  }
  // Empties the outputs.
  bool is_a_neighbour_at_fault() {
    bool found = false;
    while (const auto output = router_.poll_output()) {
      found |= std::holds_alternative<NeighbourAtFault>(*output);
    }
    return found;
  }
  // Told to the neighbour since the outputs were last empty.
  std::vector<UpdateEntry> told_to(NeighbourId neighbour) {
    std::vector<UpdateEntry> entries;
    while (const auto output = router_.poll_output()) {
      const auto* control = std::get_if<SendControl>(&*output);
      if (!control || control->neighbour != neighbour) continue;
      const auto message = decode_routing_message(control->message).value();
      if (const auto* update = std::get_if<RouteUpdate>(&message)) {
        entries.insert(entries.end(), update->entries.begin(), update->entries.end());
      }
    }
    return entries;
  }

  crypto::SeededRandom random_{1};
  Rng rng_{1};
  crypto::Identity identity_ = crypto::Identity::generate(random_);
  Origin first_{2};
  Origin second_{3};
  Origin far_{4};
  Instant now_ = Instant{} + 1h;
  Router router_{RouterConfig{}, identity_, 1, rng_, random_, now_};
};

TEST_F(RouterHostileTest, ARouteThatNobodyCanReachIsNoReasonToAskForANewerSequence) {
  far_.announce(1);
  tell(kFirst, RouteUpdate{{far_.entry(0, kMetricMax, true)}});
  run_for(30s);
  EXPECT_FALSE(router_.knows_way(now_, far_.id()));
  EXPECT_EQ(router_.counters().of(RouterCounter::requests_sent), 0u);
  EXPECT_FALSE(is_a_neighbour_at_fault());
}

TEST_F(RouterHostileTest, AnOriginThatAnnouncesAnEpochTwiceCostsNoHonestNeighbourItsLink) {
  far_.announce(1);
  tell(kFirst, RouteUpdate{{far_.entry(0, 20, true)}});
  far_.announce(1);
  tell(kSecond, RouteUpdate{{far_.entry(0, 20, true)}});
  // That neighbour holds to the announcement that it met first, without saying it again.
  tell(kSecond, RouteUpdate{{far_.entry(0, 40, false)}});
  run_for(1s);
  EXPECT_FALSE(is_a_neighbour_at_fault());
  EXPECT_TRUE(router_.knows_way(now_, far_.id()));
  // From the next epoch on both ways count.
  far_.announce(2);
  tell(kSecond, RouteUpdate{{far_.entry(0, 20, true)}});
  tell(kFirst, RouteUpdate{{far_.entry(0, 30, true)}});
  EXPECT_EQ(router_.table().find(far_.id())->adverts.size(), 2u);
  EXPECT_FALSE(is_a_neighbour_at_fault());
}

TEST_F(RouterHostileTest, ASecondAnnouncementThatTheOriginDidNotSignIsTheNeighboursFault) {
  far_.announce(1);
  tell(kFirst, RouteUpdate{{far_.entry(0, 20, true)}});
  EXPECT_FALSE(is_a_neighbour_at_fault());
  far_.announce(1);
  UpdateEntry forged = far_.entry(0, 20, true);
  forged.announcement->signature.value[0] ^= 1;
  tell(kSecond, RouteUpdate{{forged}});
  EXPECT_TRUE(is_a_neighbour_at_fault());
}

TEST_F(RouterHostileTest, WhatIsMissingAgainIsAskedForAtOnceHoweverLongItWasAskedForBefore) {
  const auto requests = [&] { return router_.counters().of(RouterCounter::requests_sent); };
  far_.announce(1);
  tell(kFirst, RouteUpdate{{far_.entry(0, 20, true)}});
  run_for(1s);
  // Farther than what was told to others: no route any more, and a request for a newer sequence now and then.
  tell(kFirst, RouteRetract{{0}});
  tell(kSecond, RouteUpdate{{far_.entry(0, 100, true)}});
  run_for(1min);
  EXPECT_GT(requests(), 5u);
  far_.announce(2);
  tell(kSecond, RouteUpdate{{far_.entry(0, 20, true)}});
  run_for(500ms);
  ASSERT_TRUE(router_.knows_way(now_, far_.id()));
  const uint64_t before = requests();
  tell(kSecond, RouteRetract{{0}});
  tell(kFirst, RouteUpdate{{far_.entry(0, 100, true)}});
  run_for(50ms);
  EXPECT_EQ(requests(), before + 1);
}

// Handles are 16 bits and a neighbour lets 8,193 of them be bound: a link outlives far more destinations than
// that.
TEST_F(RouterHostileTest, DestinationsThatComeAndGoUseTheSameHandleAgain) {
  run_for(1s);
  told_to(kSecond);
  std::set<Handle> handles;
  for (uint64_t i = 0; i < 50; ++i) {
    Origin passing(100 + i);
    passing.announce(1);
    tell(kFirst, RouteUpdate{{passing.entry(0, 20, true)}});
    run_for(1s);
    for (const UpdateEntry& entry : told_to(kSecond)) {
      EXPECT_TRUE(entry.announcement);
      handles.insert(entry.handle);
    }
    tell(kFirst, RouteRetract{{0}});
    run_for(1s);
  }
  EXPECT_EQ(handles.size(), 1u);
}

}  // namespace router_hostile_test
}  // namespace starling::routing
