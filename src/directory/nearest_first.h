// directory/nearest_first.h - goes through a sorted array from the key nearest to a position to the farthest.
//
// How:     keys that share their first bits stand side by side. So the walk begins where the position would stand, and next
//          to what it has taken stand those that share the next most bits with the position: block after block. It stops when
//          the caller has enough, and looks at few others than those it gives.
// Cost:    a few cache lines for keys that are hashes; logarithmic for a block, however strangers choose their keys.
#pragma once

#include <span>
#include <utility>

#include "directory/key_space.h"

namespace starling::directory {

// How many of `count` things in a row fulfil the condition: those before the first that does not. Pre: none behind it does.
template <typename Holds>
size_t run_length(size_t count, const Holds& holds) {
  size_t length = 0;
  size_t step = 1;
  while (length + step <= count && holds(length + step - 1)) {
    length += step;
    step *= 2;
  }
  while (step /= 2) {
    if (length + step <= count && holds(length + step - 1)) length += step;
  }
  return length;
}

// How many elements have smaller keys. They are sorted by `key`.
template <typename Element>
size_t place_of(std::span<const Element> sorted, const KeyNumber& key) {
  // Keys that are hashes are spread evenly.
  const size_t guess = static_cast<size_t>((key.high >> 32) * sorted.size() >> 32);
  const size_t back =
      run_length(guess, [&](size_t i) { return !(sorted[guess - 1 - i].key < key); });
  if (back > 0) return guess - back;
  return guess +
         run_length(sorted.size() - guess, [&](size_t i) { return sorted[guess + i].key < key; });
}

// Pre: all share more first bits with each other than each of them with those outside. False when a visit returned false.
template <typename Element, typename Visit>
bool visit_block(std::span<const Element> block, const KeyNumber& position, const Visit& visit) {
  if (block.size() == 1) return visit(block.front());
  const size_t bits = common_bits(block.front().key, block.back().key);
  const size_t zeros =
      run_length(block.size(), [&](size_t i) { return !bit_behind(block[i].key, bits); });
  auto near = block.first(zeros);
  auto far = block.subspan(zeros);
  if (bit_behind(position, bits)) std::swap(near, far);
  return visit_block(near, position, visit) && visit_block(far, position, visit);
}

// Calls visit(element), the one nearest to `position` first, until it returns false. `sorted`: by `key`, no two equal.
template <typename Element, typename Visit>
void visit_nearest_first(std::span<const Element> sorted, const KeyNumber& position,
                         const Visit& visit) {
  size_t begin = place_of(sorted, position);
  size_t end = begin;
  const auto shared = [&](size_t i) { return common_bits(sorted[i].key, position); };
  while (begin > 0 || end < sorted.size()) {
    // The next block is on one side: where the position has a 1 behind the shared bits, those before it have a 0.
    const bool before = end == sorted.size() || (begin > 0 && shared(begin - 1) > shared(end));
    const size_t bits = shared(before ? begin - 1 : end);
    const size_t length =
        before ? run_length(begin, [&](size_t i) { return shared(begin - 1 - i) >= bits; })
               : run_length(sorted.size() - end, [&](size_t i) { return shared(end + i) >= bits; });
    const auto block = sorted.subspan(before ? begin - length : end, length);
    (before ? begin : end) = before ? begin - length : end + length;
    if (!visit_block(block, position, visit)) return;
  }
}

}  // namespace starling::directory
