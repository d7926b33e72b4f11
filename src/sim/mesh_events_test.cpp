#include "sim/mesh_events.h"

#include <gtest/gtest.h>

#include "base/rng.h"

namespace starling::sim::mesh_events_test {
namespace {

constexpr Instant kStart{1'000s};
constexpr Duration kWindow = 500us;

MeshEvent event_at(Duration after, uint32_t node, uint32_t from = 0, uint64_t order = 0) {
  MeshEvent event;
  event.at = kStart + after;
  event.node = node;
  event.from = from;
  event.order = order;
  return event;
}

std::vector<MeshEvent> take_all(MeshEvents& events) {
  std::vector<MeshEvent> taken;
  for (uint64_t window = events.first_window(0); window != MeshEvents::no_window();
       window = events.first_window(window + 1)) {
    events.take_window(window, [&](const MeshEvent& event) { taken.push_back(event); });
  }
  return taken;
}

TEST(MeshEventsTest, ComeInOrderOfTimeNodeSourceAndNumberHoweverTheyWereAdded) {
  Rng rng(1);
  MeshEvents events(kStart, kWindow);
  constexpr size_t kCount = 5'000;
  for (size_t i = 0; i < kCount; ++i) {
    // Most are near, some beyond the ring.
    const Duration far = rng.chance(0.1) ? 10s : 10ms;
    events.push(
        event_at(Duration(static_cast<int64_t>(rng.below(static_cast<uint64_t>(far.count())))) /
                     1'000'000 * 1'000'000,
                 static_cast<uint32_t>(rng.below(3)), static_cast<uint32_t>(rng.below(3)), i));
  }
  EXPECT_EQ(events.size(), kCount);
  const auto taken = take_all(events);
  ASSERT_EQ(taken.size(), kCount);
  EXPECT_EQ(events.size(), 0u);
  for (size_t i = 1; i < taken.size(); ++i) {
    const auto rank = [](const MeshEvent& e) { return std::tie(e.at, e.node, e.from, e.order); };
    EXPECT_LT(rank(taken[i - 1]), rank(taken[i]));
  }
}

TEST(MeshEventsTest, WhatComesWhileAWindowRunsIsPartOfIt) {
  MeshEvents events(kStart, kWindow);
  events.push(event_at(100us, 1));
  std::vector<Duration> seen;
  events.take_window(0, [&](const MeshEvent& event) {
    seen.push_back(event.at - kStart);
    if (seen.size() == 1) {
      events.push(event_at(300us, 1));
      events.push(event_at(200us, 1));
      events.push(event_at(600us, 1));
    }
  });
  EXPECT_EQ(seen, (std::vector<Duration>{100us, 200us, 300us}));
  EXPECT_EQ(events.first_window(1), 1u);
}

}  // namespace
}  // namespace starling::sim::mesh_events_test
