// directory/key_space.h - positions, and how far they are apart: the XOR of their first 16 bytes.
//
// A node's own position begins with its NodeId, so nodes and records share one space.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <vector>

#include "crypto/keys.h"

namespace starling::directory {

using crypto::NodeId;
using crypto::Position;

// The first 16 bytes of a key as a number, most significant first: the order of numbers is that of the bytes.
struct KeyNumber {
  uint64_t high = 0;
  uint64_t low = 0;
  friend auto operator<=>(const KeyNumber&, const KeyNumber&) = default;
};

template <size_t N, typename Tag>
KeyNumber number_of(const FixedBytes<N, Tag>& key) {
  static_assert(N >= 16);
  std::array<uint64_t, 2> halves;
  std::memcpy(halves.data(), key.value.data(), sizeof halves);
  if constexpr (std::endian::native == std::endian::little)
    return {std::byteswap(halves[0]), std::byteswap(halves[1])};
  return {halves[0], halves[1]};
}

inline NodeId id_of(const KeyNumber& number) {
  std::array<uint64_t, 2> halves = {number.high, number.low};
  if constexpr (std::endian::native == std::endian::little)
    halves = {std::byteswap(halves[0]), std::byteswap(halves[1])};
  NodeId node;
  std::memcpy(node.value.data(), halves.data(), sizeof halves);
  return node;
}

using Distance = KeyNumber;

inline Distance distance(const KeyNumber& a, const KeyNumber& b) {
  return {a.high ^ b.high, a.low ^ b.low};
}
inline Distance distance(const NodeId& node, const Position& position) {
  return distance(number_of(node), number_of(position));
}

// Whether it is the node's own position.
inline bool is_at(const NodeId& node, const Position& position) {
  return number_of(node) == number_of(position);
}

// The position whose first 16 bytes are the node's id; the rest is zero, and counts for nothing in distances.
inline Position position_of_node(const NodeId& node) {
  Position position{};
  std::copy(node.value.begin(), node.value.end(), position.value.begin());
  return position;
}

// How many of the first bits are the same: 0 to 128.
inline size_t common_bits(const KeyNumber& a, const KeyNumber& b) {
  const Distance apart = distance(a, b);
  return static_cast<size_t>(apart.high != 0 ? std::countl_zero(apart.high)
                                             : 64 + std::countl_zero(apart.low));
}
inline size_t common_bits(const NodeId& a, const NodeId& b) {
  return common_bits(number_of(a), number_of(b));
}

// The bit behind the first `bits` ones. Pre: bits < 128.
inline bool bit_behind(const KeyNumber& number, size_t bits) {
  return ((bits < 64 ? number.high >> (63 - bits) : number.low >> (127 - bits)) & 1) != 0;
}

inline bool contains(const std::vector<NodeId>& nodes, const NodeId& node) {
  return std::find(nodes.begin(), nodes.end(), node) != nodes.end();
}

}  // namespace starling::directory
