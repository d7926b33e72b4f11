#include "reach/dialer.h"

#include <gtest/gtest.h>
#include <string>

namespace starling::reach {
namespace dialer_test {

using namespace std::chrono_literals;

constexpr auto kLasting = Persistence::lasting;
constexpr auto kPassing = Persistence::passing;

crypto::NodeKey node(int number) {
  crypto::NodeKey key;
  key.value[0] = static_cast<uint8_t>(number);
  key.value[1] = static_cast<uint8_t>(number >> 8);
  return key;
}

PeerAddress udp(uint16_t port) { return {Transport::udp, "192.0.2.1", port}; }
PeerAddress tcp(uint16_t port) { return {Transport::tcp, "192.0.2.1", port}; }

DialTarget target_of(const crypto::NodeKey& key, std::vector<PeerAddress> addresses,
                     Persistence persistence = kLasting) {
  return {key, std::move(addresses), persistence};
}

class DialerTest : public testing::Test {
 protected:
  static Instant at(Duration since_start) { return Instant{} + 1h + since_start; }

  TargetId add(Duration when, DialTarget target) {
    return dialer_.add(at(when), std::move(target)).value();
  }
  // What is ordered at that time.
  std::vector<PeerAddress> orders(Duration when) {
    std::vector<PeerAddress> addresses;
    while (const auto order = dialer_.poll_order(at(when))) addresses.push_back(order->address);
    EXPECT_GT(dialer_.next_timeout(), at(when));
    return addresses;
  }
  Duration next() const { return dialer_.next_timeout() - at(0s); }
  Dialer::State state_of(TargetId id) const {
    for (const auto& state : dialer_.states()) {
      if (state.id == id) return state;
    }
    ADD_FAILURE() << "no target " << id.value;
    return {};
  }
  // Waits for the next round of the only target, which has one address, and lets it fail at once; returns how
  // long it waited.
  Duration fail_next_round(TargetId id, const PeerAddress& address) {
    const Instant before = now_;
    now_ = std::max(now_, dialer_.next_timeout());
    EXPECT_TRUE(dialer_.poll_order(now_).has_value());
    dialer_.handle_failed(now_, id, address);
    return now_ - before;
  }
  static void expect_about(Duration pause, Duration wanted) {
    EXPECT_GE(pause, wanted * 3 / 4);
    EXPECT_LE(pause, wanted * 5 / 4);
  }

