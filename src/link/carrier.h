// link/carrier.h - what carries packets to a neighbour: a UDP socket or one TCP connection, and an address behind it.
#pragma once

#include <compare>
#include <cstdint>

#include "base/endpoint.h"

namespace starling::link {

// Given out by the owner of the sockets; never reused.
struct CarrierId {
  uint32_t value = 0;
  friend auto operator<=>(const CarrierId&, const CarrierId&) = default;
};

enum class CarrierKind : uint8_t { udp, tcp };

struct PathId {
  CarrierId carrier;
  Endpoint remote;
  friend auto operator<=>(const PathId&, const PathId&) = default;
};

}  // namespace starling::link
