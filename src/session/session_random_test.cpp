// Random operations on three nodes over a bad network: whatever happens, everything ends, and nothing is left.
#include <gtest/gtest.h>

#include "session/session_pair.h"

namespace starling::session {
namespace session_random_test {

constexpr size_t kNodes = 3;

class RandomOperations {
 public:
  explicit RandomOperations(uint64_t seed)
      : pair_({.seed = seed,
               .node_count = kNodes,
               .loss = 0.1,
               .delay_min = 5ms,
               .delay_max = 60ms}) {
    for (size_t i = 0; i < kNodes; ++i) listen(i);
    pair_.application = [this](size_t node, const SessionEvent& event) { note(node, event); };
  }

  void step() {
    const size_t i = some_node();
    switch (pair_.rng().below(12)) {
      case 0:
      case 1:
      case 2:
        return open(i);
      case 3:
      case 4:
      case 5:
        return with_stream(i, [&](StreamId stream) {
          pair_.layer(i).write(pair_.now(), stream, Bytes(pair_.rng().below(20'000), 'x'));
        });
      case 6:
        return with_stream(i, [&](StreamId s) { pair_.layer(i).finish(pair_.now(), s); });
      case 7:
        return with_stream(i, [&](StreamId s) { pair_.layer(i).reset(pair_.now(), s, 7); });
      case 8:
        if (pair_.rng().chance(0.2)) pair_.layer(i).close_session(pair_.now(), some_other_key(i));
        return pair_.drain(i);
      case 9:
        return restart(i);
      case 10:
        pair_.cut();
        pair_.run_for(some_time(5s));
        return pair_.mend();
      default:
        pair_.run_for(some_time(20s));
    }
  }
  void end() {
    for (size_t i = 0; i < kNodes; ++i) {
      while (!open_[i].empty()) {
        with_stream(i, [&](StreamId s) { pair_.layer(i).reset(pair_.now(), s, 9); });
      }
    }
    pair_.options().loss = 0;
    pair_.run_for(120s);
    for (size_t i = 0; i < kNodes; ++i) {
      EXPECT_EQ(pair_.layer(i).stream_count(), 0u) << i;
      EXPECT_EQ(pair_.layer(i).connection_count(), 0u) << i;
      EXPECT_EQ(up_[i].size(), 0u) << i;
    }
  }

 private:
  void listen(size_t i) {
    pair_.layer(i).listen("a/1", SessionLayer::allow_all());
    pair_.layer(i).listen("b/1", SessionLayer::allow_only({pair_.key(0)}));
  }
  size_t some_node() { return pair_.rng().below(kNodes); }
  Duration some_time(Duration most) {
    return Duration(static_cast<int64_t>(pair_.rng().below(static_cast<uint64_t>(most.count()))));
  }
  const NodeKey& some_other_key(size_t i) {
    return pair_.key((i + 1 + pair_.rng().below(kNodes - 1)) % kNodes);
  }
  void open(size_t i) {
    const auto stream = pair_.layer(i).open_stream(pair_.now(), some_other_key(i),
                                                   pair_.rng().chance(0.7) ? "a/1" : "b/1");
    if (stream) open_[i].insert(*stream);
    pair_.drain(i);
  }
  template <typename Act>
  void with_stream(size_t i, Act&& act) {
    if (open_[i].empty()) return;
    auto stream = open_[i].begin();
    std::advance(stream, pair_.rng().below(open_[i].size()));
    act(*stream);
    pair_.drain(i);
  }
  void restart(size_t i) {
    if (!pair_.rng().chance(0.3)) return;
    pair_.restart(i);
    open_[i].clear();
    up_[i].clear();
    listen(i);
  }
  // Every stream is told open once and closed once; sessions go up and down by turns.
  void note(size_t i, const SessionEvent& event) {
    SessionLayer& layer = pair_.layer(i);
    if (const auto* opened = std::get_if<StreamOpened>(&event)) {
      STARLING_CHECK(open_[i].insert(opened->stream).second);
    } else if (const auto* readable = std::get_if<StreamReadable>(&event)) {
      if (pair_.rng().chance(0.8)) layer.read(pair_.now(), readable->stream, 100'000);
    } else if (const auto* finished = std::get_if<StreamFinished>(&event)) {
      if (pair_.rng().chance(0.8)) layer.finish(pair_.now(), finished->stream);
    } else if (const auto* closed = std::get_if<StreamClosed>(&event)) {
      STARLING_CHECK(open_[i].erase(closed->stream) == 1);
    } else if (const auto* up = std::get_if<SessionUp>(&event)) {
      STARLING_CHECK(up_[i].insert(up->peer).second);
    } else if (const auto* down = std::get_if<SessionDown>(&event)) {
      STARLING_CHECK(up_[i].erase(down->peer) == 1);
    }
  }

  SessionPair pair_;
  std::set<StreamId> open_[kNodes];
  std::set<NodeKey> up_[kNodes];
};

TEST(SessionRandomTest, WhateverHappensEveryStreamAndSessionEndsOnce) {
  for (uint64_t seed = 1; seed <= 30; ++seed) {
    SCOPED_TRACE(seed);
    RandomOperations operations(seed);
    for (int step = 0; step < 200; ++step) operations.step();
    operations.end();
    if (HasFailure()) return;
  }
}

}  // namespace session_random_test
}  // namespace starling::session