  Rng rng_{1};
  Dialer dialer_{rng_};
  Instant now_ = at(0s);
};

using Addresses = std::vector<PeerAddress>;

TEST_F(DialerTest, HasNothingToDoWithoutTargets) {
  EXPECT_FALSE(dialer_.poll_order(at(0s)));
  EXPECT_EQ(dialer_.next_timeout(), kNever);
}

TEST_F(DialerTest, DialsUdpAddressesBeforeTcpOnesAndEachAfterTheStagger) {
  add(0s, target_of(node(1), {tcp(1), udp(2), tcp(3), udp(4)}));
  EXPECT_EQ(next(), 0s);
  EXPECT_EQ(orders(0s), Addresses{udp(2)});
  EXPECT_EQ(next(), 300ms);
  EXPECT_EQ(orders(299ms), Addresses{});
  EXPECT_EQ(orders(300ms), Addresses{udp(4)});
  EXPECT_EQ(orders(600ms), Addresses{tcp(1)});
  EXPECT_EQ(orders(900ms), Addresses{tcp(3)});
  EXPECT_EQ(orders(9s), Addresses{});
}

TEST_F(DialerTest, OrdersCarryTheTargetAndItsKey) {
  const TargetId with_key = add(0s, target_of(node(1), {udp(1)}));
  const TargetId without_key = add(0s, {std::nullopt, {udp(2)}, kLasting});
  const auto first = dialer_.poll_order(at(0s)).value();
  EXPECT_EQ(first.target, with_key);
  EXPECT_EQ(first.key, node(1));
  const auto second = dialer_.poll_order(at(0s)).value();
  EXPECT_EQ(second.target, without_key);
  EXPECT_FALSE(second.key.has_value());
}

TEST_F(DialerTest, BeginsTheNextRoundOnlyWhenAllAddressesHaveFailed) {
  const TargetId id = add(0s, target_of(node(1), {udp(1), udp(2)}));
  orders(0s);
  dialer_.handle_failed(at(10ms), id, udp(1));
  EXPECT_EQ(orders(299ms), Addresses{});
  EXPECT_EQ(orders(300ms), Addresses{udp(2)});
  EXPECT_EQ(orders(5s), Addresses{});
  EXPECT_EQ(state_of(id).rounds_failed, 0);
  dialer_.handle_failed(at(5s), id, udp(2));
  EXPECT_EQ(state_of(id).rounds_failed, 1);
  expect_about(next() - 5s, Dialer::kPauseMin);
  EXPECT_EQ(orders(6s), Addresses{udp(1)});
}

TEST_F(DialerTest, AnOrderWithoutAnyReportFailsAfterTenSeconds) {
  const TargetId id = add(0s, target_of(node(1), {udp(1)}));
  orders(0s);
  EXPECT_EQ(next(), 10s);
  orders(10s);
  EXPECT_EQ(state_of(id).rounds_failed, 1);
  expect_about(next() - 10s, Dialer::kPauseMin);
  EXPECT_EQ(orders(11s), Addresses{udp(1)});
}

TEST_F(DialerTest, DoublesThePauseWithEachFailedRoundUpToThirtySeconds) {
  const TargetId id = add(0s, target_of(node(1), {udp(1)}));
  fail_next_round(id, udp(1));
  Duration wanted = Dialer::kPauseMin;
  for (int round = 0; round < 20; ++round) {
    expect_about(fail_next_round(id, udp(1)), wanted);
    wanted = std::min<Duration>(2 * wanted, Dialer::kPauseMax);
  }
  EXPECT_EQ(wanted, Dialer::kPauseMax);
}

TEST_F(DialerTest, NeverEndsTheRoundsOfALastingTarget) {
  const TargetId id = add(0s, target_of(node(1), {udp(1)}));
  for (int round = 0; round < 1'000; ++round) fail_next_round(id, udp(1));
  EXPECT_EQ(state_of(id).rounds_failed, 1'000);
}

TEST_F(DialerTest, GivesAPassingTargetUpAfterThreeRoundsAndTakesItBack) {
  const TargetId id = add(0s, target_of(node(1), {udp(1)}, kPassing));
  for (int round = 0; round < Dialer::kPassingRounds; ++round) fail_next_round(id, udp(1));
  EXPECT_TRUE(dialer_.states().empty());
  EXPECT_EQ(dialer_.next_timeout(), kNever);
  dialer_.handle_failed(now_, id, udp(1));
  EXPECT_NE(dialer_.add(now_, target_of(node(1), {udp(1)}, kPassing)).value(), id);
  EXPECT_TRUE(dialer_.poll_order(now_).has_value());
}

TEST_F(DialerTest, GivesAPassingTargetUpWhenNobodyReportsAnything) {
  add(0s, target_of(node(1), {udp(1)}, kPassing));
  int order_count = 0;
  while (dialer_.next_timeout() != kNever) {
    now_ = std::max(now_, dialer_.next_timeout());
    if (dialer_.poll_order(now_)) ++order_count;
  }
  EXPECT_EQ(order_count, Dialer::kPassingRounds);
  EXPECT_TRUE(dialer_.states().empty());
}

TEST_F(DialerTest, ALinkEndsDialling) {
  const TargetId id = add(0s, target_of(node(1), {udp(1), udp(2)}));
  orders(0s);
  dialer_.handle_link_up(node(1));
  EXPECT_TRUE(state_of(id).linked);
  EXPECT_EQ(dialer_.next_timeout(), kNever);
  EXPECT_EQ(orders(1h), Addresses{});
  dialer_.handle_failed(at(1h), id, udp(1));
  EXPECT_EQ(state_of(id).rounds_failed, 0);
}

TEST_F(DialerTest, DialsAgainTheLeastPauseAfterALinkWentDown) {
  const TargetId id = add(0s, target_of(node(1), {udp(1)}));
  for (int round = 0; round < 12; ++round) fail_next_round(id, udp(1));
  dialer_.handle_link_up(node(1));
  EXPECT_EQ(state_of(id).rounds_failed, 0);
  dialer_.handle_link_down(now_, node(1));
  expect_about(fail_next_round(id, udp(1)), Dialer::kPauseMin);
  expect_about(fail_next_round(id, udp(1)), Dialer::kPauseMin);
  expect_about(fail_next_round(id, udp(1)), 2 * Dialer::kPauseMin);
}

TEST_F(DialerTest, DoesNotDialATargetThatIsAddedWhileLinked) {
  dialer_.handle_link_up(node(1));
  const TargetId id = add(0s, target_of(node(1), {udp(1)}));
  EXPECT_TRUE(state_of(id).linked);
  EXPECT_EQ(dialer_.next_timeout(), kNever);
  dialer_.handle_link_down(at(1s), node(1));
  EXPECT_EQ(orders(2s), Addresses{udp(1)});
}

TEST_F(DialerTest, TakesLinksOfPeersThatAreNoTargets) {
  dialer_.handle_link_down(at(0s), node(1));
  dialer_.handle_link_up(node(1));
  dialer_.handle_link_up(node(1));
  dialer_.handle_link_down(at(1s), node(1));
  EXPECT_EQ(dialer_.next_timeout(), kNever);
}

TEST_F(DialerTest, IgnoresReportsThatAnswerNoOrder) {
  const TargetId id = add(0s, target_of(node(1), {udp(1)}));
  dialer_.handle_failed(at(0s), id, udp(1));
  orders(0s);
  dialer_.handle_failed(at(0s), id, udp(2));
  dialer_.handle_failed(at(0s), TargetId{99}, udp(1));
  EXPECT_EQ(state_of(id).rounds_failed, 0);
}

TEST_F(DialerTest, ForgetsARemovedTarget) {
  const TargetId id = add(0s, target_of(node(1), {udp(1)}));
  orders(0s);
  dialer_.remove(id);
  dialer_.remove(id);
  dialer_.handle_failed(at(1s), id, udp(1));
  EXPECT_EQ(dialer_.next_timeout(), kNever);
}

TEST_F(DialerTest, MergesTargetsWithTheSameKey) {
  const TargetId id = add(0s, target_of(node(1), {udp(1), tcp(2)}, kPassing));
  orders(0s);
  EXPECT_EQ(add(1s, target_of(node(1), {udp(1), udp(3)})), id);
  const DialTarget merged = state_of(id).target;
  EXPECT_EQ(merged.addresses, (Addresses{udp(1), udp(3), tcp(2)}));
  EXPECT_EQ(merged.persistence, kLasting);
  EXPECT_EQ(orders(1s), Addresses{udp(3)});
  EXPECT_EQ(add(1s, target_of(node(1), {udp(1)}, kPassing)), id);
  EXPECT_EQ(state_of(id).target.persistence, kLasting);
}

TEST_F(DialerTest, MergesTargetsWithoutKeyOnlyWhenTheyHaveTheSameAddresses) {
  const TargetId id = add(0s, {std::nullopt, {udp(1), udp(2)}, kLasting});
  EXPECT_EQ(add(0s, {std::nullopt, {udp(2), udp(1)}, kLasting}), id);
  EXPECT_NE(add(0s, {std::nullopt, {udp(1)}, kLasting}), id);
  EXPECT_NE(add(0s, target_of(node(1), {udp(1), udp(2)})), id);
  dialer_.handle_key_learned(at(0s), id, node(2));
  EXPECT_EQ(add(0s, {std::nullopt, {udp(1), udp(2)}, kLasting}), id);
}

TEST_F(DialerTest, ABeaconShortensALongPauseButNeverBelowTheLeast) {
  const TargetId id = add(0s, target_of(node(1), {udp(1)}));
  for (int round = 0; round < 12; ++round) fail_next_round(id, udp(1));
  const Instant failed_at = now_;
  EXPECT_GT(dialer_.next_timeout() - failed_at, 20s);
  dialer_.add(failed_at, target_of(node(1), {udp(1)}, kPassing));
  EXPECT_EQ(dialer_.next_timeout(), failed_at + Dialer::kPauseMin);
  dialer_.add(failed_at + 50ms, target_of(node(1), {udp(1)}, kPassing));
  EXPECT_EQ(dialer_.next_timeout(), failed_at + Dialer::kPauseMin);
}

TEST_F(DialerTest, RepeatedBeaconsOrderNoAddressTwiceInARound) {
  add(0s, target_of(node(1), {udp(1)}, kPassing));
  EXPECT_EQ(orders(0s), Addresses{udp(1)});
  for (int i = 1; i < 100; ++i) {
    add(i * 100ms, target_of(node(1), {udp(1)}, kPassing));
    EXPECT_EQ(orders(i * 100ms), Addresses{});
  }
}

TEST_F(DialerTest, KeepsSixteenAddressesAndLetsPassingOnesMakeRoom) {
  Addresses lasting;
  for (uint16_t port = 1; port <= 12; ++port) lasting.push_back(udp(port));
  const TargetId id = add(0s, target_of(node(1), lasting));
  for (uint16_t port = 101; port <= 200; ++port) {
    add(0s, target_of(node(1), {udp(port)}, kPassing));
  }
  Addresses wanted = lasting;
  for (uint16_t port = 197; port <= 200; ++port) wanted.push_back(udp(port));
  EXPECT_EQ(state_of(id).target.addresses, wanted);
  add(0s, target_of(node(1), {tcp(1), tcp(2), tcp(3), tcp(4), tcp(5)}));
  add(0s, target_of(node(1), {udp(300)}, kPassing));
  wanted = lasting;
  wanted.insert(wanted.end(), {tcp(1), tcp(2), tcp(3), tcp(4)});
  EXPECT_EQ(state_of(id).target.addresses, wanted);
}

TEST_F(DialerTest, ForgetsThePassingAddressesOfALastingTargetAfterThreeRounds) {
  const TargetId id = add(0s, target_of(node(1), {tcp(1)}));
  add(0s, target_of(node(1), {udp(2)}, kPassing));
  while (state_of(id).rounds_failed < Dialer::kPassingRounds) {
    EXPECT_EQ(state_of(id).target.addresses, (Addresses{udp(2), tcp(1)}));
    now_ = std::max(now_, dialer_.next_timeout());
    dialer_.poll_order(now_);
  }
  EXPECT_EQ(state_of(id).target.addresses, Addresses{tcp(1)});
}

TEST_F(DialerTest, DialsAtOnceWithTheKeyThatAnAddressGave) {
  const TargetId id = add(0s, {std::nullopt, {udp(1)}, kLasting});
  orders(0s);
  dialer_.handle_key_learned(at(20ms), id, node(1));
  const auto order = dialer_.poll_order(at(20ms)).value();
  EXPECT_EQ(order.target, id);
  EXPECT_EQ(order.key, node(1));
  dialer_.handle_link_up(node(1));
  EXPECT_TRUE(state_of(id).linked);
}

TEST_F(DialerTest, DoesNotDialAKeyLearnedThatIsLinkedAlready) {
  const TargetId id = add(0s, {std::nullopt, {udp(1)}, kLasting});
  dialer_.handle_link_up(node(1));
  orders(0s);
  dialer_.handle_key_learned(at(20ms), id, node(1));
  EXPECT_TRUE(state_of(id).linked);
  EXPECT_EQ(dialer_.next_timeout(), kNever);
}

TEST_F(DialerTest, AsksAgainWhenARoundWithALearnedKeyHasFailed) {
  const TargetId id = add(0s, {std::nullopt, {udp(1)}, kLasting});
  orders(0s);
  dialer_.handle_key_learned(at(20ms), id, node(1));
  dialer_.handle_key_learned(at(30ms), id, node(2));
  EXPECT_EQ(state_of(id).target.key, node(1));
  orders(30ms);
  dialer_.handle_failed(at(5s), id, udp(1));
  const auto order = dialer_.poll_order(at(6s)).value();
  EXPECT_FALSE(order.key.has_value());
}

TEST_F(DialerTest, KeepsAKeyThatWasGivenHoweverManyRoundsFail) {
  const TargetId id = add(0s, target_of(node(1), {udp(1)}));
  for (int round = 0; round < 5; ++round) fail_next_round(id, udp(1));
  EXPECT_EQ(state_of(id).target.key, node(1));
}

TEST_F(DialerTest, MergesATargetIntoTheOneThatHasItsKeyAlready) {
  const TargetId named = add(0s, target_of(node(1), {udp(1)}, kPassing));
  const TargetId asked = add(0s, {std::nullopt, {udp(2)}, kLasting});
  orders(0s);
  dialer_.handle_key_learned(at(400ms), asked, node(1));
  ASSERT_EQ(dialer_.states().size(), 1u);
  EXPECT_EQ(state_of(named).target.addresses, (Addresses{udp(1), udp(2)}));
  EXPECT_EQ(state_of(named).target.persistence, kLasting);
  EXPECT_EQ(orders(400ms), Addresses{udp(2)});
}

TEST_F(DialerTest, RefusesPassingTargetsWhenFullAndDropsTheOldestPassingForALastingOne) {
  const TargetId first_lasting = add(0s, target_of(node(1'000), {udp(1)}));
  const TargetId first_passing = add(0s, target_of(node(0), {udp(1)}, kPassing));
  for (int i = 1; dialer_.states().size() < Dialer::kTargetsMax; ++i) {
    add(0s, target_of(node(i), {udp(1)}, kPassing));
  }
  EXPECT_FALSE(dialer_.add(at(0s), target_of(node(2'000), {udp(1)}, kPassing)));
  EXPECT_EQ(state_of(first_passing).target.key, node(0));
  EXPECT_TRUE(dialer_.add(at(0s), target_of(node(2'000), {udp(1)})));
  EXPECT_EQ(dialer_.states().size(), Dialer::kTargetsMax);
  EXPECT_EQ(dialer_.states()[0].id, first_lasting);
  EXPECT_NE(dialer_.states()[1].id, first_passing);
}

TEST_F(DialerTest, RefusesALastingTargetWhenAllAreLasting) {
  for (int i = 0; i < static_cast<int>(Dialer::kTargetsMax); ++i) {
    add(0s, target_of(node(i), {udp(1)}));
  }
  EXPECT_FALSE(dialer_.add(at(0s), target_of(node(1'000), {udp(1)})));
  EXPECT_TRUE(dialer_.add(at(0s), target_of(node(0), {udp(2)})));
}

TEST_F(DialerTest, LeavesRepeatedAddressesOfOneTargetOut) {
  const TargetId id = add(0s, target_of(node(1), {udp(1), udp(1)}));
  EXPECT_EQ(state_of(id).target.addresses, Addresses{udp(1)});
}

TEST_F(DialerTest, BeginsOneRoundAfterALongSleep) {
  const TargetId id = add(0s, target_of(node(1), {udp(1)}));
  orders(0s);
  EXPECT_EQ(orders(8h), Addresses{});
  EXPECT_EQ(state_of(id).rounds_failed, 1);
  EXPECT_EQ(orders(8h + 1s), Addresses{udp(1)});
}

TEST_F(DialerTest, EqualSeedsGiveEqualTimes) {
  const auto times = [](uint64_t seed) {
    Rng rng(seed);
    Dialer dialer(rng);
    dialer.add(at(0s), target_of(node(1), {udp(1), tcp(1)}));
    std::vector<Instant> result;
    for (int i = 0; i < 50; ++i) {
      result.push_back(dialer.next_timeout());
      dialer.poll_order(std::max(at(0s), result.back()));
    }
    return result;
  };
  EXPECT_EQ(times(1), times(1));
  EXPECT_NE(times(1), times(2));
}

}  // namespace dialer_test
}  // namespace starling::reach
