// sim/host_id.h - names one simulated computer: its index in the order of Network::add_host().
#pragma once

#include <cstddef>
#include <cstdint>

namespace starling::sim {

enum class HostId : uint32_t {};

// Stands for "nobody": the receiver of a packet to an address that no host has.
inline constexpr HostId kNoHost{0xffff'ffff};

constexpr size_t index_of(HostId host) { return static_cast<size_t>(host); }

}  // namespace starling::sim
