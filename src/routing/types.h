// routing/types.h - the small values that all of routing shares.
#pragma once

#include <algorithm>
#include <cstdint>

#include "base/bytes.h"
#include "base/time.h"
#include "crypto/keys.h"

namespace starling::routing {

// Names one life of a link to a neighbour, given by the owner of the links; never reused.
struct NeighbourId {
  uint32_t value = 0;
  friend auto operator<=>(const NeighbourId&, const NeighbourId&) = default;
};

// The first 8 bytes of a NodeId: names a node inside packet headers. Two nodes with the same one cost a detour, no more.
using ShortId = FixedBytes<8, struct ShortIdTag>;
inline ShortId short_id_of(const crypto::NodeId& id) { return *ShortId::from(id.view().first(8)); }

// Sum of link costs along a path: 24 bits, about milliseconds of one-way latency. Link costs are 1 to kCostMax.
using Metric = uint32_t;
inline constexpr Metric kInfinity = 0xff'ffff;
inline constexpr Metric kCostMax = 4'095;
inline Metric add_metrics(Metric a, Metric b) { return a + b < kInfinity ? a + b : kInfinity; }
// What a link with that round-trip time costs: half of it in milliseconds, and one for the hop itself.
inline Metric cost_of_rtt(Duration rtt) {
  const auto half_ms = static_cast<Metric>((std::max<Duration>(rtt, 0ms) + 1ms) / 2ms);
  return std::clamp<Metric>(1 + half_ms, 1, kCostMax);
}

// The way to a node that a table has.
struct TableWay {
  NeighbourId next;
  Metric distance = 0;
};

// How new what an origin says of itself is: epochs grow with time, steps within an epoch on request.
struct Sequence {
  uint32_t epoch = 0;
  uint8_t step = 0;
  friend auto operator<=>(const Sequence&, const Sequence&) = default;
};

// Entries of the table rule. Every table of at least kSmallest entries holds the kSmallest highest priorities.
inline constexpr size_t kFullRouter = 64;
inline constexpr size_t kSmallest = 16;

}  // namespace starling::routing
