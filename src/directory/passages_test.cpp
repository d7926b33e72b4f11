#include "directory/passages.h"

#include <gtest/gtest.h>

#include "directory/example_records.h"

namespace starling::directory {
namespace passages_test {

// A node whose id is all ones, and contacts whose ids are small numbers: the position zero is nearest to small ones.
class PassagesTest : public testing::Test {
 protected:
  static NodeId node(uint8_t number) {
    NodeId id;
    id.value[0] = number;
    return id;
  }
  void know(const std::vector<uint8_t>& numbers) {
    std::vector<NodeId> nodes;
    for (const uint8_t number : numbers) nodes.push_back(node(number));
    state_.contacts.set_routed(nodes);
  }
  // A lookup of the position zero that came from `from`.
  Passages::Begun begin(const NodeId& from, uint32_t nonce = 1) {
    Lookup lookup;
    lookup.target.kind = kLocation;
    lookup.via = {from};
    return passages_.begin(now_, {from, nonce}, lookup);
  }
  Passages::Begun begin_own() {
    Lookup lookup;
    lookup.target.kind = kLocation;
    return passages_.begin(now_, {state_.self, 1}, lookup);
  }
  // What went out since, as (to, nonce).
  std::vector<std::pair<NodeId, uint32_t>> sent() {
    std::vector<std::pair<NodeId, uint32_t>> result;
    for (const auto& output : std::exchange(state_.outputs, {})) {
      const auto& send = std::get<SendTo>(output);
      const auto message = decode_directory_message(send.payload);
      result.emplace_back(send.node, std::get<Lookup>(*message).nonce);
    }
    return result;
  }
  void run_to(Duration since_start) {
    const Instant end = start_ + since_start;
    while (passages_.next_timeout() <= end) {
      now_ = passages_.next_timeout();
      passages_.handle_timeout(now_);
    }
    now_ = end;
  }

