#include "routing/route_teller.h"

#include <gtest/gtest.h>
#include <map>

#include "base/rng.h"
#include "routing/handmade_origin.h"

namespace starling::routing {
namespace route_teller_test {

constexpr NeighbourId kListener{1};
constexpr NeighbourId kSource{2};

class RouteTellerTest : public testing::Test {
 protected:
  RouteTellerTest() {
    table_.add_neighbour(kListener, 10);
    table_.add_neighbour(kSource, 10);
  }
  void hear(NeighbourId from, const HandmadeOrigin& origin, uint8_t step, Metric metric) {
    ASSERT_EQ(table_.handle_advert(now_, from, origin.announcement,
                                   {step, metric, origin.proof(step, metric)}, 1),
              AdvertOutcome::taken);
  }
  std::vector<RoutingMessage> messages() {
    table_.select();
    table_.list();
    const OwnRoute own{self_.id(), &self_.announcement, own_step_, self_.proof(own_step_, 0)};
    RouteTeller::Proofs proofs;
    return teller_.messages(table_, own, table_.take_untold(now_), proofs);
  }
  // Entries about others than ourselves.
  std::vector<UpdateEntry> told() { return told(messages()); }
  static std::vector<UpdateEntry> told(const std::vector<RoutingMessage>& messages) {
    std::vector<UpdateEntry> entries;
    for (const RoutingMessage& message : messages) {
      if (const auto* update = std::get_if<RouteUpdate>(&message)) {
        entries.insert(entries.end(), update->entries.begin(), update->entries.end());
      }
    }
    return entries;
  }
  static std::vector<Handle> retracted(const std::vector<RoutingMessage>& messages) {
    std::vector<Handle> handles;
    for (const RoutingMessage& message : messages) {
      if (const auto* retract = std::get_if<RouteRetract>(&message)) {
        handles.insert(handles.end(), retract->handles.begin(), retract->handles.end());
      }
    }
    return handles;
  }

