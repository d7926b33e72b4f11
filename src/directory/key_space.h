// directory/key_space.h - positions, and how far they are apart: the XOR of their first 16 bytes.
//
// A node's own position begins with its NodeId, so nodes and records share one space.
#pragma once

#include <algorithm>
#include <bit>
#include <vector>

#include "crypto/keys.h"

namespace starling::directory {

using crypto::NodeId;
using crypto::Position;

using Distance = std::array<uint8_t, NodeId::kSize>;

inline Distance distance(const NodeId& node, const Position& position) {
  Distance result;
  for (size_t i = 0; i < result.size(); ++i) result[i] = node.value[i] ^ position.value[i];
  return result;
}

// The position whose first 16 bytes are the node's id; the rest is zero, and counts for nothing in distances.
inline Position position_of_node(const NodeId& node) {
  Position position{};
  std::copy(node.value.begin(), node.value.end(), position.value.begin());
  return position;
}

// How many of the first bits are the same: 0 to 128.
inline size_t common_bits(const NodeId& a, const NodeId& b) {
  for (size_t i = 0; i < NodeId::kSize; ++i) {
    const auto difference = static_cast<uint8_t>(a.value[i] ^ b.value[i]);
    if (difference != 0) return i * 8 + static_cast<size_t>(std::countl_zero(difference));
  }
  return NodeId::kSize * 8;
}

inline bool contains(const std::vector<NodeId>& nodes, const NodeId& node) {
  return std::find(nodes.begin(), nodes.end(), node) != nodes.end();
}

}  // namespace starling::directory
