// Two whole layers in virtual time: coming up, carrying traffic, new keys.
#include "link/link_layer.h"

#include <gtest/gtest.h>

#include "link/link_pair.h"

namespace starling::link {
namespace link_layer_test {

Bytes numbered(uint32_t number, size_t size = 20) {
  Bytes message(size, 0x40);
  for (size_t i = 0; i < 4 && i < size; ++i)
    message[i] = static_cast<uint8_t>(number >> (24 - 8 * i));
  return message;
}

uint32_t number_of(ByteView message) {
  uint32_t number = 0;
  for (size_t i = 0; i < 4; ++i) number = number << 8 | message[i];
  return number;
}

// How many of `messages` carry 0, 1, 2, ... from the front.
uint32_t numbered_in_order(const std::vector<Bytes>& messages) {
  uint32_t next = 0;
  for (const Bytes& message : messages) {
    if (number_of(message) != next) break;
    ++next;
  }
  return next;
}

TEST(LinkLayerTest, ALinkIsUpAfterOneRoundTripAndItsConfirmation) {
  LinkPair pair(1);
  const Instant begun = pair.now();
  Instant up_at_initiator, up_at_responder;
  pair.node(0).on_event = [&](const LayerEvent&) { up_at_initiator = pair.now(); };
  pair.node(1).on_event = [&](const LayerEvent&) { up_at_responder = pair.now(); };
  ASSERT_TRUE(pair.connect());
  EXPECT_EQ(up_at_initiator - begun, 10ms);
  EXPECT_EQ(up_at_responder - begun, 15ms);
  ASSERT_EQ(pair.node(0).ups.size(), 1u);
  ASSERT_EQ(pair.node(1).ups.size(), 1u);
  EXPECT_TRUE(pair.node(0).ups[0].begun_by_us);
  EXPECT_FALSE(pair.node(1).ups[0].begun_by_us);
  EXPECT_EQ(pair.node(0).ups[0].path, pair.path_to(1));
  EXPECT_EQ(pair.node(1).ups[0].path, pair.path_to(0));
}

TEST(LinkLayerTest, EachSideLearnsHowTheOtherOneSeesIt) {
  LinkPair pair(2);
  ASSERT_TRUE(pair.connect());
  pair.run_for(12s);  // the responder asks with its first idle probe
  ASSERT_EQ(pair.node(0).observed.size(), 1u);
  EXPECT_EQ(pair.node(0).observed[0], pair.node(0).address);
  ASSERT_EQ(pair.node(1).observed.size(), 1u);
  EXPECT_EQ(pair.node(1).observed[0], pair.node(1).address);
}

// Whoever begins first, however long the way and however many packets get lost.
TEST(LinkLayerTest, BothSidesBeginAtOnceAndGetExactlyOneLink) {
  for (uint64_t seed = 1; seed <= 200; ++seed) {
    SCOPED_TRACE(seed);
    LinkPair pair(seed);
    Rng rng(seed);
    const Duration latency = std::chrono::milliseconds(1 + rng.below(seed % 3 == 0 ? 400 : 60));
    pair.set_faults({.latency = latency,
                     .jitter = latency / 2,
                     .loss = seed % 4 == 0 ? 0.2 : 0.0,
                     .duplication = 0.1,
                     .reordering = 0.1});
    pair.dial(0, 1);
    pair.run_for(std::chrono::milliseconds(
        rng.below(3) == 0 ? 0 : rng.below(2 * static_cast<uint64_t>(to_ms(latency)) + 1)));
    pair.dial(1, 0);
    ASSERT_TRUE(pair.run_until([&] { return pair.link(0, 1) && pair.link(1, 0); }, 10s));
    pair.run_for(3s);
    for (size_t at : {0u, 1u}) {
      EXPECT_EQ(pair.node(at).ups.size(), 1u);
      EXPECT_EQ(pair.node(at).downs.size(), 0u);
      EXPECT_EQ(pair.node(at).layer->links().size(), 1u);
    }
    for (uint32_t i = 0; i < 20; ++i) {
      pair.send_control(0, 1, numbered(i));
      pair.send_control(1, 0, numbered(i));
      pair.run_for(50ms);
    }
    pair.run_for(60s);
    EXPECT_EQ(numbered_in_order(pair.node(0).controls), 20u);
    EXPECT_EQ(numbered_in_order(pair.node(1).controls), 20u);
    EXPECT_EQ(pair.node(0).downs.size() + pair.node(1).downs.size(), 0u);
  }
}

TEST(LinkLayerTest, ControlMessagesArriveOnceAndInOrderUnderLoss) {
  for (uint64_t seed = 1; seed <= 20; ++seed) {
    SCOPED_TRACE(seed);
    LinkPair pair(seed);
    ASSERT_TRUE(pair.connect());
    pair.set_faults({.latency = 10ms,
                     .jitter = 5ms,
                     .loss = 0.05 * static_cast<double>(seed % 5),
                     .duplication = 0.1,
                     .reordering = 0.2,
                     .mtu = seed % 2 ? size_t{1'472} : size_t{256}});
    for (uint32_t i = 0; i < 300; ++i) {
      ASSERT_EQ(pair.send_control(0, 1, numbered(i, 4 + i * 13 % 3'000)), SendOutcome::queued);
      ASSERT_EQ(pair.send_control(1, 0, numbered(i, 4 + i % 7)), SendOutcome::queued);
      if (i % 3 == 0) pair.run_for(10ms);
    }
    pair.run_for(60s);
    EXPECT_EQ(pair.node(0).controls.size(), 300u);
    EXPECT_EQ(pair.node(1).controls.size(), 300u);
    EXPECT_EQ(numbered_in_order(pair.node(0).controls), 300u);
    EXPECT_EQ(numbered_in_order(pair.node(1).controls), 300u);
    EXPECT_TRUE(pair.node(0).downs.empty() && pair.node(1).downs.empty());
  }
}

TEST(LinkLayerTest, AControlMessageOfTheLargestSizeArrives) {
  LinkPair pair(3);
  pair.set_faults({.mtu = 256});
  ASSERT_TRUE(pair.connect());
  ASSERT_EQ(pair.send_control(0, 1, Bytes(ControlSender::kMessageMax, 9)), SendOutcome::queued);
  pair.run_for(5s);
  ASSERT_EQ(pair.node(1).controls.size(), 1u);
  EXPECT_EQ(pair.node(1).controls[0], Bytes(ControlSender::kMessageMax, 9));
}

TEST(LinkLayerTest, AControlBufferThatOverflowsTakesTheLinkDown) {
  LinkPair pair(4);
  ASSERT_TRUE(pair.connect());
  pair.set_blocked(true);
  SendOutcome outcome = SendOutcome::queued;
  for (int i = 0; i < 100 && outcome == SendOutcome::queued; ++i) {
    outcome = pair.send_control(0, 1, Bytes(ControlSender::kMessageMax, 1));
  }
  EXPECT_EQ(outcome, SendOutcome::refused);
  EXPECT_EQ(pair.node(0).downs, std::vector{DownReason::congested});
  EXPECT_EQ(pair.node(0).count(LinkCounter::control_send_refused), 1u);
  EXPECT_EQ(pair.send_control(0, 1, numbered(0)), SendOutcome::no_link);
}

// Before and after the path's MTU has been found.
TEST(LinkLayerTest, DatagramsOfEverySizeFitThroughEveryPath) {
  for (const size_t mtu : {256u, 576u, 1'280u, 1'500u, 9'000u}) {
    SCOPED_TRACE(mtu);
    for (const Duration wait : {Duration(0), Duration(10s)}) {
      LinkPair pair(mtu);
      pair.set_faults({.mtu = mtu});
      ASSERT_TRUE(pair.connect());
      pair.run_for(wait);
      std::vector<Bytes> sent;
      for (size_t size = 1; size <= kDatagramMax; ++size) {
        sent.push_back(Bytes(size, static_cast<uint8_t>(size)));
        ASSERT_EQ(pair.send_datagram(0, 1, sent.back()), SendOutcome::queued);
        pair.run_for(1ms);
      }
      pair.run_for(1s);
      EXPECT_TRUE(pair.node(1).datagrams == sent);
    }
  }
}

TEST(LinkLayerTest, SealedDatagramsOfEverySizeFitThroughEveryPath) {
  for (const size_t mtu : {256u, 576u, 1'280u, 1'500u, 9'000u}) {
    SCOPED_TRACE(mtu);
    LinkPair pair(mtu);
    pair.set_faults({.mtu = mtu});
    ASSERT_TRUE(pair.connect());
    pair.run_for(10s);
    size_t wrong = 0;
    for (size_t size = 1; size <= kDatagramMax; ++size) {
      const size_t header_size = std::min<size_t>(size % 150, size);
      Bytes packet(header_size, 1);
      packet.resize(size, 2);
      pair.node(0).layer->send_sealed(pair.now(), pair.link_id(0, 1), std::move(packet),
                                      header_size);
      pair.drain(0);
      pair.run_for(6ms);
      if (pair.node(1).sealed_datagrams.size() != 1 ||
          pair.node(1).sealed_datagrams[0].mesh_header != Bytes(header_size, 1) ||
          pair.node(1).sealed_datagrams[0].body != Bytes(size - header_size, 2)) {
        ++wrong;
      }
      pair.node(1).sealed_datagrams.clear();
    }
    EXPECT_EQ(wrong, 0u);
  }
}

TEST(LinkLayerTest, FullSizeDatagramsTravelWholeWhereThePathCarriesThem) {
  LinkPair pair(5);
  pair.set_faults({.mtu = 9'000});
  ASSERT_TRUE(pair.connect());
  pair.run_for(5s);
  int packets = 0;
  pair.tap = [&](const Flight& flight) {
    return packets += flight.source == pair.node(0).address, true;
  };
  pair.send_datagram(0, 1, Bytes(kDatagramMax, 1));
  EXPECT_EQ(packets, 1);
}

TEST(LinkLayerTest, ADatagramTooLargeIsRefusedAndCounted) {
  LinkPair pair(6);
  ASSERT_TRUE(pair.connect());
  EXPECT_EQ(pair.send_datagram(0, 1, Bytes(kDatagramMax + 1)), SendOutcome::too_large);
  EXPECT_EQ(
      pair.node(0).layer->send_sealed(pair.now(), pair.link_id(0, 1), Bytes(kDatagramMax + 1), 49),
      SendOutcome::too_large);
  EXPECT_EQ(pair.node(0).count(LinkCounter::datagram_too_large), 2u);
  EXPECT_EQ(pair.send_datagram(0, 1, Bytes(kDatagramMax)), SendOutcome::queued);
}

TEST(LinkLayerTest, AFullQueueDropsItsOldestDatagram) {
  LinkPair pair(7);
  ASSERT_TRUE(pair.connect());
  LinkLayer& layer = *pair.node(0).layer;
  for (uint32_t i = 0; i < Link::kQueueItemsMax; ++i) {
    ASSERT_EQ(layer.send_datagram(pair.now(), pair.link_id(0, 1), numbered(i)),
              SendOutcome::queued);
  }
  EXPECT_EQ(layer.send_datagram(pair.now(), pair.link_id(0, 1), numbered(Link::kQueueItemsMax)),
            SendOutcome::dropped_oldest);
  EXPECT_EQ(pair.node(0).count(LinkCounter::datagram_queue_full), 1u);
  pair.drain(0);
  pair.run_for(100ms);
  ASSERT_EQ(pair.node(1).datagrams.size(), Link::kQueueItemsMax);
  EXPECT_EQ(number_of(pair.node(1).datagrams.front()), 1u);
  EXPECT_EQ(number_of(pair.node(1).datagrams.back()), Link::kQueueItemsMax);
}

TEST(LinkLayerTest, AQueueFullOfBytesDropsItsOldestDatagrams) {
  LinkPair pair(8);
  ASSERT_TRUE(pair.connect());
  for (uint32_t i = 0; i < 400; ++i) {
    pair.node(0).layer->send_datagram(pair.now(), pair.link_id(0, 1), numbered(i, kDatagramMax));
  }
  const size_t room = Link::kQueueBytesMax / (kDatagramMax + 1);
  EXPECT_EQ(pair.node(0).count(LinkCounter::datagram_queue_full), 400 - room);
}

TEST(LinkLayerTest, NewKeysEveryTwoMinutesLoseNoControlMessage) {
  for (uint64_t seed = 1; seed <= 10; ++seed) {
    SCOPED_TRACE(seed);
    LinkPair pair(seed);
    ASSERT_TRUE(pair.connect());
    pair.set_faults({.latency = 20ms,
                     .jitter = 10ms,
                     .loss = seed % 2 ? 0.0 : 0.1,
                     .duplication = 0.05,
                     .reordering = 0.1});
    const uint32_t count = 10 * 60 * 10;
    for (uint32_t i = 0; i < count; ++i) {
      pair.send_control(0, 1, numbered(i));
      pair.send_control(1, 0, numbered(i));
      pair.send_datagram(0, 1, numbered(i));
      pair.run_for(100ms);
    }
    pair.run_for(10s);
    EXPECT_EQ(numbered_in_order(pair.node(0).controls), count);
    EXPECT_EQ(numbered_in_order(pair.node(1).controls), count);
    EXPECT_EQ(pair.node(0).ups.size(), 1u);
    EXPECT_EQ(pair.node(1).ups.size(), 1u);
    EXPECT_TRUE(pair.node(0).downs.empty() && pair.node(1).downs.empty());
    EXPECT_GE(pair.node(0).count(LinkCounter::handshakes_completed), 5u);
    EXPECT_LE(pair.node(0).count(LinkCounter::handshakes_completed), 8u);
    if (seed % 2) {
      EXPECT_EQ(pair.node(1).datagrams.size(), count);
    }
  }
}

TEST(LinkLayerTest, AnIdleLinkStaysUpAndCostsLittle) {
  LinkPair pair(9);
  ASSERT_TRUE(pair.connect());
  pair.run_for(1min);
  const uint64_t before = pair.node(0).count(LinkCounter::bytes_sent);
  pair.run_for(10min);
  EXPECT_TRUE(pair.node(0).downs.empty() && pair.node(1).downs.empty());
  // 8 neighbours and 200 bytes a second for everything together.
  EXPECT_LT(pair.node(0).count(LinkCounter::bytes_sent) - before, 600u * 15);
}

TEST(LinkLayerTest, EqualSeedsGiveEqualRuns) {
  const auto trace_of = [](uint64_t seed) {
    LinkPair pair(seed);
    Bytes trace;
    pair.tap = [&](const Flight& flight) { return append(trace, flight.bytes), true; };
    pair.set_faults({.jitter = 5ms, .loss = 0.1, .duplication = 0.1, .reordering = 0.1});
    pair.connect();
    for (uint32_t i = 0; i < 50; ++i) {
      pair.send_control(0, 1, numbered(i));
      pair.run_for(100ms);
    }
    return trace;
  };
  EXPECT_EQ(trace_of(10), trace_of(10));
  EXPECT_NE(trace_of(10), trace_of(11));
}

}  // namespace link_layer_test
}  // namespace starling::link
