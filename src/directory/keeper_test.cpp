// What a keeper does when its contacts change; directory_test.cpp has what many of them do together.
#include "directory/keeper.h"

#include <gtest/gtest.h>

#include "directory/example_records.h"

namespace starling::directory {
namespace keeper_test {

constexpr uint8_t kProvider = static_cast<uint8_t>(RecordKind::provider);

// One node whose contacts answer its digests: they lack nothing.
class Node {
 public:
  explicit Node(uint64_t seed) : rng_(seed), random_(seed) {}

  // At a position near this node.
  void hold_record(const crypto::Identity& signer) {
    Position position = position_of_node(state_.self);
    for (size_t i = rng_.below(2); i < Position::kSize; ++i)
      position.value[i] = static_cast<uint8_t>(rng_());
    handle_replica(example_record(signer, kProvider, 1, 5, position, 400 * 24 * 3'600));
  }
  void hold_location(const crypto::Identity& signer) {
    handle_replica(example_record(signer, kLocation, 1, 5, {}, 7'200));
  }
  void handle_digest(const NodeId& from, std::vector<RecordTag> tags) {
    keeper_.handle(now_, from, Digest{{}, std::move(tags)});
    state_.outputs.clear();
  }
  void run_for(Duration duration) {
    const Instant end = now_ + duration;
    keeper_.note_contacts(now_);
    while (keeper_.next_timeout() <= end) {
      now_ = keeper_.next_timeout();
      keeper_.handle_timeout(now_);
      answer_digests();
      keeper_.note_contacts(now_);
    }
    now_ = end;
  }
  ContactBook& contacts() { return state_.contacts; }
  Rng& rng() { return rng_; }
  [[nodiscard]] Instant now() const { return now_; }
  [[nodiscard]] uint64_t digests() const {
    return state_.counters.of(DirectoryCounter::digests_sent);
  }
  void handle_replica(const Record& record) {
    keeper_.handle(now_, contacts().nearest(now_, record.position, 1).front(), Replica{record});
    state_.outputs.clear();
  }

  [[nodiscard]] const RecordStore::Entries& records() const { return state_.store.all(); }
  size_t held() {
    size_t count = 0;
    for (const auto& [key, stored] : state_.store.all())
      count += stored.holding == Holding::held ? 1 : 0;
    return count;
  }
  // What holds once there was time to tell everybody: looked up for every record, whatever has changed.
  void expect_told() {
    for (const auto& [key, stored] : state_.store.all()) {
      if (stored.holding != Holding::held) continue;
      EXPECT_TRUE(contacts().is_among_nearest(now_, key.position, Keeper::kHoldersMax));
      for (const NodeId& node : contacts().nearest(now_, key.position, kReplicas))
        EXPECT_TRUE(stored.is_told(node) || (key.kind == kLocation && is_at(node, key.position)));
    }
  }

 private:
  void answer_digests() {
    for (const auto& output : std::exchange(state_.outputs, {})) {
      const auto* send = std::get_if<SendTo>(&output);
      const auto message = send ? decode_directory_message(send->payload) : std::nullopt;
      const auto* digest = message ? std::get_if<Digest>(&*message) : nullptr;
      if (digest) keeper_.handle(now_, send->node, Want{digest->token, {}});
    }
  }

  Rng rng_;
  crypto::SeededRandom random_;
  crypto::Identity identity_ = example_identity(7);
  DirectoryState state_{identity_, rng_, random_};
  Instant now_ = Instant{} + 1h;
  Keeper keeper_{state_, now_};
};

NodeId random_node(Rng& rng) { return id_of({rng(), rng()}); }

TEST(KeeperTest, TellsEachRecordToWhoeverIsNearestNow) {
  for (uint64_t seed = 0; seed < 6; ++seed) {
    SCOPED_TRACE(seed);
    Node node(seed);
    Rng& rng = node.rng();
    // Few enough that some positions have less than kReplicas contacts nearer than this node, or in all.
    std::vector<NodeId> all(seed == 0 ? 12 : seed == 1 ? 40 : 400);
    for (NodeId& one : all) one = random_node(rng);
    std::vector<NodeId> list(all.begin(),
                             all.begin() + static_cast<std::ptrdiff_t>(all.size() / 2));
    node.contacts().set_routed(list);
    for (uint8_t signer = 0; signer < 60; ++signer) node.hold_record(example_identity(signer));
    for (uint8_t signer = 0; signer < 60; ++signer) node.hold_location(example_identity(signer));
    const size_t held_first = node.held();
    EXPECT_GT(held_first, 5u);
    for (int n = 0; n < 150; ++n) {
      for (size_t changes = 1 + rng.below(6); changes > 0; --changes) {
        const NodeId& one = all[rng.below(all.size())];
        if (rng.chance(0.6) && list.size() < all.size()) {
          list.push_back(one);
        } else if (list.size() > all.size() / 3) {
          list.erase(list.begin() + static_cast<std::ptrdiff_t>(rng.below(list.size())));
        }
        if (rng.chance(0.1)) node.contacts().note_undeliverable(node.now(), one);
        if (rng.chance(0.1)) node.contacts().note_sign_of_life(one);
        if (rng.chance(0.1)) node.contacts().add_located(one, node.now() + 1min);
      }
      if (rng.chance(0.1)) node.hold_record(example_identity(static_cast<uint8_t>(n)));
      node.contacts().set_routed(list);
      // Time passes between, but not enough for a round.
      node.run_for(rng.chance(0.2) ? 3s : 20s);
      if (n % 5 == 4) {
        // Locations and silences end meanwhile, which a keeper notices when it is called.
        for (int times = 0; times < 4; ++times) {
          node.contacts().note_new_life(random_node(rng));
          node.run_for(1s);
        }
        node.expect_told();
      }
    }
  }
}

TEST(KeeperTest, TellsTheNearestAgainWhenItHasForgottenWhomItTold) {
  Node node(1);
  std::vector<NodeId> list(100);
  for (NodeId& one : list) one = random_node(node.rng());
  node.contacts().set_routed(list);
  node.hold_record(example_identity(1));
  ASSERT_EQ(node.held(), 1u);
  const auto change_contacts = [&] {
    list.push_back(id_of({~number_of(node.records().begin()->first.position).high, 0}));
    list.back().value[15] = static_cast<uint8_t>(list.size());
    node.contacts().set_routed(list);
    node.run_for(1s);
  };
  change_contacts();
  node.expect_told();
  node.run_for(1min);  // after the early digests
  const uint64_t digests = node.digests();
  change_contacts();
  EXPECT_EQ(node.digests(), digests) << "far away, and no concern of the record";
  const RecordTag tag = tag_of(node.records().begin()->second.record);
  for (size_t i = 0; i < RecordStore::kToldMax; ++i)
    node.handle_digest(random_node(node.rng()), {tag});
  EXPECT_FALSE(node.records().begin()->second.is_told(list.front()));
  change_contacts();
  EXPECT_EQ(node.digests(), digests + kReplicas);
  node.expect_told();
}

}  // namespace keeper_test
}  // namespace starling::directory
