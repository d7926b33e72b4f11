// crypto/mesh_address.h - the IPv6 address of a node, for programs that know nothing of Starling.
//
// fd53:54 and the first 104 bits of the node's position, in the space of RFC 4193 that needs no registry.
// It is unique for all practical purposes, and proves nothing: only the key does.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "crypto/keys.h"

namespace starling::crypto {

// In network byte order.
using MeshAddress = FixedBytes<16, struct MeshAddressTag>;

MeshAddress mesh_address_of(const NodeKey& key);
// RFC 5952, without brackets.
std::string to_text(const MeshAddress& address);
// Any spelling of RFC 4291; empty for what is no IPv6 address, or one outside fd53:54.
std::optional<MeshAddress> parse_mesh_address(std::string_view text);

}  // namespace starling::crypto
