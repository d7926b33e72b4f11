// Two whole layers in virtual time: addresses that change, addresses that are forged, questions for a key.
#include <gtest/gtest.h>

#include "link/handmade_peer.h"

namespace starling::link {
namespace link_layer_paths_test {

const Bytes kMessage = {0x40, 1, 2, 3};
const Endpoint kForged = Endpoint::ipv4(203, 0, 113, 9, 443);

uint64_t bytes_in(const std::vector<Bytes>& packets) {
  uint64_t bytes = 0;
  for (const Bytes& packet : packets) bytes += packet.size();
  return bytes;
}

void talk(LinkPair& pair, Duration duration, Duration interval = 50ms) {
  for (Duration done{}; done < duration; done += interval) {
    pair.send_control(0, 1, kMessage);
    pair.send_control(1, 0, kMessage);
    pair.run_for(interval);
  }
}

TEST(LinkPathTest, TheLinkFollowsASideThatSaysItMoved) {
  for (uint64_t seed = 1; seed <= 20; ++seed) {
    SCOPED_TRACE(seed);
    LinkPair pair(seed);
    ASSERT_TRUE(pair.connect());
    pair.run_for(2s);
    const size_t mover = seed % 2;
    for (int move = 0; move < 10; ++move) {
      pair.move_node(mover);
      pair.node(mover).layer->network_changed(pair.now());
      pair.drain(mover);
      pair.send_control(1 - mover, mover, kMessage);
      pair.run_for(1s);
      EXPECT_EQ(pair.node(mover).controls.size(), static_cast<size_t>(move + 1));
      EXPECT_EQ(pair.node(mover).observed.back(), pair.node(mover).address);
      EXPECT_EQ(pair.link(1 - mover, mover)->active_path()->id.remote, pair.node(mover).address);
    }
    EXPECT_TRUE(pair.node(0).downs.empty() && pair.node(1).downs.empty());
  }
}

TEST(LinkPathTest, TheLinkFollowsASideThatDoesNotKnowThatItMoved) {
  for (uint64_t seed = 1; seed <= 20; ++seed) {
    SCOPED_TRACE(seed);
    LinkPair pair(seed);
    ASSERT_TRUE(pair.connect());
    talk(pair, 2s);
    const size_t mover = seed % 2;
    for (int move = 0; move < 10; ++move) {
      pair.move_node(mover);
      talk(pair, 2s);
      EXPECT_EQ(pair.link(1 - mover, mover)->active_path()->id.remote, pair.node(mover).address);
    }
    pair.run_for(1s);
    EXPECT_EQ(pair.node(0).controls.size(), 11u * 40);
    EXPECT_EQ(pair.node(1).controls.size(), 11u * 40);
    EXPECT_TRUE(pair.node(0).downs.empty() && pair.node(1).downs.empty());
  }
}

TEST(LinkPathTest, AnIdleSideThatMovedWithoutKnowingIsFoundByItsNextProbe) {
  LinkPair pair(3);
  ASSERT_TRUE(pair.connect());
  pair.run_for(2s);
  pair.move_node(1);
  // The idle probe of node 0 goes to the old address first or that of node 1 comes from the new one.
  pair.run_for(30s);
  ASSERT_TRUE(pair.run_until([&] { return pair.link(0, 1) && pair.link(1, 0); }, 30s));
  EXPECT_EQ(pair.link(0, 1)->active_path()->id.remote, pair.node(1).address);
}

// Whoever sends copies of packets from a forged source gets at most three times their bytes sent there.
TEST(LinkPathTest, AForgedSourceAddressGetsAtMostThreeTimesItsBytes) {
  for (uint64_t seed = 1; seed <= 20; ++seed) {
    SCOPED_TRACE(seed);
    LinkPair pair(seed);
    pair.mailboxes[kForged];
    ASSERT_TRUE(pair.connect());
    pair.run_for(2s);
    uint64_t forged_bytes = 0;
    // Faster than the genuine packet, so that the genuine one is the replay.
    pair.tap = [&](const Flight& flight) {
      if (flight.source != pair.node(1).address || seed % 4 == 0) return true;
      forged_bytes += flight.bytes.size();
      pair.inject(kForged, flight.path.remote, flight.bytes, 1ms);
      return seed % 3 != 0;  // sometimes the genuine one is kept back as well
    };
    for (int i = 0; i < 100; ++i) {
      pair.send_datagram(0, 1, Bytes(1'200, 1));
      pair.send_datagram(1, 0, kMessage);
      pair.run_for(20ms);
    }
    EXPECT_LE(bytes_in(pair.mailboxes[kForged]), 3 * forged_bytes);
    if (seed % 3 == 0) continue;
    EXPECT_EQ(pair.link(0, 1)->active_path()->id, pair.path_to(1));
    EXPECT_TRUE(pair.node(0).downs.empty());
  }
}

// The confirmation proves that the answer arrived where it was sent, not where a copy of it comes from.
TEST(LinkPathTest, ACopyOfTheConfirmationDoesNotSendTheLinkElsewhere) {
  LinkPair pair(4);
  pair.mailboxes[kForged];
  uint64_t forged_bytes = 0;
  pair.tap = [&](const Flight& flight) {
    if (flight.source != pair.node(0).address ||
        flight.bytes[0] != static_cast<uint8_t>(PacketType::data_plain))
      return true;
    forged_bytes += flight.bytes.size();
    pair.inject(kForged, flight.path.remote, flight.bytes, 1ms);
    return true;
  };
  ASSERT_TRUE(pair.connect());
  pair.tap = nullptr;
  ASSERT_EQ(pair.node(1).ups.size(), 1u);
  EXPECT_EQ(pair.node(1).ups[0].path, pair.path_to(0));
  for (int i = 0; i < 50; ++i) pair.send_datagram(1, 0, Bytes(1'200, 1));
  pair.run_for(1s);
  EXPECT_LE(bytes_in(pair.mailboxes[kForged]), 3 * forged_bytes);
  EXPECT_EQ(pair.node(0).datagrams.size(), 50u);
}

TEST(LinkPathTest, ACopyOfTheResponseDoesNotSendTheLinkElsewhere) {
  LinkPair pair(5);
  pair.mailboxes[kForged];
  pair.tap = [&](const Flight& flight) {
    if (flight.bytes[0] == static_cast<uint8_t>(PacketType::handshake_response)) {
      pair.inject(kForged, flight.path.remote, flight.bytes, 1ms);
    }
    return true;
  };
  ASSERT_TRUE(pair.connect());
  EXPECT_EQ(pair.node(0).ups[0].path, pair.path_to(1));
  for (int i = 0; i < 50; ++i) pair.send_datagram(0, 1, Bytes(1'200, 1));
  pair.run_for(1s);
  EXPECT_TRUE(pair.mailboxes[kForged].empty());
  EXPECT_EQ(pair.node(1).datagrams.size(), 50u);
}

TEST(LinkPathTest, OldAddressesOfAPeerAreLeftInPeaceWhileTheLinkIsWell) {
  LinkPair pair(6);
  ASSERT_TRUE(pair.connect());
  pair.run_for(2s);
  const Endpoint old = pair.node(1).address;
  pair.mailboxes[old];
  pair.move_node(1);
  pair.node(1).layer->network_changed(pair.now());
  pair.drain(1);
  pair.run_for(5s);
  pair.mailboxes[old].clear();
  pair.run_for(5min);
  EXPECT_TRUE(pair.node(0).downs.empty());
  EXPECT_TRUE(pair.mailboxes[old].empty());
}

// UDP did not get through at first; once it does, traffic leaves the stream.
TEST(LinkPathTest, TrafficMovesFromAStreamToDatagrams) {
  LinkPair pair(7);
  constexpr CarrierId kStream{2};
  for (const size_t at : {0u, 1u}) pair.node(at).layer->add_carrier(kStream, CarrierKind::tcp);
  pair.node(0).layer->dial(pair.now(), pair.node(1).key(), {kStream, pair.node(1).address});
  pair.drain(0);
  ASSERT_TRUE(pair.run_until([&] { return pair.link(0, 1) && pair.link(1, 0); }, 1s));
  EXPECT_EQ(pair.link(0, 1)->active_path()->kind, CarrierKind::tcp);
  pair.dial(0, 1);
  talk(pair, 1s);
  for (const size_t at : {0u, 1u}) {
    EXPECT_EQ(pair.link(at, 1 - at)->active_path()->kind, CarrierKind::udp);
    EXPECT_EQ(pair.node(at).ups.size(), 1u);
    EXPECT_TRUE(pair.node(at).downs.empty());
  }
  // And back when the datagrams stop passing.
  pair.tap = [&](const Flight& flight) { return flight.path.carrier == kStream; };
  talk(pair, 3s);
  for (const size_t at : {0u, 1u}) {
    ASSERT_TRUE(pair.link(at, 1 - at));
    EXPECT_EQ(pair.link(at, 1 - at)->active_path()->kind, CarrierKind::tcp);
    EXPECT_TRUE(pair.node(at).downs.empty());
  }
}

TEST(LinkPathTest, APathWhoseMtuShrinksKeepsItsLinkAndItsControlMessages) {
  for (const size_t mtu : {256u, 600u, 1'280u}) {
    LinkPair pair(mtu);
    pair.set_faults({.mtu = 9'000});
    ASSERT_TRUE(pair.connect());
    pair.run_for(2s);
    EXPECT_EQ(pair.link(0, 1)->active_path()->mtu.mtu(), MtuSearch::kLargest);
    pair.set_faults({.mtu = mtu});
    for (int i = 0; i < 50; ++i) {
      pair.send_control(0, 1, Bytes(5'000, 1));
      pair.run_for(100ms);
    }
    pair.run_for(5s);
    EXPECT_EQ(pair.node(1).controls.size(), 50u);
    EXPECT_TRUE(pair.node(0).downs.empty() && pair.node(1).downs.empty());
    EXPECT_LE(pair.link(0, 1)->active_path()->mtu.mtu(), mtu);
  }
}

// --- questions for a key ---------------------------------------------------------------------------

TEST(KeyQuestionTest, TheNodeAtAnAddressAnswersWithItsKeyInFewerBytes) {
  LinkPair pair(20);
  uint64_t asked = 0, answered = 0;
  pair.tap = [&](const Flight& flight) {
    (flight.source == pair.node(0).address ? asked : answered) += flight.bytes.size();
    return true;
  };
  ASSERT_TRUE(pair.node(0).layer->ask_key(pair.now(), pair.path_to(1)));
  pair.drain(0);
  pair.run_for(10s);
  ASSERT_EQ(pair.node(0).keys_learned.size(), 1u);
  EXPECT_EQ(pair.node(0).keys_learned[0].key, pair.node(1).key());
  EXPECT_EQ(pair.node(0).keys_learned[0].path, pair.path_to(1));
  EXPECT_EQ(pair.node(0).keys_unanswered, 0);
  EXPECT_LT(answered, asked);
  EXPECT_GT(answered, 0u);
}

TEST(KeyQuestionTest, AQuietNodeAndANodeOfAnotherNetworkDoNotAnswer) {
  const LinkConfig quiet{.quiet = true};
  const LinkConfig elsewhere{.network = "elsewhere"};
  for (const LinkConfig& config : {quiet, elsewhere}) {
    LinkPair pair(21, {}, config);
    pair.node(0).layer->ask_key(pair.now(), pair.path_to(1));
    pair.drain(0);
    pair.run_for(10s);
    EXPECT_TRUE(pair.node(0).keys_learned.empty());
    EXPECT_EQ(pair.node(0).keys_unanswered, 1);
    EXPECT_EQ(pair.node(1).count(LinkCounter::packets_sent), 0u);
    EXPECT_GT(pair.node(1).count(LinkCounter::key_question_refused), 5u);
  }
}

TEST(KeyQuestionTest, AnAnswerForAnotherKeyIsCountedAndTheGenuineOneStillTaken) {
  LinkPair pair(22);
  pair.tap = [&](const Flight& flight) {
    if (flight.bytes[0] != static_cast<uint8_t>(PacketType::key_answer)) return true;
    KeyAnswer answer = std::get<KeyAnswer>(*decode_packet(flight.bytes));
    answer.key = pair.node(0).key();
    pair.inject(flight.source, flight.path.remote, encode(answer), 1ms);
    return true;
  };
  pair.node(0).layer->ask_key(pair.now(), pair.path_to(1));
  pair.drain(0);
  pair.run_for(1s);
  EXPECT_EQ(pair.node(0).count(LinkCounter::key_answer_invalid), 1u);
  ASSERT_EQ(pair.node(0).keys_learned.size(), 1u);
  EXPECT_EQ(pair.node(0).keys_learned[0].key, pair.node(1).key());
}

TEST(KeyQuestionTest, QuestionsAndAnswersAreBounded) {
  LinkPair pair(23);
  for (uint16_t port = 1; port <= KeyInquiry::kQuestionsMax; ++port) {
    ASSERT_TRUE(
        pair.node(0).layer->ask_key(pair.now(), {kTestCarrier, Endpoint::ipv4(1, 2, 3, 4, port)}));
  }
  EXPECT_FALSE(pair.node(0).layer->ask_key(pair.now(), pair.path_to(1)));
  pair.mailboxes[kForged];
  for (uint64_t nonce = 0; nonce < 1'000; ++nonce) {
    pair.inject(kForged, pair.node(1).address,
                encode(KeyQuestion{nonce, crypto::network_tag_of("world")}));
  }
  pair.run_for(100ms);
  EXPECT_LE(pair.mailboxes[kForged].size(), KeyInquiry::kAnswersPerSecond * 1.2);
}

}  // namespace link_layer_paths_test
}  // namespace starling::link
