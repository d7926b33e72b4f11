// sim/seed.h - where the seed of a simulation comes from, and how independent streams come from it.
#pragma once

#include <cstdint>

namespace starling::sim {

// What the streams derived from one world seed are for. Append only: a new value in the middle
// changes old runs.
enum class SeedUse : uint64_t {
  paths = 1,
  streams,
  tests,
  disk,
  secure_random,
  topology,
  movement
};

// Equal arguments give equal results; any difference gives an unrelated one.
uint64_t derive_seed(uint64_t seed, SeedUse use, uint64_t index = 0);

// The environment variable STARLING_SEED if it holds a decimal number, else `otherwise`. Prints the
// seed to standard error. The one place in sim/ that reads the environment.
uint64_t seed_from_env_or(uint64_t otherwise);

}  // namespace starling::sim