  Rng rng_{1};
  crypto::SeededRandom random_{1};
  crypto::Identity identity_ = example_identity(7);
  DirectoryState state_{identity_, rng_, random_};
  Passages passages_{state_};
  Instant start_ = Instant{} + 1h;
  Instant now_ = start_;
};

TEST_F(PassagesTest, AsksTheNearestContact) {
  know({3, 1, 2});
  EXPECT_EQ(begin(node(0x80)), Passages::Begun::begun);
  const auto out = sent();
  ASSERT_EQ(out.size(), 1u);
  EXPECT_EQ(out[0].first, node(1));
  EXPECT_TRUE(passages_.asked(node(1), out[0].second));
  EXPECT_FALSE(passages_.asked(node(2), out[0].second));
  EXPECT_FALSE(passages_.asked(node(1), out[0].second + 1));
  const PassageEnd end = passages_.end(out[0].second);
  EXPECT_EQ(end.asker, (Asker{node(0x80), 1}));
  EXPECT_EQ(passages_.size(), 0u);
  EXPECT_EQ(passages_.next_timeout(), kNever);
}

TEST_F(PassagesTest, ARelayAsksNobodyFartherThanItself) {
  NodeId farther = state_.self;
  farther.value[0] |= 0x80;
  farther.value[1] = 0xff;
  ASSERT_LT(distance(state_.self, {}), distance(farther, {}));
  state_.contacts.set_routed({farther});
  EXPECT_EQ(begin(node(0x80)), Passages::Begun::no_way);
  EXPECT_EQ(begin_own(), Passages::Begun::begun) << "for itself it does";
}

TEST_F(PassagesTest, AsksNobodyOnTheWayAndNobodyToBeAvoided) {
  know({1, 2});
  Lookup lookup;
  lookup.target.kind = kLocation;
  lookup.via = {node(1)};
  lookup.avoid = {node(2)};
  EXPECT_EQ(passages_.begin(now_, {node(1), 1}, lookup), Passages::Begun::no_way);
}

TEST_F(PassagesTest, KnowsAQuestionThatComesAgain) {
  know({1});
  EXPECT_EQ(begin(node(0x80)), Passages::Begun::begun);
  EXPECT_EQ(begin(node(0x80)), Passages::Begun::known);
  EXPECT_EQ(begin(node(0x81)), Passages::Begun::begun);
  EXPECT_EQ(begin(node(0x80), 2), Passages::Begun::begun);
}

TEST_F(PassagesTest, AsksTheNextContactWhenTheFirstSaysNothing) {
  know({1, 2, 3});
  begin(node(0x80));
  sent();
  run_to(Passages::kAckWait);
  const auto out = sent();
  ASSERT_EQ(out.size(), 1u);
  EXPECT_EQ(out[0].first, node(2));
  // The first may still answer.
  EXPECT_TRUE(passages_.asked(node(1), out[0].second));
}

TEST_F(PassagesTest, AsksAgainWhoPassedItOnWhenNoAnswerComes) {
  know({1, 2});
  begin(node(0x80));
  const uint32_t nonce = sent()[0].second;
  passages_.handle_passed_on(now_, node(1), nonce);
  run_to(Passages::kAckWait);
  EXPECT_TRUE(sent().empty());
  run_to(Passages::kAskAgain);
  const auto out = sent();
  ASSERT_EQ(out.size(), 1u);
  EXPECT_EQ(out[0], (std::pair{node(1), nonce}));
}

TEST_F(PassagesTest, AsksAgainTheOnlyContactThereIs) {
  know({1});
  begin(node(0x80));
  sent();
  run_to(Passages::kAckWait);
  EXPECT_EQ(sent().size(), 1u);
}

TEST_F(PassagesTest, AsksTheNextContactAtOnceWhenTheFirstIsUnreachable) {
  know({1, 2});
  begin(node(0x80));
  sent();
  state_.contacts.note_undeliverable(now_, node(1));
  passages_.handle_undeliverable(now_, node(1));
  auto out = sent();
  ASSERT_EQ(out.size(), 1u);
  EXPECT_EQ(out[0].first, node(2));
  EXPECT_FALSE(passages_.asked(node(1), out[0].second));
  state_.contacts.note_undeliverable(now_, node(2));
  passages_.handle_undeliverable(now_, node(2));
  EXPECT_EQ(passages_.next_timeout(), now_) << "nobody is left";
}

TEST_F(PassagesTest, WaitsForTheOthersWhenOneFoundNothing) {
  know({1, 2});
  begin(node(0x80));
  const uint32_t nonce = sent()[0].second;
  run_to(Passages::kAckWait);
  EXPECT_FALSE(passages_.end_without(node(1), nonce));
  EXPECT_FALSE(passages_.asked(node(1), nonce));
  const auto end = passages_.end_without(node(2), nonce);
  ASSERT_TRUE(end);
  EXPECT_EQ(end->asked, (std::vector{node(1), node(2)}));
}

TEST_F(PassagesTest, EndsInTimeWhenNobodyAnswers) {
  know({1});
  begin_own();
  run_to(Passages::kPatience - 1ms);
  EXPECT_FALSE(passages_.poll_end());
  run_to(Passages::kPatience);
  const auto end = passages_.poll_end();
  ASSERT_TRUE(end);
  EXPECT_EQ(end->asked, std::vector{node(1)});
  EXPECT_LE(sent().size(), static_cast<size_t>(Passages::kSendsMax));
  EXPECT_EQ(passages_.size(), 0u);
}

TEST_F(PassagesTest, GivesUpEarlierTheFartherOnTheWayItIs) {
  know({1});
  begin(node(0x80));
  run_to(Passages::kPatience - Passages::kPatiencePerHop);
  EXPECT_TRUE(passages_.poll_end());
}

TEST_F(PassagesTest, RefusesAQuestionThatHasComeTooFar) {
  know({1});
  Lookup lookup;
  lookup.target.kind = kLocation;
  for (uint8_t i = 0; i < kViaMax; ++i) lookup.via.push_back(node(static_cast<uint8_t>(0x80 + i)));
  EXPECT_EQ(passages_.begin(now_, {lookup.via.back(), 1}, lookup), Passages::Begun::no_way);
}

TEST_F(PassagesTest, NeverPutsALocationToItsOwner) {
  const auto owner = example_identity(1);
  state_.contacts.set_routed({crypto::node_id_of(owner.key())});
  Put put;
  put.record = example_record(owner, kLocation);
  EXPECT_EQ(passages_.begin(now_, {state_.self, 1}, put), Passages::Begun::no_way);
}

}  // namespace passages_test
}  // namespace starling::directory
