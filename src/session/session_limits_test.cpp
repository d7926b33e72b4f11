// The limits of SessionLayer: streams, connections, unread and unacknowledged bytes.
#include <gtest/gtest.h>

#include "session/session_transfer.h"

namespace starling::session {
namespace session_limits_test {

TEST(SessionLimitsTest, The65thStreamToAPeerIsRefusedUntilAnotherHasEnded) {
  SessionPair pair({});
  pair.layer(1).listen("a/1", SessionLayer::allow_all());
  std::vector<StreamId> streams;
  for (int i = 0; i < 64; ++i) streams.push_back(pair.open(0, 1, "a/1"));
  EXPECT_EQ(pair.layer(0).open_stream(pair.now(), pair.key(1), "a/1").error(),
            OpenError::too_many_streams);
  pair.run_for(1s);
  EXPECT_EQ(pair.events<StreamOpened>(1).size(), 64u);
  pair.layer(0).reset(pair.now(), streams[0], 0);
  pair.drain(0);
  pair.run_for(1s);
  pair.open(0, 1, "a/1");
  pair.run_for(1s);
  EXPECT_EQ(pair.events<StreamOpened>(1).size(), 65u);
}

TEST(SessionLimitsTest, StreamsBeyondWhatThePeerAllowsWaitForTheirTurn) {
  SessionPair pair({});
  // Node 0 may open more than node 1 allows.
  SessionOptions generous;
  generous.streams_max = 100;
  pair.at(0).restart(generous);
  pair.layer(1).listen("a/1", SessionLayer::allow_all());
  std::vector<StreamId> streams;
  for (int i = 0; i < 70; ++i) streams.push_back(pair.open(0, 1, "a/1"));
  pair.run_for(1s);
  ASSERT_EQ(pair.events<StreamOpened>(1).size(), 64u);
  for (int i = 0; i < 6; ++i) pair.layer(0).reset(pair.now(), streams[static_cast<size_t>(i)], 0);
  pair.drain(0);
  pair.run_for(1s);
  EXPECT_EQ(pair.events<StreamOpened>(1).size(), 70u);
  EXPECT_EQ(pair.layer(1).stream_count(), 64u);
}

TEST(SessionLimitsTest, AStreamThatIsNotReadHoldsItsSenderAt4MiBAndAPeerAt16MiB) {
  SessionPair pair({});
  pair.layer(1).listen("a/1", SessionLayer::allow_all());
  std::vector<Upload> uploads;
  for (int i = 0; i < 8; ++i) uploads.emplace_back(pair.open(0, 1, "a/1"), 20 << 20);
  pair.application = [&](size_t node, const SessionEvent& event) {
    const auto* writable = std::get_if<StreamWritable>(&event);
    if (node != 0 || writable == nullptr) return;
    for (Upload& upload : uploads) upload.pump(pair.layer(0), pair.now());
  };
  for (Upload& upload : uploads) upload.pump(pair.layer(0), pair.now());
  pair.drain(0);
  pair.run_for(20s);
  size_t unread = 0;
  for (const StreamOpened& opened : pair.events<StreamOpened>(1)) {
    const size_t of_stream = pair.layer(1).unread(opened.stream);
    EXPECT_LE(of_stream, size_t{4} << 20);
    unread += of_stream;
  }
  EXPECT_LE(unread, size_t{16} << 20);
  EXPECT_GE(unread, size_t{15} << 20);
  for (const Upload& upload : uploads) {
    EXPECT_LE(pair.layer(0).unacknowledged(upload.stream()), (size_t{4} << 20) + Upload::kChunk);
  }
  // Reading lets it go on.
  const uint64_t written = uploads[0].written();
  for (int round = 0; round < 5; ++round) {
    for (const StreamOpened& opened : pair.events<StreamOpened>(1)) pair.read_all(1, opened.stream);
    pair.run_for(2s);
  }
  EXPECT_GT(uploads[0].written(), written);
}

TEST(SessionLimitsTest, ABlockedStreamDoesNotHoldUpAnother) {
  SessionPair pair({});
  pair.layer(1).listen("a/1", SessionLayer::allow_all());
  Upload blocked(pair.open(0, 1, "a/1"), 20 << 20);
  blocked.pump(pair.layer(0), pair.now());
  pair.drain(0);
  pair.run_for(5s);
  const StreamId other = pair.open(0, 1, "a/1");
  pair.write(0, other, "hello");
  pair.run_for(1s);
  ASSERT_EQ(pair.events<StreamOpened>(1).size(), 2u);
  EXPECT_EQ(pair.read_all(1, pair.events<StreamOpened>(1)[1].stream), "hello");
}

TEST(SessionLimitsTest, AFullNodeRefusesDiallersAtOnceAndDialsNoMoreItself) {
  SessionOptions options;
  options.connections_max = 2;
  SessionPair pair({.node_count = 5, .session = options});
  pair.layer(0).listen("a/1", SessionLayer::allow_all());
  pair.open(1, 0, "a/1");
  pair.open(2, 0, "a/1");
  pair.run_for(1s);
  const StreamId refused = pair.open(3, 0, "a/1");
  pair.run_for(1s);
  ASSERT_TRUE(pair.closed(3, refused));
  EXPECT_EQ(pair.closed(3, refused)->reason, StreamEnd::peer_refused);
  EXPECT_EQ(pair.counted(0, SessionCounter::too_many_connections), 1u);
  EXPECT_EQ(pair.layer(0).open_stream(pair.now(), pair.key(4), "a/1").error(),
            OpenError::too_many_connections);
  EXPECT_EQ(pair.layer(0).connection_count(), 2u);
}

TEST(SessionLimitsTest, HandshakesThatNobodyFinishesAreBoundedInAllAndPerSenderAndEnd) {
  SessionOptions options;
  options.half_open_max = 8;
  SessionPair pair({.session = options});
  Bytes initial;
  pair.tap = [&](Flight& flight) {
    initial = flight.payload;
    return false;
  };
  pair.open(0, 1);
  pair.tap = [](Flight&) { return false; };
  // The same first packet under other connection ids and from other senders: nobody can finish these.
  for (uint8_t sender = 0; sender < 4; ++sender) {
    for (uint8_t i = 0; i < 10; ++i) {
      SessionPair stranger({.seed = 100 + uint64_t{sender} * 10 + i});
      Bytes packet;
      stranger.tap = [&](Flight& flight) {
        packet = flight.payload;
        return false;
      };
      stranger.open(0, 1);
      pair.inject(NodeId{{sender}}, 1, packet);
    }
  }
  EXPECT_EQ(pair.layer(1).connection_count(), 8u);
  EXPECT_EQ(pair.counted(1, SessionCounter::too_many_half_open), 32u);
  pair.run_for(30s);
  EXPECT_EQ(pair.layer(1).connection_count(), 0u);
  EXPECT_EQ(pair.counted(1, SessionCounter::handshakes_done), 0u);
}

TEST(SessionLimitsTest, AnUnansweredHandshakeGetsAtMostThreeTimesItsBytesBack) {
  SessionPair pair({});
  uint64_t to_1 = 0;
  uint64_t to_0 = 0;
  pair.tap = [&](Flight& flight) {
    (flight.to == 1 ? to_1 : to_0) += flight.payload.size();
    return flight.to == 1 && to_1 <= kDatagramSizeMin;  // one packet arrives, no answer does
  };
  pair.open(0, 1);
  pair.run_for(40s);
  EXPECT_GT(to_0, 0u);
  EXPECT_LE(to_0, 3 * kDatagramSizeMin);
}

}  // namespace session_limits_test
}  // namespace starling::session
