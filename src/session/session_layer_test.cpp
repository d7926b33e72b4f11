#include "session/session_layer.h"

#include <gtest/gtest.h>

#include "session/session_pair.h"

namespace starling::session {
namespace session_layer_test {

// Node 1 echoes what it gets to the service echo/1.
void echo_at_1(SessionPair& pair) {
  pair.layer(1).listen("echo/1", SessionLayer::allow_all());
  pair.application = [&pair](size_t node, const SessionEvent& event) {
    if (node != 1) return;
    if (const auto* readable = std::get_if<StreamReadable>(&event)) {
      while (true) {
        Bytes bytes = pair.layer(1).read(pair.now(), readable->stream, 65'536);
        if (bytes.empty()) break;
        pair.layer(1).write(pair.now(), readable->stream, std::move(bytes));
      }
    } else if (const auto* finished = std::get_if<StreamFinished>(&event)) {
      pair.layer(1).finish(pair.now(), finished->stream);
    }
  };
}

TEST(SessionLayerTest, WhatIsWrittenComesBackAndTheStreamEndsOnBothSides) {
  SessionPair pair({});
  echo_at_1(pair);
  const StreamId stream = pair.open(0, 1);
  pair.write(0, stream, "hello");
  pair.run_for(1s);
  EXPECT_EQ(pair.read_all(0, stream), "hello");
  ASSERT_EQ(pair.events<StreamOpened>(1).size(), 1u);
  EXPECT_EQ(pair.events<StreamOpened>(1)[0].peer, pair.key(0));
  EXPECT_EQ(pair.events<StreamOpened>(1)[0].service, "echo/1");
  pair.write(0, stream, "again");
  pair.finish(0, stream);
  pair.run_for(1s);
  EXPECT_FALSE(pair.closed(0, stream));
  EXPECT_EQ(pair.read_all(0, stream), "again");
  pair.run_for(1s);
  ASSERT_TRUE(pair.closed(0, stream));
  EXPECT_EQ(pair.closed(0, stream)->reason, StreamEnd::finished);
  ASSERT_EQ(pair.events<StreamClosed>(1).size(), 1u);
  EXPECT_EQ(pair.events<StreamClosed>(1)[0].reason, StreamEnd::finished);
  EXPECT_EQ(pair.layer(0).stream_count() + pair.layer(1).stream_count(), 0u);
  EXPECT_EQ(pair.events<SessionUp>(0).size(), 1u);
  EXPECT_EQ(pair.events<SessionUp>(1).size(), 1u);
}

TEST(SessionLayerTest, DatagramsAreAsLargeAsTheWayTakesAndTheFirstOneIsNot) {
  SessionPair pair({});
  echo_at_1(pair);
  size_t room = 9'000;  // at the beginning: it bounds all that comes
  size_t first = 0;
  size_t largest = 0;
  pair.layer(0).set_datagram_room([&](const NodeId& peer) {
    EXPECT_EQ(peer, crypto::node_id_of(pair.key(1)));
    return room;
  });
  pair.tap = [&](const auto& flight) {
    if (flight.from != crypto::node_id_of(pair.key(0))) return true;
    if (first == 0) first = flight.payload.size();
    largest = std::max(largest, flight.payload.size());
    return true;
  };
  const StreamId stream = pair.open(0, 1);
  room = 1'700;
  pair.run_for(2s);
  EXPECT_EQ(first, kDatagramSizeMin);
  const auto largest_of = [&](const std::string& text) {
    largest = 0;
    pair.write(0, stream, text);
    pair.run_for(2s);
    EXPECT_EQ(pair.read_all(0, stream), text);
    return largest;
  };
  const std::string text(50'000, 'x');
  EXPECT_EQ(largest_of(text), 1'700u);
  room = 10'000;
  pair.run_for(2s);
  EXPECT_EQ(largest_of(text), kDatagramSizeMax);
  pair.layer(0).restrict_datagrams(pair.now(), crypto::node_id_of(pair.key(1)));
  room = 0;
  EXPECT_EQ(largest_of(text), kDatagramSizeMin);
}

TEST(SessionLayerTest, NothingListensByDefaultAndTheOpenerIsToldRefused) {
  SessionPair pair({});
  const StreamId stream = pair.open(0, 1, "nobody/1");
  pair.write(0, stream, "hello");
  pair.run_for(1s);
  ASSERT_TRUE(pair.closed(0, stream));
  EXPECT_EQ(pair.closed(0, stream)->reason, StreamEnd::refused);
  EXPECT_EQ(pair.events<StreamOpened>(1).size(), 0u);
  EXPECT_EQ(pair.counted(1, SessionCounter::streams_refused), 1u);
  EXPECT_EQ(pair.layer(1).stream_count(), 0u);
  EXPECT_EQ(pair.layer(0).stream_count(), 0u);
}

TEST(SessionLayerTest, AnOpenerHearsThatItsStreamHasArrivedOrWasRefused) {
  SessionPair pair({});
  pair.layer(1).listen("open/1", SessionLayer::allow_all());
  const StreamId open = pair.open(0, 1, "open/1");
  EXPECT_TRUE(pair.events<StreamConfirmed>(0).empty());
  pair.run_for(1s);
  ASSERT_EQ(pair.events<StreamConfirmed>(0).size(), 1u);
  EXPECT_EQ(pair.events<StreamConfirmed>(0)[0].stream, open);
  EXPECT_TRUE(pair.events<StreamConfirmed>(1).empty());
  const StreamId refused = pair.open(0, 1, "other/1");
  pair.run_for(1s);
  EXPECT_EQ(pair.closed(0, refused)->reason, StreamEnd::refused);
  EXPECT_EQ(pair.events<StreamConfirmed>(0).size(), 1u);
}

TEST(SessionLayerTest, APolicyAdmitsSomePeersAndRefusesOthers) {
  SessionPair pair({.node_count = 3});
  pair.layer(1).listen("private/1", SessionLayer::allow_only({pair.key(0)}));
  const StreamId admitted = pair.open(0, 1, "private/1");
  const StreamId refused = pair.open(2, 1, "private/1");
  pair.write(0, admitted, "it is me");
  pair.run_for(1s);
  EXPECT_FALSE(pair.closed(0, admitted));
  ASSERT_TRUE(pair.closed(2, refused));
  EXPECT_EQ(pair.closed(2, refused)->reason, StreamEnd::refused);
  ASSERT_EQ(pair.events<StreamOpened>(1).size(), 1u);
  EXPECT_EQ(pair.read_all(1, pair.events<StreamOpened>(1)[0].stream), "it is me");
}

TEST(SessionLayerTest, AServiceThatStoppedListeningRefusesNewStreamsAndKeepsOldOnes) {
  SessionPair pair({});
  echo_at_1(pair);
  const StreamId old = pair.open(0, 1);
  pair.run_for(1s);
  pair.layer(1).stop_listening("echo/1");
  const StreamId late = pair.open(0, 1);
  pair.write(0, old, "still here");
  pair.run_for(1s);
  EXPECT_EQ(pair.read_all(0, old), "still here");
  EXPECT_EQ(pair.closed(0, late)->reason, StreamEnd::refused);
}

TEST(SessionLayerTest, OpenStreamRefusesBadNamesAndTheOwnKey) {
  SessionPair pair({});
  const auto open = [&](const NodeKey& peer, std::string_view service) {
    return pair.layer(0).open_stream(pair.now(), peer, service).error();
  };
  EXPECT_EQ(open(pair.key(1), "Bad Name"), OpenError::bad_service_name);
  EXPECT_EQ(open(pair.key(1), ""), OpenError::bad_service_name);
  EXPECT_EQ(open(pair.key(0), "echo/1"), OpenError::own_key);
  EXPECT_FALSE(pair.layer(0).listen("Bad Name", SessionLayer::allow_all()));
}

TEST(SessionLayerTest, AResetCarriesTheCodeOfTheApplicationAndEndsBothDirections) {
  SessionPair pair({});
  echo_at_1(pair);
  const StreamId stream = pair.open(0, 1);
  pair.write(0, stream, "hello");
  pair.run_for(1s);
  pair.layer(0).reset(pair.now(), stream, 4'711);
  pair.drain(0);
  pair.run_for(1s);
  EXPECT_EQ(pair.closed(0, stream)->reason, StreamEnd::reset_here);
  ASSERT_EQ(pair.events<StreamClosed>(1).size(), 1u);
  EXPECT_EQ(pair.events<StreamClosed>(1)[0].reason, StreamEnd::reset_by_peer);
  EXPECT_EQ(pair.events<StreamClosed>(1)[0].code, 4'711u);
  EXPECT_EQ(pair.layer(0).stream_count() + pair.layer(1).stream_count(), 0u);
}

TEST(SessionLayerTest, AStreamThatOnlyTheOpenerFinishesStaysOpenForTheAnswer) {
  SessionPair pair({});
  pair.layer(1).listen("ask/1", SessionLayer::allow_all());
  const StreamId stream = pair.open(0, 1, "ask/1");
  pair.write(0, stream, "question");
  pair.finish(0, stream);
  pair.run_for(1s);
  const StreamId answering = pair.events<StreamOpened>(1).at(0).stream;
  EXPECT_EQ(pair.read_all(1, answering), "question");
  ASSERT_EQ(pair.events<StreamFinished>(1).size(), 1u);
  pair.run_for(40s);  // kept alive all the time
  pair.write(1, answering, "answer");
  pair.finish(1, answering);
  pair.run_for(1s);
  EXPECT_EQ(pair.read_all(0, stream), "answer");
  EXPECT_EQ(pair.closed(0, stream)->reason, StreamEnd::finished);
}

TEST(SessionLayerTest, SimultaneousOpensLeaveOneConnectionAndBothStreamsWork) {
  for (uint64_t seed = 1; seed <= 20; ++seed) {
    // Gaps from none to more than a round trip: crossing, half crossing, and one after the other.
    SessionPair pair({.seed = seed});
    const Duration gap = 5ms * static_cast<int64_t>(seed - 1);
    pair.layer(0).listen("a/1", SessionLayer::allow_all());
    pair.layer(1).listen("a/1", SessionLayer::allow_all());
    const StreamId from_0 = pair.open(0, 1, "a/1");
    pair.write(0, from_0, "from 0");
    pair.run_for(gap);
    const StreamId from_1 = pair.open(1, 0, "a/1");
    pair.write(1, from_1, "from 1");
    pair.run_for(2s);
    ASSERT_EQ(pair.events<StreamOpened>(0).size(), 1u) << seed;
    ASSERT_EQ(pair.events<StreamOpened>(1).size(), 1u) << seed;
    EXPECT_EQ(pair.read_all(0, pair.events<StreamOpened>(0)[0].stream), "from 1");
    EXPECT_EQ(pair.read_all(1, pair.events<StreamOpened>(1)[0].stream), "from 0");
    pair.finish(0, from_0);
    pair.finish(0, pair.events<StreamOpened>(0)[0].stream);
    pair.finish(1, from_1);
    pair.finish(1, pair.events<StreamOpened>(1)[0].stream);
    pair.run_for(15s);
    EXPECT_EQ(pair.closed(0, from_0)->reason, StreamEnd::finished) << seed;
    EXPECT_EQ(pair.closed(1, from_1)->reason, StreamEnd::finished) << seed;
    EXPECT_EQ(pair.layer(0).connection_count(), 1u) << seed;
    EXPECT_EQ(pair.layer(1).connection_count(), 1u) << seed;
    EXPECT_EQ(pair.events<SessionUp>(0).size(), 1u) << seed;
    EXPECT_EQ(pair.events<SessionDown>(1).size(), 0u) << seed;
  }
}

TEST(SessionLayerTest, ASessionWithoutStreamsIsClosedAfterAMinuteAndQuietBeforeThat) {
  SessionPair pair({});
  echo_at_1(pair);
  const StreamId stream = pair.open(0, 1);
  pair.finish(0, stream);
  pair.run_for(5s);
  ASSERT_TRUE(pair.closed(0, stream));
  const uint64_t sent = pair.at(0).datagrams_sent + pair.at(1).datagrams_sent;
  pair.run_for(50s);
  EXPECT_TRUE(pair.layer(0).has_session(pair.key(1)));
  EXPECT_LE(pair.at(0).datagrams_sent + pair.at(1).datagrams_sent, sent + 2);
  pair.run_for(20s);
  EXPECT_FALSE(pair.layer(0).has_session(pair.key(1)));
  EXPECT_FALSE(pair.layer(1).has_session(pair.key(0)));
  EXPECT_EQ(pair.events<SessionDown>(0).size(), 1u);
  EXPECT_EQ(pair.events<SessionDown>(1).size(), 1u);
  const StreamId next = pair.open(0, 1);
  pair.write(0, next, "again");
  pair.run_for(1s);
  EXPECT_EQ(pair.read_all(0, next), "again");
}

TEST(SessionLayerTest, AStreamOpenedOnASessionThatWasQuietForLongIsNotTakenForDead) {
  SessionPair pair({});
  echo_at_1(pair);
  const StreamId first = pair.open(0, 1);
  pair.write(0, first, "one");
  pair.finish(0, first);
  pair.run_for(1s);
  EXPECT_EQ(pair.read_all(0, first), "one");
  pair.run_for(55s);
  ASSERT_TRUE(pair.layer(0).has_session(pair.key(1)));
  const StreamId second = pair.open(0, 1);
  pair.write(0, second, "two");
  pair.run_for(1s);
  EXPECT_EQ(pair.read_all(0, second), "two");
  EXPECT_EQ(pair.layer(0).counters().of(SessionCounter::dials_begun), 1u);
}

TEST(SessionLayerTest, ClosingASessionTellsBothSides) {
  SessionPair pair({});
  echo_at_1(pair);
  const StreamId stream = pair.open(0, 1);
  pair.run_for(1s);
  pair.layer(1).close_session(pair.now(), pair.key(0));
  pair.drain(1);
  pair.run_for(1s);
  EXPECT_EQ(pair.closed(0, stream)->reason, StreamEnd::peer_closed);
  ASSERT_EQ(pair.events<SessionDown>(0).size(), 1u);
  EXPECT_EQ(pair.events<SessionDown>(0)[0].reason, SessionEnd::peer_closed);
  EXPECT_EQ(pair.events<SessionDown>(1)[0].reason, SessionEnd::closed_here);
  pair.run_for(5s);
  EXPECT_EQ(pair.layer(0).connection_count() + pair.layer(1).connection_count(), 0u);
}

}  // namespace session_layer_test
}  // namespace starling::session
