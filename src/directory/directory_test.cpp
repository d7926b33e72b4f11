// What one flock promises while all is well; directory_faults_test.cpp has the rest.
#include "directory/directory.h"

#include <gtest/gtest.h>

#include "directory/directory_pair.h"

namespace starling::directory {
namespace directory_test {

constexpr uint8_t kSiteHead = static_cast<uint8_t>(RecordKind::site_head);
constexpr uint8_t kProvider = static_cast<uint8_t>(RecordKind::provider);

FlockOptions large() { return {.seed = 7, .node_count = 300, .contact_count = 60, .loss = 0.05}; }

TEST(DirectoryTest, FindsEveryLocationFromEveryNodeDespiteLoss) {
  Flock flock(large());
  flock.start_all();
  flock.run_for(15s);
  const auto begun = flock.counted(DirectoryCounter::lookups_begun);
  const auto passed_on = flock.counted(DirectoryCounter::lookups_passed_on);
  flock.take_traffic();
  EXPECT_EQ(flock.misses(10, 5s), 0u);
  const auto lookups = static_cast<double>(flock.counted(DirectoryCounter::lookups_begun) - begun);
  const auto hops =
      static_cast<double>(flock.counted(DirectoryCounter::lookups_passed_on) - passed_on);
  const auto bytes = static_cast<double>(flock.take_traffic().second);
  // Most first contacts hold the record already.
  EXPECT_LT(hops / lookups, 0.5);
  EXPECT_LT(bytes / lookups, 2'000);
}

TEST(DirectoryTest, FindsEveryLocationWhenEachNodeKnowsFewOthers) {
  Flock flock({.seed = 8, .node_count = 300, .contact_count = 12, .loss = 0.05});
  flock.start_all();
  flock.run_for(20s);
  EXPECT_EQ(flock.misses(5, 5s), 0u);
}

TEST(DirectoryTest, KeepsEachRecordOnTheNearestNodes) {
  Flock flock(large());
  flock.start_all();
  flock.run_for(60s);
  for (size_t i = 0; i < flock.size(); i += 10) {
    const RecordKey key = flock.location_key(i);
    for (const size_t holder : flock.nearest(key.position, kReplicas, i))
      EXPECT_TRUE(flock.holds(holder, key)) << i;
    EXPECT_LE(flock.holders(key, 1), 3 * kReplicas);
  }
}

TEST(DirectoryTest, AnswersFromWhatItPublishesItself) {
  Flock flock({.node_count = 1});
  flock.publish_location(0);
  const LookupId id = flock.look_up_location(0, 0);
  EXPECT_TRUE(flock.found(0, id));
}

TEST(DirectoryTest, TwoNodesFindEachOther) {
  Flock flock({.node_count = 2, .loss = 0.2});
  flock.start_all();
  flock.run_for(10s);
  EXPECT_TRUE(flock.found(0, flock.look_up_location(0, 1)));
  const LookupId absent = flock.look_up(0, location_of_node(NodeId{}));
  flock.run_for(5s);
  EXPECT_TRUE(flock.at(0).done.contains(absent));
}

TEST(DirectoryTest, PublishesWhenTheFirstContactAppears) {
  Flock flock({.node_count = 3});
  flock.publish_location(0);
  flock.run_for(10min);
  for (size_t i = 0; i < flock.size(); ++i) flock.draw_contacts(i);
  flock.run_for(2s);
  EXPECT_EQ(flock.holders(flock.location_key(0), 1), 2u);
}

TEST(DirectoryTest, FindsASiteHeadByItsKindAndSigner) {
  Flock flock(large());
  flock.start_all();
  flock.run_for(5s);
  for (size_t i = 0; i < 20; ++i) {
    flock.directory(i).publish(flock.now(), kSiteHead, Bytes(100, 1), 400 * 24 * 3600, 5);
    flock.drain(i);
  }
  flock.run_for(10s);
  for (size_t i = 0; i < 20; ++i) {
    const size_t asker = flock.some_node();
    const Target target{kSiteHead, position_of(kSiteHead, flock.at(i).identity.key())};
    const LookupId id = flock.look_up(asker, target);
    flock.run_for(5s);
    ASSERT_TRUE(flock.found(asker, id));
    EXPECT_EQ(flock.at(asker).done[id].records.front().sequence, 5u);
  }
}

TEST(DirectoryTest, CarriesARecordThatAnotherKeySigned) {
  Flock flock(large());
  flock.start_all();
  flock.run_for(5s);
  crypto::SeededRandom random(99);
  const auto site = crypto::Identity::generate(random);
  Record head;
  head.kind = kSiteHead;
  head.sequence = 3;
  head.lifetime_s = 3'600;
  head.body = Bytes(200, 9);
  sign(head, site);
  flock.directory(4).publish_signed(flock.now(), head);
  flock.drain(4);
  flock.run_for(5s);
  const LookupId id = flock.look_up(200, {kSiteHead, position_of(kSiteHead, site.key())});
  flock.run_for(5s);
  ASSERT_TRUE(flock.found(200, id));
  EXPECT_EQ(flock.at(200).done[id].records.front().body, head.body);
  // Its lifetime goes on wherever it is.
  flock.kill(4);
  flock.run_for(1h);
  const LookupId later = flock.look_up(200, {kSiteHead, position_of(kSiteHead, site.key())});
  flock.run_for(5s);
  EXPECT_FALSE(flock.found(200, later));
}

TEST(DirectoryTest, GathersTheProvidersOfABlobUpToEight) {
  Flock flock(large());
  flock.start_all();
  flock.run_for(5s);
  for (const size_t count : {3u, 8u, 20u}) {
    Position root;
    for (uint8_t& byte : root.value) byte = static_cast<uint8_t>(flock.rng()());
    for (size_t i = 0; i < count; ++i) {
      flock.directory(i).publish_at(flock.now(), kProvider, root, Bytes(18, 1), 3'600, 1);
      flock.drain(i);
    }
    flock.run_for(20s);
    const LookupId id = flock.look_up(200, {kProvider, root});
    flock.run_for(5s);
    const auto& records = flock.at(200).done[id].records;
    std::set<crypto::NodeKey> signers;
    for (const Record& record : records) {
      EXPECT_EQ(record.position, root);
      signers.insert(record.signer);
    }
    EXPECT_GE(signers.size(), std::min<size_t>(count, LookupAnswer::kRecordsMax));
    EXPECT_EQ(signers.size(), records.size());
  }
}

TEST(DirectoryTest, FindsALocationByTheFirst104BitsOfItsPosition) {
  Flock flock(large());
  flock.start_all();
  flock.run_for(15s);
  for (size_t n = 0; n < 50; ++n) {
    const size_t asker = flock.some_node();
    const size_t of = flock.some_node();
    Target target{kLocation, flock.location_key(of).position, 104};
    for (size_t i = 13; i < 32; ++i) target.position.value[i] = 0;
    const LookupId id = flock.look_up(asker, target);
    flock.run_for(5s);
    ASSERT_TRUE(flock.found(asker, id));
    EXPECT_EQ(flock.at(asker).done[id].records.front().signer, flock.at(of).identity.key());
  }
}

TEST(DirectoryTest, ReplacesAnOldVersionEverywhereWithinAMinute) {
  Flock flock(large());
  flock.start_all();
  flock.run_for(15s);
  // Copies of the old version all over the flock.
  for (size_t i = 0; i < flock.size(); ++i) flock.look_up_location(i, i % 20);
  flock.run_for(5s);
  for (size_t of = 0; of < 20; ++of) flock.publish_location(of, 2);
  flock.run_for(55s);
  for (size_t i = 0; i < flock.size(); ++i) {
    const LookupId id = flock.look_up_location(i, i % 20);
    flock.run_for(1s);
    if (!flock.found(i, id)) flock.run_for(4s);
    ASSERT_TRUE(flock.found(i, id));
    EXPECT_EQ(flock.at(i).done[id].records.front().sequence, 2u) << i;
  }
  for (size_t of = 0; of < 20; ++of) EXPECT_EQ(flock.holders(flock.location_key(of), 1), 0u);
}

TEST(DirectoryTest, HandsRecordsOverToNodesThatJoinOneByOne) {
  Flock flock({.seed = 3, .node_count = 60, .contact_count = 12, .loss = 0.02});
  for (size_t i = 0; i < flock.size(); ++i) flock.kill(i);
  for (size_t i = 0; i < flock.size(); ++i) {
    flock.restart(i);
    // It knows a few of those there already, and they know it.
    for (size_t n = 0; n < std::min<size_t>(i, 6); ++n) flock.connect(i, flock.rng().below(i));
    flock.publish_location(i);
    flock.run_for(2s);
  }
  flock.run_for(15s);
  EXPECT_EQ(flock.misses(10, 5s), 0u);
  size_t held = 0;
  for (size_t i = 0; i < flock.size(); ++i) {
    const RecordKey key = flock.location_key(i);
    for (const size_t holder : flock.nearest(key.position, kReplicas, i))
      held += flock.holds(holder, key);
  }
  EXPECT_GE(held, flock.size() * kReplicas * 98 / 100);
}

TEST(DirectoryTest, GivesARestartedNodeItsRecordsBack) {
  Flock flock({.seed = 4, .node_count = 100, .contact_count = 20});
  flock.start_all();
  flock.run_for(60s);
  const size_t held = flock.held_by(7);
  ASSERT_GE(held, 4u);
  flock.restart(7);
  flock.tell_contacts(7);
  flock.publish_location(7, uint64_t{1} << 32);
  flock.run_for(20s);
  EXPECT_GE(flock.held_by(7) + 1, held * 3 / 4);
  EXPECT_GE(flock.directory(7).contacts().size(), 24u);
}

TEST(DirectoryTest, RenewsItsLocationBeforeItEnds) {
  Flock flock({.seed = 5, .node_count = 30, .contact_count = 10});
  flock.start_all();
  flock.run_for(6h);
  EXPECT_EQ(flock.misses(3, 5s), 0u);
  EXPECT_GT(flock.at(0).directory->contacts().size(), 10u);
}

TEST(DirectoryTest, LetsARecordEndThatIsWithdrawn) {
  Flock flock({.seed = 5, .node_count = 30, .contact_count = 10});
  flock.start_all();
  flock.directory(0).publish(flock.now(), kSiteHead, Bytes(10, 1), 600, 1);
  flock.drain(0);
  const RecordKey key{position_of(kSiteHead, flock.at(0).identity.key()), kSiteHead,
                      flock.at(0).identity.key()};
  flock.run_for(1h);
  const Target target{kSiteHead, key.position};
  const LookupId before = flock.look_up(9, target);
  flock.run_for(5s);
  EXPECT_TRUE(flock.found(9, before));
  flock.directory(0).withdraw(key);
  flock.run_for(11min);
  const LookupId after = flock.look_up(9, target);
  flock.run_for(5s);
  EXPECT_FALSE(flock.found(9, after));
}

TEST(DirectoryTest, CarriesAFirstPacketToItsDestinationExactlyOnce) {
  Flock flock(large());
  flock.start_all();
  flock.run_for(15s);
  std::vector<std::tuple<size_t, size_t, LookupId>> sent;
  for (uint8_t n = 0; n < 100; ++n) {
    const size_t from = flock.some_node();
    const size_t to = (from + 1 + flock.rng().below(flock.size() - 1)) % flock.size();
    const LookupId id = flock.directory(from).look_up_carrying(flock.now(), flock.at(to).id, 7,
                                                               Bytes(Carried::kPayloadMax, n));
    flock.drain(from);
    sent.emplace_back(from, to, id);
  }
  flock.run_for(5s);
  size_t arrived = 0;
  for (uint8_t n = 0; n < sent.size(); ++n) {
    const auto& [from, to, id] = sent[n];
    EXPECT_TRUE(flock.found(from, id));
    EXPECT_TRUE(flock.at(from).done[id].carried_passed_on);
    size_t times = 0;
    for (const CarriedArrived& carried : flock.at(to).carried) {
      if (carried.sender != flock.at(from).id || carried.payload != Bytes(Carried::kPayloadMax, n))
        continue;
      EXPECT_EQ(carried.payload_kind, 7);
      ++times;
    }
    EXPECT_LE(times, 1u);
    arrived += times;
    EXPECT_TRUE(flock.directory(to).location_of(flock.now(), flock.at(from).id) || times == 0);
  }
  // The last way of the payload is one packet, which may be lost.
  EXPECT_GE(arrived, 85u);
}

TEST(DirectoryTest, CarriesEveryFirstPacketWhenNothingIsLost) {
  FlockOptions options = large();
  options.loss = 0;
  Flock flock(options);
  flock.start_all();
  flock.run_for(15s);
  for (uint8_t n = 0; n < 100; ++n) {
    const size_t from = flock.some_node();
    const size_t to = (from + 1 + flock.rng().below(flock.size() - 1)) % flock.size();
    flock.at(to).carried.clear();
    flock.directory(from).look_up_carrying(flock.now(), flock.at(to).id, 4, {n});
    flock.drain(from);
    flock.run_for(2s);
    ASSERT_EQ(flock.at(to).carried.size(), 1u);
    EXPECT_EQ(flock.at(to).carried.front().payload, Bytes{n});
    EXPECT_EQ(flock.at(to).carried.front().sender, flock.at(from).id);
  }
}

TEST(DirectoryTest, SaysSoonThatARecordDoesNotExist) {
  Flock flock(large());
  flock.start_all();
  flock.run_for(15s);
  for (int n = 0; n < 30; ++n) {
    NodeId absent;
    for (uint8_t& byte : absent.value) byte = static_cast<uint8_t>(flock.rng()());
    const size_t asker = flock.some_node();
    const LookupId id = flock.look_up(asker, location_of_node(absent));
    flock.run_for(Directory::kLookupTime + 100ms);
    ASSERT_TRUE(flock.at(asker).done.contains(id));
    EXPECT_TRUE(flock.at(asker).done[id].records.empty());
  }
  // And keeps nothing of it.
  for (size_t i = 0; i < flock.size(); ++i) EXPECT_EQ(flock.directory(i).open_questions(), 0u) << i;
}

TEST(DirectoryTest, ALookupWithoutAnyContactWaitsAMomentForOne) {
  Flock flock({.node_count = 2});
  flock.publish_location(1);
  const LookupId id = flock.look_up_location(0, 1);
  flock.run_for(1s);
  EXPECT_TRUE(flock.at(0).done.empty());
  flock.draw_contacts(0);
  flock.run_for(1s);
  EXPECT_TRUE(flock.found(0, id));
  const LookupId alone = flock.look_up(0, location_of_node(NodeId{}));
  flock.run_for(Directory::kLookupTime);
  EXPECT_TRUE(flock.at(0).done.contains(alone));
}

TEST(DirectoryTest, ALookupWithoutAnyContactEndsAfterAMoment) {
  Flock flock({.node_count = 2});
  const LookupId id = flock.look_up_location(0, 1);
  flock.run_for(Directory::kContactWait);
  ASSERT_TRUE(flock.at(0).done.contains(id));
  EXPECT_TRUE(flock.at(0).done[id].records.empty());
}

TEST(DirectoryTest, SendsNextToNothingWhenNothingHappens) {
  Flock flock(large());
  flock.start_all();
  flock.run_for(10min);
  flock.take_traffic();
  constexpr Duration kIdle = 1h;
  flock.run_for(kIdle);
  const auto [messages, bytes] = flock.take_traffic();
  const double node_seconds = static_cast<double>(flock.size()) * to_seconds(kIdle);
  const double messages_per_s = static_cast<double>(messages) / node_seconds;
  const double bytes_per_s = static_cast<double>(bytes) / node_seconds;
  RecordProperty("messages_per_s", std::to_string(messages_per_s));
  RecordProperty("bytes_per_s", std::to_string(bytes_per_s));
  EXPECT_LT(bytes_per_s, 10);
  // Each with 100 bytes of headers over three links of the mesh: below 40 B/s in all.
  EXPECT_LT(3 * (bytes_per_s + 100 * messages_per_s), 40);
}

}  // namespace directory_test
}  // namespace starling::directory
