#include "routing/sequence_chain.h"

#include <algorithm>

#include "base/check.h"
#include "crypto/hash.h"

namespace starling::routing {

uint32_t chain_position(uint8_t step, Metric metric) {
  STARLING_CHECK(step >= 1 && step <= kSteps);
  return step * kBuckets - std::min(metric / kBucketUnits, kBuckets - 1);
}

ChainValue descend(ChainValue value, uint32_t count) {
  for (uint32_t i = 0; i < count; ++i) {
    const crypto::Digest digest = crypto::sha256(value.view());
    std::copy_n(digest.value.begin(), value.value.size(), value.value.begin());
  }
  return value;
}

bool on_same_chain(const ChainValue& known, uint32_t known_position, const ChainValue& value,
                   uint32_t position) {
  if (position >= known_position) return descend(value, position - known_position) == known;
  return descend(known, known_position - position) == value;
}

SequenceChain::SequenceChain(crypto::SecureRandom& random) {
  values_[kSteps] = random.fixed<ChainValue>();
  for (uint8_t step = kSteps; step > 1; --step)
    values_[step - 1] = descend(values_[step], kBuckets);
  anchor_ = descend(values_[1], kBuckets);
}

}  // namespace starling::routing
