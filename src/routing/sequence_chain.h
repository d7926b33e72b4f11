// routing/sequence_chain.h - a hash chain that proves sequence numbers and keeps relays from understating distances.
//
// How:     element[p - 1] = hash(element[p]); the announcement signs element[0], the anchor. Step s (from 1) at a metric in
//          bucket b (metric / 16, at most 511) is proved by element[s * 512 - b]. Whoever has one can make those of older steps
//          and larger metrics, and no others.
// Source:  Hu, Johnson, Perrig: SEAD (2002), section 4.
// Wire:    docs/wire/routing.md#chain.
#pragma once

#include <array>
#include <vector>

#include "crypto/secure_random.h"
#include "routing/types.h"

namespace starling::routing {

using ChainValue = FixedBytes<16, struct ChainValueTag>;

inline constexpr uint32_t kBucketUnits = 16;
inline constexpr uint32_t kBuckets = 512;
// Steps of one epoch; after the last the origin begins a new epoch with a new signature. Making a chain costs
// kSteps * kBuckets hashes, about 1.5 ms.
inline constexpr uint8_t kSteps = 16;

// Position in the chain. Pre: 1 <= step <= kSteps.
uint32_t chain_position(uint8_t step, Metric metric);
// `count` hashes further down; the value for a larger metric or an older step.
ChainValue descend(ChainValue value, uint32_t count);
// Whether `value` at `position` belongs to the chain that has `known` at `known_position`. Cost: one hash per position between.
bool on_same_chain(const ChainValue& known, uint32_t known_position, const ChainValue& value,
                   uint32_t position);

// The origin's side.
class SequenceChain {
 public:
  explicit SequenceChain(crypto::SecureRandom& random);
  [[nodiscard]] const ChainValue& anchor() const { return anchor_; }
  // The proof of `step` at metric 0. Pre: 1 <= step <= kSteps.
  [[nodiscard]] const ChainValue& value(uint8_t step) const { return values_[step]; }

 private:
  ChainValue anchor_;
  std::array<ChainValue, kSteps + 1> values_;  // by step; 0 is not used
};

}  // namespace starling::routing
