#include "routing/transit_watch.h"

#include <gtest/gtest.h>
#include <vector>

namespace starling::routing::transit_watch_test {
namespace {

constexpr NeighbourId kFirst{1};
constexpr NeighbourId kSecond{2};
constexpr Duration kOneWay = 10ms;

class TransitWatchTest : public testing::Test {
 protected:
  TransitWatchTest() {
    watch_.add_neighbour(kFirst);
    watch_.add_neighbour(kSecond);
  }
  // Lets time pass; starts the tests that are due, and answers those of neighbours in `honest_`.
  void run(Duration time) {
    for (const Instant end = now_ + time; now_ < end; now_ += 10ms) {
      while (const auto output = watch_.poll(now_)) {
        if (const auto* test = std::get_if<TransitWatch::Test>(&*output)) {
          nonce_ += TransitWatch::kEchoes;
          tests_.push_back(test->neighbour);
          echoes_.push_back(test->echoes);
          watch_.note_tested(now_, test->neighbour, nonce_, kOneWay);
          if (test->neighbour == honest_) watch_.handle_answer(now_, nonce_ + 2);
        } else {
          verdicts_.push_back(std::get<TransitWatch::Verdict>(*output));
        }
      }
    }
  }

  TransitWatch watch_;
  Instant now_{1'000s};
  uint64_t nonce_ = 64;
  NeighbourId honest_{};
  std::vector<NeighbourId> tests_;
  std::vector<uint32_t> echoes_;  // of each test
  std::vector<TransitWatch::Verdict> verdicts_;
};

TEST_F(TransitWatchTest, NobodyIsTestedWithoutAReason) {
  run(1h);
  EXPECT_TRUE(tests_.empty());
  EXPECT_EQ(watch_.next_timeout(), kNever);
}

TEST_F(TransitWatchTest, WhoPassesPacketsOnIsNotTested) {
  for (int i = 0; i < 100; ++i) {
    watch_.handle_given(now_, kFirst);
    run(TransitWatch::kDoubtAfter - 50ms);
    watch_.handle_passed_on(now_, kFirst);
  }
  EXPECT_TRUE(tests_.empty());
}

TEST_F(TransitWatchTest, WhoPassesNothingOnIsTestedAndRefusedWhileTheOtherStays) {
  watch_.handle_given(now_, kFirst);
  run(TransitWatch::kDoubtAfter - 10ms);
  EXPECT_TRUE(tests_.empty());
  run(TransitWatch::kFailuresMax * TransitWatch::kAnswerWaitMin + 100ms);
  EXPECT_EQ(tests_, std::vector(TransitWatch::kFailuresMax, kFirst));
  ASSERT_EQ(verdicts_.size(), 1u);
  EXPECT_EQ(verdicts_[0].neighbour, kFirst);
  EXPECT_FALSE(verdicts_[0].passes_on);
}

TEST_F(TransitWatchTest, TheFirstTestIsASingleEcho) {
  watch_.handle_given(now_, kFirst);
  run(10min);
  ASSERT_GE(echoes_.size(), 4u);
  EXPECT_EQ(echoes_.front(), 1u);
  for (size_t i = 1; i < echoes_.size(); ++i) EXPECT_EQ(echoes_[i], TransitWatch::kEchoes) << i;
}

TEST_F(TransitWatchTest, OneAnswerOfManyIsEnough) {
  honest_ = kFirst;
  watch_.handle_given(now_, kFirst);
  run(1s);
  EXPECT_EQ(tests_.size(), 1u);
  EXPECT_TRUE(verdicts_.empty());
  // It is trusted for a while.
  watch_.handle_given(now_, kFirst);
  run(TransitWatch::kTrust / 2);
  EXPECT_EQ(tests_.size(), 1u);
}

TEST_F(TransitWatchTest, TheRefusedAreTestedEverMoreRarelyAndTakenBackAtTheFirstAnswer) {
  watch_.handle_given(now_, kFirst);
  run(10min);
  ASSERT_EQ(verdicts_.size(), 1u);
  const size_t in_ten_minutes = tests_.size();
  EXPECT_LE(in_ten_minutes, 14u);
  run(10min);
  EXPECT_LE(tests_.size() - in_ten_minutes, 6u);
  EXPECT_GE(tests_.size() - in_ten_minutes, 4u);
  honest_ = kFirst;
  run(TransitWatch::kAgainMax + 1s);
  ASSERT_EQ(verdicts_.size(), 2u);
  EXPECT_TRUE(verdicts_[1].passes_on);
}

TEST_F(TransitWatchTest, APacketPassedOnDoesNotTakeBackWhoWasRefused) {
  watch_.handle_given(now_, kFirst);
  run(2s);
  ASSERT_EQ(verdicts_.size(), 1u);
  // Its source may be invented.
  watch_.handle_passed_on(now_, kFirst);
  run(1s);
  EXPECT_EQ(verdicts_.size(), 1u);
}

TEST_F(TransitWatchTest, AnswersToForeignOrOldNoncesProveNothing) {
  watch_.handle_given(now_, kFirst);
  run(TransitWatch::kDoubtAfter + 50ms);
  ASSERT_EQ(tests_.size(), 1u);
  EXPECT_TRUE(watch_.is_own(nonce_ + TransitWatch::kEchoes - 1));
  EXPECT_FALSE(watch_.is_own(nonce_ + TransitWatch::kEchoes));
  const uint64_t old = nonce_;
  watch_.handle_answer(now_, nonce_ + TransitWatch::kEchoes);
  run(2s);
  ASSERT_EQ(verdicts_.size(), 1u);
  watch_.handle_answer(now_, old);
  run(100ms);
  EXPECT_EQ(verdicts_.size(), 1u);
}

TEST_F(TransitWatchTest, WhoAnnouncesNobodyIsLeftAlone) {
  watch_.handle_given(now_, kFirst);
  now_ += 1s;
  const auto output = watch_.poll(now_);
  ASSERT_TRUE(output && std::holds_alternative<TransitWatch::Test>(*output));
  watch_.handle_untestable(kFirst);
  EXPECT_FALSE(watch_.poll(now_));
  EXPECT_EQ(watch_.next_timeout(), kNever);
}

TEST_F(TransitWatchTest, AnAnswerAfterTheLinkIsGoneIsNothing) {
  watch_.handle_given(now_, kFirst);
  run(TransitWatch::kDoubtAfter + 50ms);
  ASSERT_EQ(tests_.size(), 1u);
  watch_.remove_neighbour(kFirst);
  // The late answer is nobody else's.
  EXPECT_TRUE(watch_.is_own(nonce_));
  watch_.handle_answer(now_, nonce_);
  watch_.handle_given(now_, kFirst);
  run(1min);
  EXPECT_TRUE(verdicts_.empty());
}

}  // namespace
}  // namespace starling::routing::transit_watch_test
