#include "sim/seed.h"

#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <fmt/core.h>
#include <string_view>

#include "base/rng.h"

namespace starling::sim {

uint64_t derive_seed(uint64_t seed, SeedUse use, uint64_t index) {
  Rng by_seed(seed);
  Rng by_use(by_seed() ^ static_cast<uint64_t>(use));
  Rng by_index(by_use() ^ index);
  return by_index();
}

uint64_t seed_from_env_or(uint64_t otherwise) {
  uint64_t seed = otherwise;
  if (const char* value = std::getenv("STARLING_SEED"); value != nullptr) {
    const std::string_view text = value;
    uint64_t parsed = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), parsed);
    if (error == std::errc{} && end == text.data() + text.size()) seed = parsed;
  }
  fmt::print(stderr, "STARLING_SEED={}\n", seed);
  return seed;
}

}  // namespace starling::sim
