// A day on a bad network: a link in use never goes down, and no control message is lost or repeated.
#include <gtest/gtest.h>

#include "link/link_pair.h"

namespace starling::link {
namespace link_endurance_test {

constexpr std::array<size_t, 6> kMtus = {256, 576, 1'280, 1'472, 2'000, 9'000};

Bytes message_of(uint32_t number) {
  Bytes message(5 + number % 600, 0x40);
  for (size_t i = 0; i < 4; ++i) message[1 + i] = static_cast<uint8_t>(number >> (24 - 8 * i));
  return message;
}

// Checks what arrives at once, so that a day of messages needs no memory.
struct InOrder {
  uint32_t arrived = 0;
  bool wrong = false;

  void check(LinkNode& node) {
    for (const Bytes& message : node.controls) wrong = wrong || message != message_of(arrived++);
    node.controls.clear();
    node.datagrams.clear();
  }
};

void move(LinkPair& pair, size_t mover) {
  pair.move_node(mover);
  pair.node(mover).layer->network_changed(pair.now());
  pair.drain(mover);
}

#ifdef STARLING_SANITIZED
constexpr uint64_t kDays = 1;
constexpr uint32_t kSeconds = 4 * 60 * 60;
#else
constexpr uint64_t kDays = 3;
constexpr uint32_t kSeconds = 24 * 60 * 60;
#endif

void live_a_day(uint64_t seed) {
  LinkPair pair(seed);
  ASSERT_TRUE(pair.connect());
  Rng rng(seed);
  InOrder in_order[2];
  Faults faults{
      .latency = 15ms, .jitter = 10ms, .loss = 0.1, .duplication = 0.05, .reordering = 0.1};
  uint32_t moves = 0;
  for (uint32_t second = 0; second < kSeconds; ++second) {
    if (second % 600 == 0) {
      faults.mtu = kMtus[rng.below(kMtus.size())];
      pair.set_faults(faults);
    }
    if (second % 1'200 == 1'199) move(pair, ++moves % 2);
    for (const size_t at : {0u, 1u}) {
      ASSERT_EQ(pair.send_control(at, 1 - at, message_of(second)), SendOutcome::queued)
          << "second " << second;
      pair.send_datagram(at, 1 - at, Bytes(1 + rng.below(1'300), 7));
      in_order[at].check(pair.node(at));
    }
    pair.run_for(1s);
    ASSERT_TRUE(pair.node(0).downs.empty() && pair.node(1).downs.empty()) << "second " << second;
  }
  pair.run_for(10s);
  for (const size_t at : {0u, 1u}) {
    in_order[at].check(pair.node(at));
    EXPECT_FALSE(in_order[at].wrong);
    EXPECT_EQ(in_order[at].arrived, kSeconds);
    EXPECT_EQ(pair.node(at).ups.size(), 1u);
    EXPECT_GT(pair.node(at).count(LinkCounter::datagrams_received), kSeconds / 2);
    EXPECT_LT(pair.node(at).layer->table_entries(), 20u);
  }
}

TEST(LinkEnduranceTest, DaysOfLossAndMovesTakeNoLinkDownAndLoseNoControlMessage) {
  for (uint64_t seed = 1; seed <= kDays; ++seed) {
    SCOPED_TRACE(seed);
    ASSERT_NO_FATAL_FAILURE(live_a_day(seed));
  }
}

}  // namespace link_endurance_test
}  // namespace starling::link
