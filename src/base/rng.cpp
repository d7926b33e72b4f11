#include "base/rng.h"

#include <bit>

#include "base/check.h"

namespace starling {

Rng::Rng(uint64_t seed) {
  for (uint64_t& word : state_) {
    seed += 0x9e3779b97f4a7c15;
    uint64_t mixed = seed;
    mixed = (mixed ^ (mixed >> 30)) * 0xbf58476d1ce4e5b9;
    mixed = (mixed ^ (mixed >> 27)) * 0x94d049bb133111eb;
    word = mixed ^ (mixed >> 31);
  }
}

uint64_t Rng::operator()() {
  const uint64_t result = std::rotl(state_[1] * 5, 7) * 9;
  const uint64_t shifted = state_[1] << 17;
  state_[2] ^= state_[0];
  state_[3] ^= state_[1];
  state_[1] ^= state_[2];
  state_[0] ^= state_[3];
  state_[2] ^= shifted;
  state_[3] = std::rotl(state_[3], 45);
  return result;
}

uint64_t Rng::below(uint64_t bound) {
  STARLING_CHECK(bound > 0);
  // Draws past the largest multiple of bound are thrown away, so that no value is likelier than another.
  const uint64_t usable = max() - max() % bound;
  uint64_t draw = (*this)();
  while (draw >= usable) draw = (*this)();
  return draw % bound;
}

double Rng::unit() { return static_cast<double>((*this)() >> 11) * 0x1.0p-53; }

}  // namespace starling
