// A whole layer and a peer made by hand: later versions, wrong frames, replays, refusals and their counters.
#include <gtest/gtest.h>

#include "link/handmade_peer.h"

namespace starling::link {
namespace link_layer_peer_test {

const Bytes kMessage = {0x40, 1, 2, 3};

template <typename FrameType>
std::optional<FrameType> first_of(const std::vector<Bytes>& plaintexts) {
  for (const Bytes& plaintext : plaintexts) {
    const auto frames = decode_frames(plaintext);
    if (!frames) continue;
    for (const Frame& frame : *frames) {
      if (const auto* found = std::get_if<FrameType>(&frame)) return *found;
    }
  }
  return std::nullopt;
}

TEST(LaterVersionTest, ANodeOfVersionTwoTalksToOneOfVersionOne) {
  LinkPair pair(1, {.features = 0b0101});
  HandmadePeer peer(pair, 1);
  ASSERT_TRUE(peer.shake_hands(0, {.version_min = 1,
                                   .version_max = 2,
                                   .features = 0xffff'fffe,
                                   .instance = 7,
                                   .extension = Bytes(48, 0xee)}));
  EXPECT_EQ(peer.established->agreement.version, 1);
  EXPECT_EQ(peer.established->agreement.features, 0b0100u);
  // A frame that the old node knows, two that it does not, and one more that it knows.
  Bytes plaintext;
  encode(DatagramFrame{kMessage}, plaintext);
  append(plaintext, Bytes{0x80, 3, 1, 2, 3, 0xff, 0});
  encode(DatagramFrame{kMessage}, plaintext);
  peer.say(plaintext);
  pair.run_for(100ms);
  ASSERT_EQ(pair.node(0).ups.size(), 1u);
  EXPECT_EQ(pair.node(0).ups[0].agreement, peer.established->agreement);
  EXPECT_EQ(pair.node(0).datagrams.size(), 2u);
  EXPECT_EQ(pair.node(0).count(LinkCounter::skipped_frame), 2u);
  EXPECT_TRUE(pair.node(0).downs.empty());
}

TEST(LaterVersionTest, LayersOfBothVersionsAgree) {
  const LinkConfig later{.version_max = 2, .features = 0xff, .hello_extension = Bytes(20, 1)};
  for (const bool later_begins : {false, true}) {
    LinkPair pair(2, later_begins ? later : LinkConfig{}, later_begins ? LinkConfig{} : later);
    ASSERT_TRUE(pair.connect());
    EXPECT_EQ(pair.node(0).ups[0].agreement.version, 1);
    EXPECT_EQ(pair.node(1).ups[0].agreement, pair.node(0).ups[0].agreement);
  }
}

TEST(LaterVersionTest, WithoutACommonVersionThereIsNoLink) {
  LinkPair pair(3, {}, {.version_min = 2, .version_max = 3});
  EXPECT_FALSE(pair.connect(6s));
  EXPECT_GT(pair.node(1).count(LinkCounter::no_agreement), 0u);
  ASSERT_EQ(pair.node(0).dials_failed.size(), 1u);
}

TEST(WrongPeerTest, AnUnknownFrameThatMayNotBeSkippedEndsTheLink) {
  LinkPair pair(4);
  HandmadePeer peer(pair, 4);
  ASSERT_TRUE(peer.shake_hands(0, peer.hello()));
  peer.say(Bytes{0x7f, 0});
  pair.run_for(100ms);
  EXPECT_EQ(pair.node(0).count(LinkCounter::malformed_frame), 1u);
  EXPECT_EQ(pair.node(0).downs, std::vector{DownReason::protocol_violation});
  const auto close = first_of<CloseFrame>(peer.take_plaintexts());
  ASSERT_TRUE(close);
  EXPECT_EQ(close->reason, CloseReason::protocol_violation);
}

TEST(WrongPeerTest, AnAcknowledgementOfWhatWasNeverSentEndsTheLink) {
  LinkPair pair(5);
  HandmadePeer peer(pair, 5);
  ASSERT_TRUE(peer.shake_hands(0, peer.hello()));
  peer.say(AckFrame{1'000, {}});
  pair.run_for(100ms);
  EXPECT_EQ(pair.node(0).count(LinkCounter::control_violation), 1u);
  EXPECT_EQ(pair.node(0).downs, std::vector{DownReason::protocol_violation});
}

TEST(WrongPeerTest, ControlBytesBeyondTheWindowEndTheLink) {
  LinkPair pair(6);
  HandmadePeer peer(pair, 6);
  ASSERT_TRUE(peer.shake_hands(0, peer.hello()));
  peer.say(ControlFrame{ControlReceiver::kWindow, kMessage});
  pair.run_for(100ms);
  EXPECT_EQ(pair.node(0).count(LinkCounter::control_violation), 1u);
  EXPECT_EQ(pair.node(0).downs, std::vector{DownReason::protocol_violation});
}

TEST(WrongPeerTest, ControlBytesWithTooManyGapsAreDroppedAndCounted) {
  LinkPair pair(7);
  HandmadePeer peer(pair, 7);
  ASSERT_TRUE(peer.shake_hands(0, peer.hello()));
  for (uint64_t i = 1; i <= ControlReceiver::kGapsMax + 1; ++i)
    peer.say(ControlFrame{10 * i, kMessage});
  pair.run_for(100ms);
  EXPECT_EQ(pair.node(0).count(LinkCounter::control_no_room), 1u);
  EXPECT_TRUE(pair.node(0).downs.empty());
}

TEST(WrongPeerTest, AFragmentInsideAFragmentedRowEndsTheLink) {
  LinkPair pair(8);
  HandmadePeer peer(pair, 8);
  ASSERT_TRUE(peer.shake_hands(0, peer.hello()));
  Bytes row;
  encode(FragmentFrame{1, 0, 2, kMessage}, row);
  for (const FragmentFrame& fragment : cut_into_fragments(9, row, 16)) peer.say(fragment);
  pair.run_for(100ms);
  EXPECT_EQ(pair.node(0).downs, std::vector{DownReason::protocol_violation});
}

TEST(WrongPeerTest, RowsThatAreNeverCompleteAreCounted) {
  LinkPair pair(9);
  HandmadePeer peer(pair, 9);
  ASSERT_TRUE(peer.shake_hands(0, peer.hello()));
  for (uint32_t id = 0; id < 40; ++id) peer.say(FragmentFrame{id, 0, 2, kMessage});
  pair.run_for(50ms);
  EXPECT_EQ(pair.node(0).count(LinkCounter::row_incomplete), 40 - Reassembler::kRowsMax);
  pair.run_for(3s);
  EXPECT_EQ(pair.node(0).count(LinkCounter::row_incomplete), 40u);
}

TEST(WrongPeerTest, AFloodOfPingsAndChallengesIsAnsweredWithoutGrowing) {
  LinkPair pair(10);
  HandmadePeer peer(pair, 10);
  ASSERT_TRUE(peer.shake_hands(0, peer.hello()));
  Bytes plaintext;
  for (uint32_t i = 0; i < 150; ++i) encode(PingFrame{i}, plaintext);
  peer.say(plaintext);
  pair.run_for(20ms);
  EXPECT_LE(peer.take_mail().size(), 80u);
  EXPECT_TRUE(pair.node(0).downs.empty());
}

TEST(WrongPeerTest, AnAnswerToNoChallengeIsCounted) {
  LinkPair pair(11);
  HandmadePeer peer(pair, 11);
  ASSERT_TRUE(peer.shake_hands(0, peer.hello()));
  peer.say(PathResponseFrame{1});
  pair.run_for(100ms);
  EXPECT_EQ(pair.node(0).count(LinkCounter::unknown_path_response), 1u);
}

// A peer may make new keys as often as it likes: the old ones go.
TEST(WrongPeerTest, NewKeysWithoutEndDoNotGrowTheTables) {
  LinkPair pair(12);
  HandmadePeer peer(pair, 12);
  ASSERT_TRUE(peer.shake_hands(0, peer.hello()));
  peer.say(PingFrame{1});
  pair.run_for(10ms);
  for (int i = 0; i < 50; ++i) {
    ASSERT_TRUE(peer.shake_hands(0, peer.hello()));
    peer.say(PingFrame{1});
    pair.run_for(10ms);
  }
  EXPECT_LE(pair.node(0).layer->links().at(0)->indices().size(), KeySlots::kSlotsMax);
  EXPECT_TRUE(pair.node(0).downs.empty());
}

// --- replays -------------------------------------------------------------------------------------

struct Captured {
  explicit Captured(LinkPair& pair) {
    pair.tap = [this](const Flight& flight) { return packets.push_back(flight), true; };
  }
  std::vector<Flight> packets;
};

TEST(ReplayTest, NoPacketOfTheLinkOrOfAnEarlierOneDisplacesAnything) {
  for (const Duration wait : {Duration(50ms), Duration(3s), Duration(125s)}) {
    LinkPair pair(13);
    Captured captured(pair);
    ASSERT_TRUE(pair.connect());
    // A first life of the link, whose packets are replayed into the second.
    pair.run_for(1s);
    pair.node(0).layer->close_all(pair.now());
    pair.drain(0);
    pair.run_for(1s);
    ASSERT_TRUE(pair.connect());
    for (int i = 0; i < 10; ++i) {
      pair.send_control(0, 1, kMessage);
      pair.send_control(1, 0, kMessage);
      pair.send_datagram(0, 1, kMessage);
      pair.run_for(wait / 10);
    }
    pair.tap = nullptr;
    const size_t datagrams = pair.node(1).datagrams.size();
    for (int round = 0; round < 3; ++round) {
      for (const Flight& flight : captured.packets) {
        pair.inject(flight.source, flight.path.remote, flight.bytes);
        pair.inject(Endpoint::ipv4(203, 0, 113, 1, 1), flight.path.remote, flight.bytes);
      }
      pair.run_for(2s);
    }
    for (int i = 0; i < 10; ++i) {
      pair.send_control(0, 1, kMessage);
      pair.send_control(1, 0, kMessage);
      pair.run_for(50ms);
    }
    pair.run_for(1s);
    for (const size_t at : {0u, 1u}) {
      EXPECT_EQ(pair.node(at).ups.size(), 2u);
      EXPECT_EQ(pair.node(at).downs.size(), 1u);
      EXPECT_EQ(pair.node(at).controls.size(), 20u);
      EXPECT_GT(pair.node(at).count(LinkCounter::replayed_packet), 0u);
      EXPECT_EQ(pair.link(at, 1 - at)->active_path()->id, pair.path_to(1 - at));
    }
    EXPECT_EQ(pair.node(1).datagrams.size(), datagrams);
    EXPECT_GT(pair.node(0).count(LinkCounter::unknown_index), 0u);
  }
}

TEST(ReplayTest, AReplayedInitDoesNotTieANewLinkToAnEarlierLife) {
  LinkPair pair(14);
  Captured captured(pair);
  ASSERT_TRUE(pair.connect());
  pair.tap = nullptr;
  const Flight init = captured.packets.front();
  pair.run_for(1s);
  // Node 1 has a pending session of the present life when it gives the link up alone.
  pair.inject(init.source, init.path.remote, init.bytes);
  pair.run_for(10ms);
  pair.send_control(0, 1, kMessage);
  pair.run_for(100ms);
  pair.set_faults({.blocked = true});
  pair.send_datagram(1, 0, kMessage);
  ASSERT_TRUE(pair.run_until([&] { return !pair.link(1, 0); }, 5s));
  pair.set_faults({});
  pair.dial(1, 0);
  pair.run_for(1s);
  pair.send_control(0, 1, kMessage);
  pair.send_control(1, 0, kMessage);
  pair.run_for(1s);
  EXPECT_EQ(pair.node(0).count(LinkCounter::control_violation), 0u);
  EXPECT_EQ(pair.node(1).count(LinkCounter::control_violation), 0u);
  EXPECT_EQ(pair.node(0).controls.size(), 1u);
  EXPECT_EQ(pair.node(1).controls.size(), 2u);
  EXPECT_EQ(pair.node(0).downs, std::vector{DownReason::restarted});
}

// --- refusals ------------------------------------------------------------------------------------

TEST(RefusalTest, NodesOfDifferentNetworksDoNotLink) {
  LinkPair pair(15, {}, {.network = "elsewhere"});
  EXPECT_FALSE(pair.connect(6s));
  EXPECT_GT(pair.node(1).count(LinkCounter::unreadable_init), 5u);
  ASSERT_EQ(pair.node(0).dials_failed.size(), 1u);
  EXPECT_EQ(pair.node(0).dials_failed[0].outcome, DialOutcome::no_answer);
}

TEST(RefusalTest, ANodeDoesNotDialItsOwnKeyNorAKeyThatIsNone) {
  LinkPair pair(16);
  pair.dial(0, 0);
  pair.node(0).layer->dial(pair.now(), crypto::NodeKey{}, pair.path_to(1));
  pair.drain(0);
  ASSERT_EQ(pair.node(0).dials_failed.size(), 2u);
  EXPECT_EQ(pair.node(0).dials_failed[0].outcome, DialOutcome::own_key);
  EXPECT_EQ(pair.node(0).dials_failed[1].outcome, DialOutcome::invalid_key);
  EXPECT_EQ(pair.node(0).count(LinkCounter::packets_sent), 0u);
}

TEST(RefusalTest, AHandshakeWithOurOwnKeyIsReportedAndNotAnswered) {
  LinkPair pair(17);
  crypto::SeededRandom random(1);
  const HandshakeContext own(pair.node(0).identity, "world");
  const auto init =
      Initiation::begin(own, pair.node(0).key(), {.instance = 1, .extension = {}}, 1, random);
  Bytes packet = init->packet();
  finish_macs(MacKeys(pair.node(0).identity.dh_public()), std::nullopt, packet);
  pair.inject(pair.node(1).address, pair.node(0).address, packet);
  pair.run_for(1s);
  EXPECT_EQ(pair.node(0).own_keys_seen, 1);
  EXPECT_EQ(pair.node(0).count(LinkCounter::own_key), 1u);
  EXPECT_EQ(pair.node(0).count(LinkCounter::packets_sent), 0u);
}

TEST(RefusalTest, LinksBeyondTheOwnersLimitAreRefused) {
  LinkPair pair(18, {.links_max = 3});
  for (size_t i = 2; i <= 6; ++i) pair.add_node();
  for (size_t i = 1; i <= 6; ++i) pair.dial(i, 0);  // all at once: their handshakes overlap
  pair.run_for(10s);
  EXPECT_EQ(pair.node(0).layer->links().size(), 3u);
  EXPECT_EQ(pair.node(0).ups.size(), 3u);
  EXPECT_GT(pair.node(0).count(LinkCounter::too_many_links), 0u);
  size_t linked = 0;
  for (size_t i = 1; i <= 6; ++i) linked += pair.link(i, 0) != nullptr;
  EXPECT_EQ(linked, 3u);
}

TEST(RefusalTest, ADialBeyondTheOwnersLimitFails) {
  LinkPair pair(19, {.links_max = 1});
  pair.add_node();
  pair.dial(0, 1);
  pair.dial(0, 2);
  pair.run_for(10s);
  EXPECT_EQ(pair.node(0).layer->links().size(), 1u);
  ASSERT_EQ(pair.node(0).dials_failed.size(), 1u);
  EXPECT_EQ(pair.node(0).dials_failed[0].outcome, DialOutcome::refused);
  EXPECT_EQ(pair.node(1).layer->links().size() + pair.node(2).layer->links().size(), 1u);
}

TEST(RefusalTest, EachKindOfNoiseIsCountedByItsName) {
  LinkPair pair(20);
  HandmadePeer peer(pair, 20);
  const auto give = [&](Bytes packet) {
    pair.inject(peer.address, pair.node(0).address, std::move(packet));
  };
  give({});
  give({0x77, 1, 2, 3});
  give(Bytes(60, 0x10));  // data for an index that nobody has
  Bytes wrong_mac = peer.init_for(0, peer.hello());
  wrong_mac[wrong_mac.size() - kMacsSize] ^= 1;
  give(wrong_mac);
  Bytes unreadable = peer.init_for(0, peer.hello());
  unreadable[20] ^= 1;
  finish_macs(MacKeys(pair.node(0).identity.dh_public()), std::nullopt, unreadable);
  give(unreadable);
  give(encode(CookieReply{}));
  give(encode(KeyAnswer{}));
  give(encode(KeyQuestion{.nonce = 1, .network = {}}));
  give(encode_response(1, 2, Bytes(100)));
  pair.run_for(100ms);
  const LinkNode& node = pair.node(0);
  EXPECT_EQ(node.count(LinkCounter::malformed_packet), 2u);
  EXPECT_EQ(node.count(LinkCounter::unknown_index), 2u);
  EXPECT_EQ(node.count(LinkCounter::wrong_mac1), 1u);
  EXPECT_EQ(node.count(LinkCounter::unreadable_init), 1u);
  EXPECT_EQ(node.count(LinkCounter::unreadable_cookie), 1u);
  EXPECT_EQ(node.count(LinkCounter::key_answer_invalid), 1u);
  EXPECT_EQ(node.count(LinkCounter::key_question_refused), 1u);
  EXPECT_EQ(node.count(LinkCounter::packets_sent), 0u);
  EXPECT_EQ(node.count(LinkCounter::packets_received), 9u);
}

TEST(RefusalTest, AlteredPacketsAreCountedAndChangeNothing) {
  LinkPair pair(21);
  ASSERT_TRUE(pair.connect());
  pair.run_for(1s);
  Rng rng(21);
  pair.tap = [&](Flight& flight) {
    Flight altered = flight;
    altered.bytes[5 + rng.below(altered.bytes.size() - 5)] ^=
        static_cast<uint8_t>(1 << rng.below(8));
    pair.inject(altered.source, altered.path.remote, altered.bytes, 1ms);
    return true;
  };
  for (int i = 0; i < 100; ++i) {
    pair.send_control(0, 1, kMessage);
    pair.send_control(1, 0, kMessage);
    pair.run_for(20ms);
  }
  EXPECT_EQ(pair.node(0).controls.size(), 100u);
  EXPECT_EQ(pair.node(1).controls.size(), 100u);
  EXPECT_GT(pair.node(0).count(LinkCounter::forged_packet), 90u);
  EXPECT_TRUE(pair.node(0).downs.empty() && pair.node(1).downs.empty());
}

TEST(RefusalTest, OfTwoHandshakesAtOnceTheLowerKeysOneIsAnsweredAndTheOtherCounted) {
  LinkPair pair(23);
  pair.dial(0, 1);
  pair.dial(1, 0);
  pair.run_for(1s);
  const size_t lower = pair.node(0).key() < pair.node(1).key() ? 0 : 1;
  EXPECT_EQ(pair.node(lower).count(LinkCounter::handshake_yielded), 1u);
  EXPECT_EQ(pair.node(lower).count(LinkCounter::handshakes_answered), 0u);
  EXPECT_EQ(pair.node(1 - lower).count(LinkCounter::handshakes_answered), 1u);
}

TEST(RefusalTest, HandshakesThatAPeerNeverFinishesAreFewAndDoNotKeepItOut) {
  LinkPair pair(24);
  HandmadePeer peer(pair, 24);
  for (int i = 0; i < 10; ++i) {
    pair.inject(peer.address, pair.node(0).address, peer.init_for(0, peer.hello()));
  }
  pair.run_for(100ms);
  EXPECT_EQ(pair.node(0).count(LinkCounter::pending_full), 10 - PendingSessions::kPerPeerMax);
  pair.run_for(1s);
  EXPECT_TRUE(peer.shake_hands(0, peer.hello()));
  pair.run_for(11s);
  EXPECT_EQ(pair.node(0).layer->table_entries(), 0u);
}

// All from one address that can answer, so that it has a cookie.
TEST(RefusalTest, HandshakesFromOneAddressAreLimitedUnderLoad) {
  LinkPair pair(25, {.handshakes_per_s = 1, .handshakes_per_s_per_address = 5});
  const MacKeys macs(pair.node(0).identity.dh_public());
  HandmadePeer peer(pair, 25);
  Bytes init = peer.init_for(0, peer.hello());
  for (int i = 0; i < 2; ++i) pair.inject(peer.address, pair.node(0).address, init);
  pair.run_for(10ms);
  std::optional<Cookie> cookie;
  for (const Bytes& packet : peer.take_mail()) {
    const auto decoded = decode_packet(packet);
    const auto* reply = std::get_if<CookieReply>(&*decoded);
    const ByteView mac1 = ByteView(init).subspan(init.size() - kMacsSize, crypto::Mac::kSize);
    if (reply) cookie = open_cookie(macs, *reply, *crypto::Mac::from(mac1));
  }
  ASSERT_TRUE(cookie);
  finish_macs(macs, cookie, init);
  for (int i = 0; i < 20; ++i) pair.inject(peer.address, pair.node(0).address, init);
  pair.run_for(10ms);
  EXPECT_EQ(pair.node(0).count(LinkCounter::handshake_limit), 15u);
  EXPECT_EQ(peer.take_mail().size(), 5u);  // the same answer again
}

TEST(RefusalTest, APacketOverACarrierThatDoesNotExistIsCounted) {
  LinkPair pair(22);
  pair.node(0).layer->handle_packet(pair.now(), {CarrierId{9}, pair.node(1).address}, Bytes{1});
  EXPECT_EQ(pair.node(0).count(LinkCounter::unknown_carrier), 1u);
}

}  // namespace link_layer_peer_test
}  // namespace starling::link