  Instant now_ = Instant{} + 1h;
  HandmadeOrigin self_{1};
  HandmadeOrigin listener_{2};
  HandmadeOrigin far_{3};
  uint8_t own_step_ = 1;
  RouteTable table_{self_.id(), kFullRouter};
  RouteTeller teller_{kListener, listener_.id()};
};

TEST_F(RouteTellerTest, BeginsWithItselfAndTheWholeTable) {
  hear(kSource, far_, 1, 30);
  const auto entries = told();
  ASSERT_EQ(entries.size(), 2u);
  EXPECT_EQ(entries[0].announcement, self_.announcement);
  EXPECT_EQ(entries[0].metric, 0u);
  EXPECT_EQ(entries[1].announcement, far_.announcement);
  EXPECT_EQ(entries[1].metric, 40u);
  EXPECT_EQ(entries[1].proof, far_.proof(1, 40));
  EXPECT_NE(entries[0].handle, entries[1].handle);
  EXPECT_TRUE(messages().empty());
}

TEST_F(RouteTellerTest, ATellerThatBeginsLaterTellsTheWholeTableToo) {
  hear(kSource, far_, 1, 30);
  EXPECT_EQ(told().size(), 2u);
  RouteTeller late{NeighbourId{3}, {}};
  const OwnRoute own{self_.id(), &self_.announcement, 1, self_.proof(1, 0)};
  RouteTeller::Proofs proofs;
  EXPECT_EQ(told(late.messages(table_, own, {}, proofs)).size(), 2u);
}

TEST_F(RouteTellerTest, TellsOnlyWhatMovedByMoreThanAFiftieth) {
  hear(kSource, far_, 1, 90);
  told();
  hear(kSource, far_, 1, 92);
  EXPECT_TRUE(messages().empty());
  hear(kSource, far_, 1, 88);
  EXPECT_TRUE(messages().empty());
  hear(kSource, far_, 1, 93);
  const auto entries = told();
  ASSERT_EQ(entries.size(), 1u);
  EXPECT_EQ(entries[0].metric, 103u);
  EXPECT_FALSE(entries[0].announcement);
}

TEST_F(RouteTellerTest, NotesWhatIsTold) {
  hear(kSource, far_, 1, 90);
  told();
  EXPECT_EQ(table_.find(far_.id())->feasibility->metric, 100u);
  hear(kSource, far_, 1, 89);
  told();
  EXPECT_EQ(table_.find(far_.id())->feasibility->metric, 100u);
}

TEST_F(RouteTellerTest, NothingGoesBackWhereItCameFrom) {
  hear(kListener, far_, 1, 30);
  hear(kListener, listener_, 1, 0);
  EXPECT_EQ(told().size(), 1u);  // itself
  // When the way turns to the listener, it is told that we have no other.
  hear(kSource, far_, 1, 5);
  const auto entries = told();
  ASSERT_EQ(entries.size(), 1u);
  table_.handle_retract(now_, kSource, far_.id());
  EXPECT_EQ(retracted(messages()), std::vector{entries[0].handle});
}

TEST_F(RouteTellerTest, ALostRouteIsRetractedAndItsHandleUsedAgain) {
  hear(kSource, far_, 1, 30);
  const Handle handle = told()[1].handle;
  table_.handle_retract(now_, kSource, far_.id());
  EXPECT_EQ(retracted(messages()), std::vector{handle});
  EXPECT_TRUE(messages().empty());
  const HandmadeOrigin other(4);
  hear(kSource, other, 1, 30);
  const auto entries = told();
  ASSERT_EQ(entries.size(), 1u);
  EXPECT_EQ(entries[0].handle, handle);
  EXPECT_EQ(entries[0].announcement, other.announcement);
}

TEST_F(RouteTellerTest, AHandleIsRetractedBeforeItIsUsedAgain) {
  hear(kSource, far_, 1, 30);
  told();
  table_.handle_retract(now_, kSource, far_.id());
  const HandmadeOrigin other(4);
  hear(kSource, other, 1, 30);
  const auto both = messages();
  ASSERT_EQ(both.size(), 2u);
  EXPECT_TRUE(std::holds_alternative<RouteRetract>(both[0]));
  EXPECT_TRUE(std::holds_alternative<RouteUpdate>(both[1]));
}

TEST_F(RouteTellerTest, WhatTheTableForgotIsRetracted) {
  hear(kSource, far_, 1, 30);
  const Handle handle = told()[1].handle;
  table_.handle_retract(now_, kSource, far_.id());
  table_.select();
  table_.expire(now_ + RouteTable::kFeasibilityMemory);
  ASSERT_FALSE(table_.find(far_.id()));
  EXPECT_EQ(retracted(messages()), std::vector{handle});
}

TEST_F(RouteTellerTest, WhatIsAskedForIsToldOnceMoreAndOnlyOnce) {
  hear(kSource, far_, 1, 30);
  told();
  teller_.force(far_.id());
  teller_.force(self_.id());
  EXPECT_EQ(told().size(), 2u);
  EXPECT_TRUE(messages().empty());
  teller_.force(crypto::NodeId{{9}});
  EXPECT_TRUE(messages().empty());
}

TEST_F(RouteTellerTest, ANewStepIsToldOnlyOfItselfANewEpochOfAll) {
  hear(kSource, far_, 1, 30);
  told();
  hear(kSource, far_, 2, 30);
  EXPECT_TRUE(messages().empty());
  own_step_ = 2;
  auto entries = told();
  ASSERT_EQ(entries.size(), 1u);
  EXPECT_FALSE(entries[0].announcement);
  EXPECT_EQ(entries[0].step, 2);
  far_.begin_epoch(2);
  self_.begin_epoch(2);
  own_step_ = 1;
  hear(kSource, far_, 1, 30);
  entries = told();
  ASSERT_EQ(entries.size(), 2u);
  EXPECT_EQ(entries[0].announcement, self_.announcement);
  EXPECT_EQ(entries[1].announcement, far_.announcement);
}

TEST_F(RouteTellerTest, ANeighbourHearsOfItsOwnNewerLife) {
  hear(kListener, listener_, 1, 0);
  teller_.note_neighbour_epoch(1);
  told();
  listener_.begin_epoch(2);
  hear(kSource, listener_, 1, 30);
  const auto entries = told();
  ASSERT_EQ(entries.size(), 1u);
  EXPECT_EQ(entries[0].announcement, listener_.announcement);
  // It is that life itself.
  teller_.note_neighbour_epoch(2);
  hear(kListener, listener_, 1, 0);
  EXPECT_EQ(retracted(messages()).size(), 1u);
}

TEST_F(RouteTellerTest, LongTablesAreToldInSeveralMessages) {
  std::vector<HandmadeOrigin> origins;
  for (uint64_t i = 0; i < 3 * RouteUpdate::kEntriesMax; ++i) {
    hear(kSource, origins.emplace_back(100 + i), 1, 30);
  }
  const auto all = messages();
  EXPECT_GE(all.size(), 2u);
  for (const RoutingMessage& message : all) EXPECT_TRUE(decode_routing_message(encode(message)));
}

TEST_F(RouteTellerTest, BindsAHandleForEachDestinationOfAFullTableAndNoMore) {
  for (size_t i = 0; i < RouteTeller::kHandlesMax; ++i) {
    ASSERT_TRUE(teller_.bind(static_cast<Handle>(i), {}));
  }
  EXPECT_FALSE(teller_.bind(static_cast<Handle>(RouteTeller::kHandlesMax), {}));
  EXPECT_TRUE(teller_.bind(5, {7, 3}));
  EXPECT_EQ(teller_.binding_of(5)->slot, 7);
  EXPECT_EQ(teller_.binding_of(5)->serial, 3u);
  EXPECT_EQ(teller_.binding_of(65'535), nullptr);
}

// What the listener holds after each round, compared with what the table offers.
TEST_F(RouteTellerTest, WhateverHappensTheListenerKnowsTheTable) {
  struct Held {
    Metric metric = 0;
  };
  std::map<Handle, crypto::NodeId> bound;
  std::map<crypto::NodeId, Held> held;
  std::vector<HandmadeOrigin> origins;
  for (uint64_t i = 0; i < 150; ++i) origins.emplace_back(5'000 + i);
  Rng rng(3);
  for (int round = 0; round < 300; ++round) {
    for (int i = 0; i < 8; ++i) {
      HandmadeOrigin& origin = origins[rng.below(origins.size())];
      const NeighbourId from = rng.chance(0.3) ? kListener : kSource;
      if (rng.chance(0.3)) {
        table_.handle_retract(now_, from, origin.id());
        continue;
      }
      if (rng.chance(0.05)) origin.begin_epoch(origin.announcement.epoch + 1);
      const auto metric = static_cast<Metric>(rng.below(500));
      table_.handle_advert(now_, from, origin.announcement, {1, metric, origin.proof(1, metric)},
                           1);
    }
    if (round % 10 == 0) table_.expire(now_ += 200s);
    const auto round_messages = messages();
    for (const RoutingMessage& message : round_messages) {
      if (const auto* update = std::get_if<RouteUpdate>(&message)) {
        for (const UpdateEntry& entry : update->entries) {
          if (entry.announcement) {
            bound[entry.handle] = crypto::node_id_of(entry.announcement->key);
          }
          ASSERT_TRUE(bound.contains(entry.handle));
          held[bound[entry.handle]] = {entry.metric};
        }
      } else {
        for (const Handle handle : std::get<RouteRetract>(message).handles) {
          ASSERT_EQ(held.erase(bound.at(handle)), 1u);
        }
      }
    }
    ASSERT_EQ(held.erase(self_.id()), round == 0 ? 1u : 0u);
    std::set<crypto::NodeId> offered;
    for (const Destination& destination : table_.all()) {
      if (destination.listed && destination.selected == kSource) offered.insert(destination.id);
    }
    ASSERT_EQ(held.size(), offered.size()) << "round " << round;
    for (const auto& [id, entry] : held) {
      ASSERT_TRUE(offered.contains(id));
      EXPECT_NEAR(entry.metric, table_.find(id)->distance, 0.02 * entry.metric);
    }
  }
}

}  // namespace route_teller_test
}  // namespace starling::routing
