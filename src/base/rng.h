// base/rng.h - random numbers for decisions that need no secrecy: jitter, sampling, test data.
//
// Keys, nonces and tokens come from crypto::SecureRandom, which is a different type on purpose.
#pragma once

#include <cstdint>
#include <limits>

namespace starling {

// xoshiro256** (Blackman and Vigna, 2018), seeded by splitmix64. Not thread safe; equal seeds give equal draws.
class Rng {
 public:
  using result_type = uint64_t;

  explicit Rng(uint64_t seed);

  uint64_t operator()();
  static constexpr uint64_t min() { return 0; }
  static constexpr uint64_t max() { return std::numeric_limits<uint64_t>::max(); }

  // Uniform in [0, bound); pre: bound > 0.
  uint64_t below(uint64_t bound);
  // Uniform in [0, 1).
  double unit();
  bool chance(double probability) { return unit() < probability; }

 private:
  uint64_t state_[4];
};

}  // namespace starling
