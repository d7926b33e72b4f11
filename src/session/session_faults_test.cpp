// SessionLayer on bad ways and among bad neighbours.
#include <gtest/gtest.h>

#include "session/session_transfer.h"

namespace starling::session {
namespace session_faults_test {

TEST(SessionFaultsTest, SixtyFourMiBArriveUnchangedThroughLossAndReordering) {
  SessionPair pair({.loss = 0.05, .delay_min = 20ms, .delay_max = 30ms});
  Transfer transfer(pair, 64 << 20);
  ASSERT_TRUE(pair.run_until([&] { return transfer.done(); }, 10min)) << transfer.received();
  EXPECT_TRUE(transfer.is_equal());
}

TEST(SessionFaultsTest, AStreamSurvivesFiveCutsOfFiveSeconds) {
  SessionPair pair({.loss = 0.01});
  // Slow enough that every cut falls into the transfer.
  constexpr uint64_t kSize = 8 << 20;
  uint64_t bytes_in_window = 0;
  Instant window{};
  pair.tap = [&](Flight& flight) {
    if (pair.now() - window > 10ms) {
      window = pair.now();
      bytes_in_window = 0;
    }
    bytes_in_window += flight.payload.size();
    return bytes_in_window <= 8'000;  // 800 kB/s
  };
  Transfer transfer(pair, kSize);
  for (int i = 0; i < 5; ++i) {
    pair.run_for(1s);
    ASSERT_LT(transfer.received(), kSize);
    pair.cut();
    pair.run_for(5s);
    pair.mend();
  }
  ASSERT_TRUE(pair.run_until([&] { return transfer.done(); }, 10min)) << transfer.received();
  EXPECT_TRUE(transfer.is_equal());
  EXPECT_EQ(pair.events<SessionUp>(0).size(), 1u);
}

TEST(SessionFaultsTest, ADeadPeerIsAnErrorWithin30SecondsWithAndWithoutDataUnderWay) {
  for (const bool busy : {false, true}) {
    for (const size_t survivor : {0u, 1u}) {
      SessionPair pair({});
      pair.layer(1).listen("a/1", SessionLayer::allow_all());
      const StreamId opened = pair.open(0, 1, "a/1");
      pair.run_for(100s);  // idle for long before it dies
      const StreamId stream = survivor == 0 ? opened : pair.events<StreamOpened>(1).at(0).stream;
      pair.kill(1 - survivor);
      if (busy) {
        Upload upload(stream, 3 << 20);
        upload.pump(pair.layer(survivor), pair.now());
        pair.drain(survivor);
      }
      pair.run_for(30s);
      ASSERT_TRUE(pair.closed(survivor, stream)) << busy << survivor;
      EXPECT_EQ(pair.closed(survivor, stream)->reason, StreamEnd::peer_dead);
      EXPECT_EQ(pair.events<SessionDown>(survivor).at(0).reason, SessionEnd::peer_dead);
      EXPECT_EQ(pair.layer(survivor).connection_count(), 0u);
    }
  }
}

TEST(SessionFaultsTest, APeerThatNeverAnsweredIsUnreachableWithin30Seconds) {
  SessionPair pair({});
  pair.kill(1);
  const StreamId stream = pair.open(0, 1);
  pair.write(0, stream, "anybody there?");
  pair.run_for(30s);
  ASSERT_TRUE(pair.closed(0, stream));
  EXPECT_EQ(pair.closed(0, stream)->reason, StreamEnd::unreachable);
  EXPECT_EQ(pair.counted(0, SessionCounter::dials_failed), 1u);
  EXPECT_EQ(pair.layer(0).stream_count() + pair.layer(0).connection_count(), 0u);
}

TEST(SessionFaultsTest, WhoAnswersWithAnotherKeyIsRefused) {
  SessionPair pair({.node_count = 3});
  pair.layer(2).listen("echo/1", SessionLayer::allow_all());
  // Node 2 gets what is meant for node 1 and answers under its name.
  pair.tap = [&](Flight& flight) {
    if (flight.to == 1) flight.to = 2;
    if (flight.from == pair.at(2).id) flight.from = pair.at(1).id;
    return true;
  };
  const StreamId stream = pair.open(0, 1);
  pair.write(0, stream, "for 1 only");
  pair.run_for(5s);
  ASSERT_TRUE(pair.closed(0, stream));
  EXPECT_EQ(pair.closed(0, stream)->reason, StreamEnd::wrong_key);
  EXPECT_EQ(pair.counted(0, SessionCounter::wrong_key), 1u);
  EXPECT_TRUE(pair.events<SessionUp>(0).empty());
  EXPECT_TRUE(pair.events<SessionUp>(2).empty());
  EXPECT_TRUE(pair.events<StreamOpened>(2).empty());
}

TEST(SessionFaultsTest, WhoDialsUnderAnotherNameIsRefused) {
  SessionPair pair({.node_count = 3});
  pair.layer(1).listen("echo/1", SessionLayer::allow_all());
  // Node 0 dials node 1 and says that it is node 2, and gets the answers all the same.
  pair.tap = [&](Flight& flight) {
    if (flight.from == pair.at(0).id) flight.from = pair.at(2).id;
    if (flight.to == 2) flight.to = 0;
    return true;
  };
  const StreamId stream = pair.open(0, 1);
  pair.run_for(5s);
  ASSERT_TRUE(pair.closed(0, stream));
  EXPECT_EQ(pair.closed(0, stream)->reason, StreamEnd::peer_refused);
  EXPECT_TRUE(pair.events<SessionUp>(1).empty());
  EXPECT_EQ(pair.counted(1, SessionCounter::wrong_key), 1u);
}

TEST(SessionFaultsTest, GarbageTruncatedAndFlippedDatagramsAreCountedAndHarmNothing) {
  SessionPair pair({});
  // Every fifth datagram arrives twice: as it is, and before that damaged.
  uint64_t damaged = 0;
  pair.tap = [&](Flight& flight) {
    if (!pair.rng().chance(0.2)) return true;
    Bytes bytes = flight.payload;
    switch (pair.rng().below(3)) {
      case 0:
        for (uint8_t& byte : bytes) byte = static_cast<uint8_t>(pair.rng()());
        break;
      case 1:
        bytes.resize(pair.rng().below(bytes.size()));
        break;
      default:
        bytes[pair.rng().below(bytes.size())] ^= static_cast<uint8_t>(1 << pair.rng().below(8));
    }
    ++damaged;
    pair.layer(flight.to).handle_datagram(pair.now(), flight.from, bytes);
    return true;
  };
  Transfer transfer(pair, 4 << 20);
  ASSERT_TRUE(pair.run_until([&] { return transfer.done(); }, 5min));
  EXPECT_TRUE(transfer.is_equal());
  uint64_t dropped = 0;
  for (const size_t i : {0u, 1u}) {
    for (const auto counter :
         {SessionCounter::malformed_datagram, SessionCounter::unknown_version,
          SessionCounter::unknown_connection, SessionCounter::undecipherable}) {
      dropped += pair.counted(i, counter);
    }
    EXPECT_EQ(pair.counted(i, SessionCounter::protocol_error), 0u);
  }
  EXPECT_GT(damaged, 500u);
  EXPECT_GE(dropped, damaged * 9 / 10);
  EXPECT_EQ(pair.events<SessionUp>(0).size(), 1u);
  EXPECT_LE(pair.layer(0).connection_count() + pair.layer(1).connection_count(), 4u);
}

TEST(SessionFaultsTest, RepeatedAndForeignDatagramsAreCountedAndHarmNothing) {
  SessionPair pair({.node_count = 3});
  std::vector<Flight> seen;
  pair.tap = [&](Flight& flight) {
    seen.push_back(flight);
    return true;
  };
  Transfer transfer(pair, 1 << 20);
  ASSERT_TRUE(pair.run_until([&] { return transfer.done(); }, 1min));
  pair.tap = nullptr;
  for (const Flight& flight : seen) {
    pair.inject(flight.from, flight.to, flight.payload);
    pair.inject(pair.at(2).id, flight.to, flight.payload);
    pair.inject(pair.at(flight.to).id, flight.to, flight.payload);
  }
  EXPECT_GT(pair.counted(1, SessionCounter::wrong_sender), 100u);
  EXPECT_EQ(
      pair.counted(1, SessionCounter::own_sender) + pair.counted(0, SessionCounter::own_sender),
      seen.size());
  const StreamId stream = pair.open(0, 1, "sink");
  pair.finish(0, stream);
  pair.run_for(1s);
  EXPECT_EQ(pair.closed(0, stream)->reason, StreamEnd::finished);
  EXPECT_TRUE(pair.events<SessionDown>(0).empty());
}

TEST(SessionFaultsTest, APeerThatForgotEverythingAnswersWithAResetAndIsNoticedAtOnce) {
  SessionPair pair({});
  pair.layer(1).listen("a/1", SessionLayer::allow_all());
  const StreamId stream = pair.open(0, 1, "a/1");
  pair.run_for(10s);
  pair.restart(1);
  pair.layer(1).listen("a/1", SessionLayer::allow_all());
  pair.write(0, stream, "are you still there?");
  pair.run_for(1s);
  ASSERT_TRUE(pair.closed(0, stream));
  EXPECT_EQ(pair.closed(0, stream)->reason, StreamEnd::peer_restarted);
  EXPECT_EQ(pair.events<SessionDown>(0).at(0).reason, SessionEnd::peer_restarted);
  EXPECT_EQ(pair.counted(1, SessionCounter::resets_sent), 1u);
  pair.open(0, 1, "a/1");
  pair.run_for(1s);
  EXPECT_EQ(pair.events<SessionUp>(0).size(), 2u);
}

TEST(SessionFaultsTest, ADiallerThatForgotEverythingReplacesItsOldSessionByANewOne) {
  SessionPair pair({});
  pair.layer(1).listen("a/1", SessionLayer::allow_all());
  pair.open(0, 1, "a/1");
  pair.run_for(10s);
  const StreamId old = pair.events<StreamOpened>(1).at(0).stream;
  pair.restart(0);
  pair.open(0, 1, "a/1");
  pair.run_for(1s);
  ASSERT_TRUE(pair.closed(1, old));
  EXPECT_EQ(pair.closed(1, old)->reason, StreamEnd::peer_restarted);
  EXPECT_EQ(pair.events<StreamOpened>(1).size(), 2u);
  EXPECT_EQ(pair.layer(1).connection_count(), 1u);
  EXPECT_EQ(pair.events<SessionDown>(1).size(), 1u);
  EXPECT_EQ(pair.events<SessionUp>(1).size(), 2u);
}

TEST(SessionFaultsTest, AListenerThatForgotEverythingAndDialsIsNotTakenForASimultaneousOpen) {
  for (const size_t dialler : {0u, 1u}) {
    SessionPair pair({});
    pair.layer(0).listen("a/1", SessionLayer::allow_all());
    pair.layer(1).listen("a/1", SessionLayer::allow_all());
    const StreamId old = pair.open(dialler, 1 - dialler, "a/1");
    pair.run_for(10s);
    pair.restart(1 - dialler);
    const StreamId back = pair.open(1 - dialler, dialler, "a/1");
    pair.write(1 - dialler, back, "I am new");
    pair.run_for(1s);
    ASSERT_TRUE(pair.closed(dialler, old));
    EXPECT_EQ(pair.closed(dialler, old)->reason, StreamEnd::peer_restarted);
    ASSERT_EQ(pair.events<StreamOpened>(dialler).size(), 1u);
    EXPECT_EQ(pair.read_all(dialler, pair.events<StreamOpened>(dialler)[0].stream), "I am new");
    EXPECT_EQ(pair.layer(dialler).connection_count(), 1u);
  }
}

TEST(SessionFaultsTest, AForgedResetEndsNothing) {
  SessionPair pair({});
  pair.layer(1).listen("a/1", SessionLayer::allow_all());
  const StreamId stream = pair.open(0, 1, "a/1");
  pair.run_for(1s);
  for (int i = 0; i < 1'000; ++i) {
    Bytes bytes(21 + pair.rng().below(30));
    for (uint8_t& byte : bytes) byte = static_cast<uint8_t>(pair.rng()());
    bytes[0] = static_cast<uint8_t>((bytes[0] & 0x3f) | 0x40);
    pair.inject(pair.at(1).id, 0, bytes);
  }
  pair.run_for(10s);
  EXPECT_FALSE(pair.closed(0, stream));
}

TEST(SessionFaultsTest, WhatArrivedInFullCanBeReadAfterThePeerHasLeft) {
  SessionPair pair({});
  pair.layer(1).listen("a/1", SessionLayer::allow_all());
  const StreamId stream = pair.open(0, 1, "a/1");
  pair.write(0, stream, "my last words");
  pair.finish(0, stream);
  pair.run_for(1s);
  pair.layer(0).close_all(pair.now());
  pair.drain(0);
  pair.run_for(1s);
  const StreamId reading = pair.events<StreamOpened>(1).at(0).stream;
  EXPECT_FALSE(pair.closed(1, reading));
  EXPECT_EQ(pair.read_all(1, reading), "my last words");
  ASSERT_TRUE(pair.closed(1, reading));
  EXPECT_EQ(pair.closed(1, reading)->reason, StreamEnd::peer_closed);
  EXPECT_EQ(pair.layer(1).stream_count(), 0u);
}

}  // namespace session_faults_test
}  // namespace starling::session
