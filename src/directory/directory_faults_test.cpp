// What the directory does when nodes die, lie or flood.
#include <gtest/gtest.h>

#include "directory/directory_pair.h"

namespace starling::directory {
namespace directory_faults_test {

constexpr uint8_t kSiteHead = static_cast<uint8_t>(RecordKind::site_head);
constexpr uint8_t kProvider = static_cast<uint8_t>(RecordKind::provider);

FlockOptions medium() { return {.seed = 11, .node_count = 120, .contact_count = 24}; }

Record signed_record(uint64_t seed, uint8_t kind, uint64_t sequence = 1, Position position = {}) {
  crypto::SeededRandom random(seed);
  const auto signer = crypto::Identity::generate(random);
  Record record;
  record.kind = kind;
  record.position = position;
  record.sequence = sequence;
  record.lifetime_s = 3'600;
  record.body = Bytes(18, 1);
  sign(record, signer);
  return record;
}

Position random_position(Rng& rng) {
  Position position;
  for (uint8_t& byte : position.value) byte = static_cast<uint8_t>(rng());
  return position;
}

// A fifth of the nodes dies; the routing tables know a second later.
void expect_healing_after_mass_death(const FlockOptions& options) {
  Flock flock(options);
  flock.start_all();
  flock.run_for(60s);
  for (size_t dead = 0; dead < flock.size() / 5;) {
    const size_t i = flock.some_node();
    if (!flock.at(i).alive) continue;
    flock.kill(i);
    ++dead;
  }
  flock.run_for(1s);
  for (size_t i = 0; i < flock.size(); ++i) flock.tell_contacts(i);
  std::vector<std::tuple<size_t, size_t, LookupId>> asked;
  for (size_t i = 0; i < flock.size(); ++i) {
    for (int n = 0; flock.at(i).alive && n < 5; ++n) {
      const size_t of = flock.some_node();
      if (flock.at(of).alive) asked.emplace_back(i, of, flock.look_up_location(i, of));
    }
  }
  flock.run_for(4'900ms);
  size_t again = 0;
  for (auto& [i, of, id] : asked) {
    if (flock.found(i, id)) continue;
    ++again;
    id = flock.look_up_location(i, of);
  }
  EXPECT_LE(again, asked.size() / 50);
  flock.run_for(4'100ms);
  for (const auto& [i, of, id] : asked) EXPECT_TRUE(flock.found(i, id)) << i << " " << of;
}

TEST(DirectoryFaultsTest, FindsEverySurvivorWithinTenSecondsAfterAFifthDied) {
  expect_healing_after_mass_death({.seed = 21, .node_count = 300, .loss = 0.05});
}

TEST(DirectoryFaultsTest, FindsEverySurvivorWhenRoutingReportsTheDead) {
  expect_healing_after_mass_death({.seed = 22,
                                   .node_count = 150,
                                   .contact_count = 30,
                                   .loss = 0.02,
                                   .undeliverable_after = 300ms});
}

TEST(DirectoryFaultsTest, RefillsTheHoldersAfterAFifthDied) {
  Flock flock({.seed = 23, .node_count = 150, .contact_count = 30, .loss = 0.02});
  flock.start_all();
  flock.run_for(60s);
  for (size_t i = 0; i < 30; ++i) flock.kill(i * 5);
  flock.run_for(1s);
  for (size_t i = 0; i < flock.size(); ++i) flock.tell_contacts(i);
  flock.run_for(75min);
  size_t held = 0;
  size_t records = 0;
  for (size_t i = 1; i < flock.size(); i += 5, ++records) {
    const RecordKey key = flock.location_key(i);
    for (const size_t holder : flock.nearest(key.position, kReplicas, i))
      held += flock.holds(holder, key);
  }
  EXPECT_GE(held, records * kReplicas * 95 / 100);
}

enum class Lie : uint8_t { forged, wrong_kind, wrong_position, no_records, passed_on, silence };

// What a liar says to a lookup; to everything else it says nothing.
void lie(Flock& flock, size_t liar, Lie how, size_t from, ByteView payload) {
  const auto message = decode_directory_message(payload);
  const auto* lookup = message ? std::get_if<Lookup>(&*message) : nullptr;
  if (!lookup || how == Lie::silence) return;
  if (how == Lie::passed_on) return flock.send_as(liar, from, PassedOn{lookup->nonce});
  LookupAnswer answer;
  answer.nonce = lookup->nonce;
  if (how == Lie::forged) {
    answer.records = {signed_record(liar, lookup->target.kind)};
    answer.records.front().signature.value[5] ^= 1;
  } else if (how == Lie::wrong_kind) {
    answer.records = {signed_record(liar, kSiteHead)};
  } else if (how == Lie::wrong_position) {
    answer.records = {signed_record(liar, lookup->target.kind)};
  } else {
    // And blames honest nodes.
    answer.way = {flock.at(1).id, flock.at(2).id};
  }
  flock.send_as(liar, from, answer);
}

class DirectoryLieTest : public testing::TestWithParam<Lie> {};

TEST_P(DirectoryLieTest, OneLyingHolderHidesNothing) {
  Flock flock(medium());
  flock.start_all();
  flock.run_for(30s);
  const size_t victim = 50;
  const size_t liar = flock.nearest(flock.location_key(victim).position, 1, victim).front();
  flock.liars[liar] = [&](size_t from, ByteView payload) {
    lie(flock, liar, GetParam(), from, payload);
  };
  for (size_t i = 0; i < flock.size(); ++i) {
    if (i == liar) continue;
    const LookupId id = flock.look_up_location(i, victim);
    flock.run_for(Directory::kLookupTime);
    ASSERT_TRUE(flock.found(i, id)) << i;
    EXPECT_EQ(flock.at(i).done[id].records.size(), 1u);
    EXPECT_EQ(flock.at(i).done[id].records.front().signer, flock.at(victim).identity.key());
    flock.run_for(RecordStore::kCopyLifetime);  // so that copies do not help the next one
  }
}

TEST_P(DirectoryLieTest, ATenthOfTheNodesHidesHardlyAnything) {
  Flock flock(medium());
  flock.start_all();
  flock.run_for(30s);
  for (size_t i = 0; i < flock.size(); i += 10) {
    flock.liars[i] = [&flock, i](size_t from, ByteView payload) {
      lie(flock, i, GetParam(), from, payload);
    };
  }
  size_t failed = 0;
  size_t asked = 0;
  for (int n = 0; n < 200; ++n) {
    const size_t asker = flock.some_node();
    const size_t of = flock.some_node();
    if (asker % 10 == 0 || of % 10 == 0) continue;
    const LookupId id = flock.look_up_location(asker, of);
    flock.run_for(Directory::kLookupTime);
    ++asked;
    failed += !flock.found(asker, id);
  }
  EXPECT_GT(asked, 100u);
  EXPECT_LE(failed, asked / 50);
}

INSTANTIATE_TEST_SUITE_P(Lies, DirectoryLieTest,
                         testing::Values(Lie::forged, Lie::wrong_kind, Lie::wrong_position,
                                         Lie::no_records, Lie::passed_on, Lie::silence));

TEST(DirectoryFaultsTest, NoQuestionGoesWhereItWasAndEachRelayBringsItNearer) {
  FlockOptions options = medium();
  options.loss = 0.05;
  options.contact_count = 8;
  Flock flock(options);
  size_t relayed = 0;
  flock.tap = [&](const Flight& flight) {
    const auto message = decode_directory_message(flight.payload);
    const auto check = [&](const std::vector<NodeId>& via, const Position& position) {
      EXPECT_EQ(via.back(), flock.at(flight.from).id);
      EXPECT_EQ(std::count(via.begin(), via.end(), flock.at(flight.to).id), 0);
      if (via.size() == 1) return;
      ++relayed;
      EXPECT_LT(distance(flock.at(flight.to).id, position), distance(via.back(), position));
    };
    if (const auto* lookup = std::get_if<Lookup>(&*message)) {
      check(lookup->via, lookup->target.position);
    } else if (const auto* put = std::get_if<Put>(&*message)) {
      check(put->via, put->record.position);
    }
    return true;
  };
  flock.start_all();
  flock.run_for(10s);
  flock.misses(5, 5s);
  EXPECT_GT(relayed, 50u);
}

TEST(DirectoryFaultsTest, DropsAQuestionThatHasBeenHere) {
  Flock flock(medium());
  flock.start_all();
  flock.run_for(10s);
  const auto from = flock.at(1).id;
  flock.take_traffic();
  flock.inject(from, 0,
               Lookup{1, location_of_node(flock.at(5).id), {}, {flock.at(0).id, from}, {}});
  flock.inject(from, 0, Put{1, {flock.at(0).id, from}, signed_record(1, kSiteHead)});
  EXPECT_EQ(flock.directory(0).counters().of(DirectoryCounter::looped), 2u);
  // Nor one whose last node is not the sender.
  flock.inject(from, 0, Lookup{1, location_of_node(flock.at(5).id), {}, {flock.at(2).id}, {}});
  flock.inject(from, 0, Put{1, {flock.at(2).id}, signed_record(1, kSiteHead)});
  EXPECT_EQ(flock.directory(0).counters().of(DirectoryCounter::wrong_sender), 2u);
  EXPECT_EQ(flock.take_traffic().first, 0u);
}

TEST(DirectoryFaultsTest, AnswersNobodyAskedForGoNowhere) {
  Flock flock(medium());
  flock.start_all();
  flock.run_for(10s);
  flock.take_traffic();
  const Record location = *flock.directory(5).location_of(flock.now(), flock.at(5).id);
  LookupAnswer answer;
  answer.nonce = 77;
  answer.records = {location};
  flock.inject(flock.at(1).id, 0, answer);
  flock.inject(flock.at(1).id, 0, PutAnswer{77, 8});
  flock.inject(flock.at(1).id, 0, PassedOn{77});
  EXPECT_EQ(flock.directory(0).counters().of(DirectoryCounter::unknown_nonce), 3u);
  EXPECT_EQ(flock.take_traffic().first, 0u);
}

TEST(DirectoryFaultsTest, NoAnswerIsLargerThanItsQuestion) {
  FlockOptions options = medium();
  options.contact_count = 8;
  Flock flock(options);
  std::map<std::tuple<size_t, size_t, uint32_t>, size_t> asked;
  size_t answers = 0;
  flock.tap = [&](const Flight& flight) {
    const auto message = decode_directory_message(flight.payload);
    if (const auto* lookup = std::get_if<Lookup>(&*message)) {
      asked[{flight.from, flight.to, lookup->nonce}] = flight.payload.size();
    } else if (const auto* answer = std::get_if<LookupAnswer>(&*message)) {
      ++answers;
      EXPECT_LE(flight.payload.size(), (asked[{flight.to, flight.from, answer->nonce}]));
    }
    return true;
  };
  flock.start_all();
  for (size_t i = 0; i < flock.size(); ++i) flock.publish_location(i, 2, Record::kBodyMax);
  const Position root = random_position(flock.rng());
  for (size_t i = 0; i < 60; ++i) {
    flock.directory(i).publish_at(flock.now(), kProvider, root, Bytes(Record::kBodyMax, 1), 3'600,
                                  1);
    flock.drain(i);
  }
  flock.run_for(20s);
  for (size_t i = 0; i < flock.size(); ++i) flock.look_up(i, {kProvider, root});
  flock.misses(2, 5s);
  EXPECT_GT(answers, 100u);
}

TEST(DirectoryFaultsTest, ADigestBringsNoRecordsToWhoDidNotGetIt) {
  Flock flock(medium());
  flock.start_all();
  flock.run_for(10s);
  std::vector<RecordTag> tags;
  for (const auto& [key, stored] : flock.directory(0).store().all()) {
    if (stored.holding == Holding::held && tags.size() < kTagsMax)
      tags.push_back(tag_of(stored.record));
  }
  ASSERT_FALSE(tags.empty());
  flock.take_traffic();
  flock.inject(flock.at(1).id, 0, Want{AskToken{}, tags});
  EXPECT_EQ(flock.take_traffic().first, 0u);
  EXPECT_EQ(flock.directory(0).counters().of(DirectoryCounter::wrong_token), 1u);
}

TEST(DirectoryFaultsTest, LimitsWhatOneSenderMayAskAndPut) {
  Flock flock(medium());
  flock.start_all();
  flock.run_for(10s);
  const NodeId sender = flock.at(1).id;
  const auto counted = [&](DirectoryCounter counter) {
    return flock.directory(0).counters().of(counter);
  };
  for (uint32_t i = 0; i < 1'000; ++i) {
    flock.inject(sender, 0, Lookup{i, {kSiteHead, random_position(flock.rng())}, {}, {sender}, {}});
  }
  EXPECT_GE(counted(DirectoryCounter::lookup_limit), 1'000 - SenderLimits::kBurst - 1);
  const auto received = counted(DirectoryCounter::puts_received);
  const Record record = signed_record(1, kSiteHead);
  for (uint32_t i = 0; i < 1'000; ++i) flock.inject(sender, 0, Put{i, {sender}, record});
  EXPECT_LE(counted(DirectoryCounter::puts_received) - received, SenderLimits::kBurst + 1);
  // Others are served all the while.
  const NodeId other = flock.at(2).id;
  flock.take_traffic();
  flock.inject(other, 0, Lookup{1, location_of_node(flock.at(0).id), {}, {other}, {}});
  EXPECT_EQ(flock.take_traffic().first, 1u);
}

TEST(DirectoryFaultsTest, BoundsTheQuestionsUnderWay) {
  Flock flock(medium());
  flock.start_all();
  flock.run_for(10s);
  flock.tap = [](const Flight&) { return false; };
  for (uint32_t i = 0; i < 5'000; ++i) {
    NodeId sender;
    for (uint8_t& byte : sender.value) byte = static_cast<uint8_t>(flock.rng()());
    flock.inject(sender, 0, Lookup{i, {kSiteHead, random_position(flock.rng())}, {}, {sender}, {}});
    EXPECT_LE(flock.directory(0).open_questions(), Passages::kPassagesMax);
  }
  EXPECT_GT(flock.directory(0).counters().of(DirectoryCounter::too_many_open), 0u);
  flock.run_for(5s);
  EXPECT_EQ(flock.directory(0).open_questions(), 0u);
}

TEST(DirectoryFaultsTest, AFloodOfProvidersFillsItsShareAndDisplacesNoLocation) {
  Flock flock({.seed = 12, .node_count = 20, .contact_count = 19});
  flock.start_all();
  flock.run_for(20s);
  const auto locations = flock.held_by(0);
  // 12,000 records, more than fit, from as many senders as it takes.
  crypto::SeededRandom random(5);
  const auto signer = crypto::Identity::generate(random);
  Record record;
  record.kind = kProvider;
  record.lifetime_s = 3'600;
  record.body = Bytes(Record::kBodyMax, 1);
  NodeId sender;
  for (uint32_t i = 0; i < 12'000; ++i) {
    record.position = position_of_node(flock.at(0).id);
    record.position.value[20] = static_cast<uint8_t>(i >> 8);
    record.position.value[21] = static_cast<uint8_t>(i);
    record.position.value[22] = static_cast<uint8_t>(i >> 16);
    sign(record, signer);
    sender.value[0] = static_cast<uint8_t>(i / 100);
    sender.value[1] = static_cast<uint8_t>(i / 100 >> 8);
    flock.inject(sender, 0, Replica{record});
  }
  EXPECT_LE(flock.directory(0).store().bytes(), RecordStore::kBytesMax);
  EXPECT_GT(flock.directory(0).store().bytes(), RecordStore::kBytesMax / 4);
  size_t kept = 0;
  for (const auto& [key, stored] : flock.directory(0).store().all()) kept += key.kind == kLocation;
  EXPECT_GE(kept, locations);
  EXPECT_GT(flock.directory(0).counters().of(DirectoryCounter::replicas_received), 11'000u);
}

TEST(DirectoryFaultsTest, HoldsNothingThatBelongsElsewhere) {
  Flock flock(medium());
  flock.start_all();
  flock.run_for(30s);
  Position far = position_of_node(flock.at(0).id);
  for (uint8_t& byte : far.value) byte = static_cast<uint8_t>(~byte);
  const Record record = signed_record(3, kProvider, 1, far);
  const auto refused = flock.directory(0).counters().of(DirectoryCounter::not_near);
  flock.inject(flock.at(1).id, 0, Replica{record});
  EXPECT_FALSE(flock.directory(0).store().all().contains(key_of(record)));
  EXPECT_EQ(flock.directory(0).counters().of(DirectoryCounter::not_near), refused + 1);
  // Not even when everybody nearer is said to have been asked.
  Put put{1, {}, record};
  for (const size_t i : flock.nearest(far, kViaMax - 1, 0)) put.via.push_back(flock.at(i).id);
  put.via.push_back(flock.at(1).id);
  flock.inject(flock.at(1).id, 0, put);
  EXPECT_FALSE(flock.directory(0).store().all().contains(key_of(record)));
}

TEST(DirectoryFaultsTest, BelievesNoForgedRecord) {
  Flock flock({.node_count = 3, .contact_count = 2});
  flock.start_all();
  flock.run_for(5s);
  Record record = signed_record(3, kSiteHead);
  record.body[0] ^= 1;
  Record location = signed_record(4, kLocation);
  location.signature.value[0] ^= 1;
  const NodeId sender = flock.at(1).id;
  flock.inject(sender, 0, Replica{record});
  flock.inject(sender, 0, Put{1, {sender}, record});
  flock.inject(sender, 0, Greeting{location});
  Carried carried;
  carried.sender_location = location;
  flock.inject(sender, 0, CarriedDelivery{carried});
  EXPECT_TRUE(flock.at(0).carried.empty());
  flock.run_for(5s);
  for (size_t i = 0; i < 3; ++i) {
    EXPECT_FALSE(flock.directory(i).store().all().contains(key_of(record)));
    EXPECT_FALSE(flock.directory(i).store().all().contains(key_of(location)));
  }
}

TEST(DirectoryFaultsTest, DeliversARepeatedCarriedPacketOnce) {
  Flock flock({.node_count = 3, .contact_count = 2});
  flock.start_all();
  flock.run_for(5s);
  Carried carried;
  carried.id = 5;
  carried.payload = {1, 2, 3};
  carried.sender_location = *flock.directory(0).location_of(flock.now(), flock.at(1).id);
  for (int i = 0; i < 3; ++i) flock.inject(flock.at(2).id, 0, CarriedDelivery{carried});
  EXPECT_EQ(flock.at(0).carried.size(), 1u);
  EXPECT_EQ(flock.at(0).carried.front().sender, flock.at(1).id);
  EXPECT_EQ(flock.directory(0).counters().of(DirectoryCounter::carried_again), 2u);
  carried.id = 6;
  flock.inject(flock.at(2).id, 0, CarriedDelivery{carried});
  EXPECT_EQ(flock.at(0).carried.size(), 2u);
}

TEST(DirectoryFaultsTest, InventedLocationsWearOff) {
  FlockOptions options = medium();
  options.undeliverable_after = 200ms;
  Flock flock(options);
  flock.start_all();
  flock.run_for(30s);
  // Nodes that do not exist greet everybody.
  for (uint64_t seed = 0; seed < 200; ++seed) {
    const Record location = signed_record(1'000 + seed, kLocation);
    for (size_t i = 0; i < flock.size(); i += 3)
      flock.inject(flock.at(1).id, i, Greeting{location});
    flock.run_for(100ms);
  }
  EXPECT_GT(flock.directory(0).contacts().size(), 100u);
  flock.run_for(60s);
  size_t misses = flock.misses(3, 5s);
  EXPECT_LE(misses, flock.size() * 3 / 50);
  flock.run_for(30min);
  EXPECT_EQ(flock.misses(3, 5s), 0u);
}

TEST(DirectoryFaultsTest, WhoWantsANewerLocationIsNotAnsweredWithAnOldCopy) {
  Flock flock(medium());
  flock.start_all();
  flock.run_for(20s);
  size_t asker = 0;
  while (asker == 60 || flock.holds(asker, flock.location_key(60))) ++asker;
  const auto look_up = [&](uint64_t sequence_min) {
    Target target = location_of_node(flock.at(60).id);
    target.sequence_min = sequence_min;
    const LookupId id = flock.look_up(asker, target);
    flock.run_for(5s);
    const auto& records = flock.at(asker).done.at(id).records;
    return records.empty() ? 0 : records.front().sequence;
  };
  EXPECT_EQ(look_up(0), 1u);
  ASSERT_TRUE(flock.directory(asker).location_of(flock.now(), flock.at(60).id));
  flock.publish_location(60, 2);
  flock.run_for(2s);
  EXPECT_EQ(look_up(0), 1u) << "the copy is good enough";
  EXPECT_EQ(look_up(2), 2u);
  EXPECT_EQ(look_up(3), 0u) << "there is none yet";
}

TEST(DirectoryFaultsTest, ALocationWithoutAnAddressIsPutNowhereButNamesASender) {
  Flock flock(medium());
  flock.start_all();
  flock.run_for(20s);
  flock.publish_location(60, 2, 0);
  flock.run_for(20s);
  for (size_t i = 0; i < flock.size(); ++i) {
    const auto location = flock.directory(i).location_of(flock.now(), flock.at(60).id);
    if (i != 60 && location) {
      EXPECT_EQ(location->sequence, 1u) << i;
    }
  }
  EXPECT_TRUE(flock.directory(60).has_own_location());
  flock.directory(60).look_up_carrying(flock.now(), flock.at(3).id, 1, {9});
  flock.drain(60);
  flock.run_for(5s);
  ASSERT_EQ(flock.at(3).carried.size(), 1u);
  EXPECT_EQ(flock.at(3).carried.front().sender, flock.at(60).id);
}

TEST(DirectoryFaultsTest, GivesTheSameTraceForTheSameSeed) {
  const auto trace = [] {
    Flock flock({.seed = 31, .node_count = 40, .contact_count = 10, .loss = 0.1});
    uint64_t hash = 14'695'981'039'346'656'037u;
    flock.tap = [&](const Flight& flight) {
      for (const uint8_t byte : flight.payload) hash = (hash ^ byte) * 1'099'511'628'211u;
      hash = (hash ^ (flight.from * 1'000 + flight.to)) * 1'099'511'628'211u;
      return true;
    };
    flock.start_all();
    flock.run_for(20s);
    flock.misses(2, 5s);
    return hash;
  };
  EXPECT_EQ(trace(), trace());
}

}  // namespace directory_faults_test
}  // namespace starling::directory
