// Two whole layers in virtual time: how links end, and how they come back.
#include <gtest/gtest.h>

#include "link/link_pair.h"

namespace starling::link {
namespace link_layer_ends_test {

const Bytes kMessage = {0x40, 1, 2, 3};

// A control message from both sides every `interval` for `duration`.
void talk(LinkPair& pair, Duration duration, Duration interval = 50ms) {
  for (Duration done{}; done < duration; done += interval) {
    pair.send_control(0, 1, kMessage);
    pair.send_control(1, 0, kMessage);
    pair.run_for(interval);
  }
}

TEST(LinkEndTest, ThePeerSeesAClosedLinkAtOnceAndItStaysClosed) {
  LinkPair pair(1);
  ASSERT_TRUE(pair.connect());
  pair.node(0).layer->close(pair.now(), pair.link_id(0, 1), CloseReason::leaving);
  pair.drain(0);
  EXPECT_EQ(pair.node(0).downs, std::vector{DownReason::closed_by_us});
  pair.run_for(5ms);
  EXPECT_EQ(pair.node(1).downs, std::vector{DownReason::closed_by_peer});
  pair.run_for(5min);
  EXPECT_EQ(pair.node(0).ups.size(), 1u);
  EXPECT_EQ(pair.node(1).ups.size(), 1u);
}

TEST(LinkEndTest, AClosedLinkStaysClosedWhenPacketsOfThePeerWereUnderWay) {
  for (uint64_t seed = 1; seed <= 50; ++seed) {
    SCOPED_TRACE(seed);
    LinkPair pair(seed);
    ASSERT_TRUE(pair.connect());
    pair.set_faults({.latency = 20ms, .jitter = 20ms, .reordering = 0.3});
    talk(pair, 500ms, 5ms);
    pair.node(0).layer->close(pair.now(), pair.link_id(0, 1), CloseReason::leaving);
    pair.drain(0);
    talk(pair, 1s);
    pair.run_for(5min);
    EXPECT_EQ(pair.node(0).downs, std::vector{DownReason::closed_by_us});
    EXPECT_EQ(pair.node(1).downs, std::vector{DownReason::closed_by_peer});
    EXPECT_EQ(pair.node(0).ups.size(), 1u);
    EXPECT_EQ(pair.node(1).ups.size(), 1u);
  }
}

TEST(LinkEndTest, AClosedLinkStaysClosedWhenNewKeysWereUnderWay) {
  for (Duration wait = 119'980ms; wait < 120'080ms; wait += 3ms) {
    SCOPED_TRACE(to_ms(wait));
    for (const size_t closer : {0u, 1u}) {
      LinkPair pair(2);
      pair.set_faults({.latency = 20ms});
      ASSERT_TRUE(pair.connect());
      pair.run_for(wait);
      pair.node(closer).layer->close_all(pair.now());
      pair.drain(closer);
      pair.run_for(1min);
      EXPECT_EQ(pair.node(0).ups.size() + pair.node(1).ups.size(), 2u);
      EXPECT_EQ(pair.node(0).downs.size() + pair.node(1).downs.size(), 2u);
      EXPECT_TRUE(pair.node(0).layer->links().empty() && pair.node(1).layer->links().empty());
    }
  }
}

TEST(LinkEndTest, ALostGoodbyeIsRepeatedWhenThePeerSpeaks) {
  LinkPair pair(3);
  ASSERT_TRUE(pair.connect());
  pair.set_blocked(true);
  pair.faults(0, 1).blocked = true;
  pair.node(0).layer->close_all(pair.now());
  pair.drain(0);
  pair.set_faults({});
  pair.send_datagram(1, 0, kMessage);
  pair.run_for(100ms);
  EXPECT_EQ(pair.node(1).downs, std::vector{DownReason::closed_by_peer});
  pair.run_for(1min);
  EXPECT_EQ(pair.node(0).ups.size(), 1u);
}

TEST(LinkEndTest, ARestartedPeerIsSeenAsDownAndUp) {
  for (uint64_t seed = 1; seed <= 40; ++seed) {
    SCOPED_TRACE(seed);
    LinkPair pair(seed);
    ASSERT_TRUE(pair.connect());
    talk(pair, 1s);
    const size_t restarted = seed % 2;
    const size_t other = 1 - restarted;
    pair.node(restarted).start();
    pair.dial(restarted, other);
    if (seed % 3 == 0) pair.dial(other, restarted);  // has a link and nothing to begin
    pair.run_for(100ms);
    EXPECT_EQ(pair.node(other).downs, std::vector{DownReason::restarted});
    ASSERT_EQ(pair.node(other).ups.size(), 2u);
    pair.node(0).controls.clear();
    pair.node(1).controls.clear();
    talk(pair, 2s);
    pair.run_for(100ms);
    EXPECT_EQ(pair.node(0).controls.size(), 40u);
    EXPECT_EQ(pair.node(1).controls.size(), 40u);
  }
}

TEST(LinkEndTest, APeerThatVanishesIsNoticedWithinASecondWhileTrafficFlows) {
  for (uint64_t seed = 1; seed <= 20; ++seed) {
    LinkPair pair(seed);
    ASSERT_TRUE(pair.connect());
    talk(pair, 2s);
    const size_t gone = seed % 2;
    pair.node(gone).running = false;
    for (int i = 0; i < 20 && pair.node(1 - gone).downs.empty(); ++i) {
      pair.send_datagram(1 - gone, gone, kMessage);
      pair.run_for(50ms);
    }
    EXPECT_EQ(pair.node(1 - gone).downs, std::vector{DownReason::silent});
  }
}

TEST(LinkEndTest, APeerThatVanishesFromAnIdleLinkIsNoticedWithinTwelveSeconds) {
  for (uint64_t seed = 1; seed <= 20; ++seed) {
    LinkPair pair(seed);
    ASSERT_TRUE(pair.connect());
    pair.run_for(std::chrono::seconds(20 + seed));
    pair.node(seed % 2).running = false;
    pair.run_for(12s);
    EXPECT_EQ(pair.node(1 - seed % 2).downs, std::vector{DownReason::silent});
  }
}

TEST(LinkEndTest, ASuspectedPeerThatIsGoneIsNoticedWithinASecond) {
  LinkPair pair(5);
  ASSERT_TRUE(pair.connect());
  pair.run_for(1s);
  pair.node(1).running = false;
  pair.node(0).layer->suspect(pair.now(), pair.link_id(0, 1));
  pair.drain(0);
  pair.run_for(1s);
  EXPECT_EQ(pair.node(0).downs, std::vector{DownReason::silent});
}

TEST(LinkEndTest, ASuspectedPeerThatIsThereKeepsItsLink) {
  LinkPair pair(6);
  ASSERT_TRUE(pair.connect());
  pair.run_for(1s);
  pair.node(0).layer->suspect(pair.now(), pair.link_id(0, 1));
  pair.drain(0);
  pair.run_for(20s);
  EXPECT_TRUE(pair.node(0).downs.empty());
}

// Node 0 gives the link up while node 1, idle, knows nothing of it.
void end_at_one_side(LinkPair& pair) {
  pair.set_faults({.blocked = true});
  pair.send_datagram(0, 1, kMessage);
  ASSERT_TRUE(pair.run_until([&] { return !pair.link(0, 1); }, 5s));
  pair.set_faults({});
}

TEST(LinkEndTest, ALinkThatEndedOnOneSideOnlyHealsWhenTheOtherSideSpeaks) {
  for (uint64_t seed = 1; seed <= 20; ++seed) {
    SCOPED_TRACE(seed);
    LinkPair pair(seed);
    ASSERT_TRUE(pair.connect());
    pair.run_for(1s);
    end_at_one_side(pair);
    ASSERT_TRUE(pair.link(1, 0));
    if (seed % 2) pair.send_control(1, 0, kMessage);
    // Nobody dials: the idle probe of node 1 is what heals it.
    EXPECT_TRUE(pair.run_until([&] { return pair.link(0, 1) != nullptr; }, 12s));
    pair.run_for(1s);
    EXPECT_EQ(pair.node(0).downs, std::vector{DownReason::silent});
    EXPECT_EQ(pair.node(1).downs.size(), 1u);
    EXPECT_EQ(pair.node(0).ups.size(), 2u);
    EXPECT_EQ(pair.node(1).ups.size(), 2u);
    pair.node(0).controls.clear();
    pair.node(1).controls.clear();
    talk(pair, 1s);
    pair.run_for(100ms);
    EXPECT_EQ(pair.node(0).controls.size(), 20u);
    EXPECT_EQ(pair.node(1).controls.size(), 20u);
  }
}

// The case where two lives of a link could be taken for one: keys were being renewed when one side gave up.
TEST(LinkEndTest, AnEndDuringNewKeysDoesNotMixTwoLivesOfALink) {
  for (Duration wait = 119'500ms; wait < 120'200ms; wait += 20ms) {
    for (const size_t gives_up : {0u, 1u}) {
      SCOPED_TRACE(to_ms(wait));
      LinkPair pair(7);
      ASSERT_TRUE(pair.connect());
      const Instant up = pair.now();
      talk(pair, 1s);
      pair.run_for(wait - (pair.now() - up));
      // Everything to the one that gives up is lost, and so is its goodbye.
      pair.faults(1 - gives_up, gives_up).blocked = true;
      pair.send_datagram(gives_up, 1 - gives_up, kMessage);
      pair.run_for(300ms);
      pair.faults(gives_up, 1 - gives_up).blocked = true;
      pair.run_until([&] { return !pair.link(gives_up, 1 - gives_up); }, 2s);
      pair.set_faults({});
      pair.run_for(20s);
      if (!pair.link(0, 1) || !pair.link(1, 0)) pair.dial(gives_up, 1 - gives_up);
      pair.run_for(20s);
      pair.node(0).controls.clear();
      pair.node(1).controls.clear();
      talk(pair, 1s);
      pair.run_for(1s);
      EXPECT_EQ(pair.node(0).controls.size(), 20u);
      EXPECT_EQ(pair.node(1).controls.size(), 20u);
      for (const size_t at : {0u, 1u}) {
        EXPECT_EQ(pair.node(at).count(LinkCounter::control_violation), 0u);
        EXPECT_EQ(pair.node(at).ups.size(), pair.node(at).downs.size() + 1);
      }
    }
  }
}

TEST(LinkEndTest, BlockingOneDirectionEndsTheLinkOnBothSidesAndARedialBringsItBack) {
  for (const bool forth : {false, true}) {
    LinkPair pair(8);
    ASSERT_TRUE(pair.connect());
    talk(pair, 1s);
    (forth ? pair.faults(0, 1) : pair.faults(1, 0)).blocked = true;
    talk(pair, 3s);
    EXPECT_FALSE(pair.link(0, 1) || pair.link(1, 0));
    pair.set_faults({});
    ASSERT_TRUE(pair.connect());
  }
}

TEST(LinkEndTest, ARemovedCarrierTakesItsOnlyLinkDownAndLeavesTheOthersAlone) {
  LinkPair pair(9);
  pair.add_node();
  constexpr CarrierId kOther{2};
  for (const size_t at : {0u, 1u, 2u}) pair.node(at).layer->add_carrier(kOther, CarrierKind::tcp);
  ASSERT_TRUE(pair.connect());
  pair.node(0).layer->dial(pair.now(), pair.node(2).key(), {kOther, pair.node(2).address});
  pair.drain(0);
  ASSERT_TRUE(pair.run_until([&] { return pair.link(0, 2) && pair.link(2, 0); }, 1s));
  pair.run_for(5s);
  int packets_to_others = 0;
  pair.tap = [&](const Flight& flight) {
    return packets_to_others += flight.path.remote == pair.node(1).address, true;
  };
  pair.node(0).layer->remove_carrier(pair.now(), kOther);
  pair.drain(0);
  EXPECT_EQ(pair.node(0).downs, std::vector{DownReason::carrier_gone});
  EXPECT_TRUE(pair.link(0, 1));
  pair.run_for(500ms);
  EXPECT_EQ(packets_to_others, 0);
}

TEST(LinkEndTest, ADialOverACarrierThatIsRemovedFails) {
  LinkPair pair(10);
  pair.set_faults({.blocked = true});
  pair.dial(0, 1);
  pair.node(0).layer->remove_carrier(pair.now(), kTestCarrier);
  pair.drain(0);
  ASSERT_EQ(pair.node(0).dials_failed.size(), 1u);
  EXPECT_EQ(pair.node(0).dials_failed[0].outcome, DialOutcome::no_answer);
}

TEST(LinkEndTest, ALinkWhoseKeysCannotBeRenewedEndsWithThem) {
  LinkPair pair(12);
  ASSERT_TRUE(pair.connect());
  const Instant up = pair.now();
  pair.tap = [](const Flight& flight) {
    return flight.bytes[0] >= static_cast<uint8_t>(PacketType::data_plain);
  };
  ASSERT_TRUE(pair.run_until([&] { return !pair.link(0, 1) && !pair.link(1, 0); }, 300s));
  EXPECT_LE(pair.now() - up, KeySlots::kLifetime);
  EXPECT_GT(pair.now() - up, KeySlots::kLifetime - 1s);
  pair.tap = nullptr;
  EXPECT_TRUE(pair.connect());
}

TEST(LinkEndTest, AnAttemptForNewKeysThatFailsIsNoFailedDial) {
  LinkPair pair(11);
  ASSERT_TRUE(pair.connect());
  // Handshakes vanish, data passes.
  pair.tap = [](const Flight& flight) {
    return flight.bytes[0] >= static_cast<uint8_t>(PacketType::data_plain);
  };
  pair.run_for(140s);
  EXPECT_TRUE(pair.node(0).downs.empty());
  EXPECT_TRUE(pair.node(0).dials_failed.empty());
  pair.tap = nullptr;
  pair.run_for(10min);
  EXPECT_TRUE(pair.node(0).downs.empty() && pair.node(1).downs.empty());
}

// Each side adds a path of its own to the link; the one's new keys come when the other's are five seconds old.
TEST(LinkEndTest, NewKeysFromBothSidesSecondsApartKeepTheLink) {
  constexpr CarrierId kOther{2}, kThird{3};
  for (Duration apart = 4'900ms; apart <= 5'100ms; apart += 10ms) {
    for (const size_t first : {0u, 1u}) {
      SCOPED_TRACE(to_ms(apart));
      LinkPair pair(13);
      pair.set_faults({.latency = 20ms});
      ASSERT_TRUE(pair.connect());
      for (const size_t at : {0u, 1u}) {
        pair.node(at).layer->add_carrier(kOther, CarrierKind::udp);
        pair.node(at).layer->add_carrier(kThird, CarrierKind::udp);
      }
      pair.run_for(30s);
      const auto dial = [&](size_t from, CarrierId carrier) {
        const crypto::NodeKey peer = pair.node(1 - from).key();
        pair.node(from).layer->dial(pair.now(), peer, {carrier, pair.node(1 - from).address});
        pair.drain(from);
      };
      dial(first, kOther);
      pair.run_for(apart);
      dial(1 - first, kThird);
      talk(pair, 40s);
      EXPECT_TRUE(pair.node(0).downs.empty() && pair.node(1).downs.empty());
    }
  }
}

}  // namespace link_layer_ends_test
}  // namespace starling::link
