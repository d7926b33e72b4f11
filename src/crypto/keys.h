// crypto/keys.h - the fixed-size values that name things, each a type of its own.
#pragma once

#include "base/bytes.h"

namespace starling::crypto {

// Ed25519 public keys (RFC 8032).
using NodeKey = FixedBytes<32, struct NodeKeyTag>;
using AccountKey = FixedBytes<32, struct AccountKeyTag>;
using SiteKey = FixedBytes<32, struct SiteKeyTag>;

using Signature = FixedBytes<64, struct SignatureTag>;
// SHA-256 of anything.
using Digest = FixedBytes<32, struct DigestTag>;
// X25519 public keys (RFC 7748).
using DhPublicKey = FixedBytes<32, struct DhPublicKeyTag>;

// SHA-256 of a node key: the node's place in the directory's key space.
using Position = FixedBytes<32, struct PositionTag>;
// The first 16 bytes of the position: the node's name in routing.
using NodeId = FixedBytes<16, struct NodeIdTag>;

}  // namespace starling::crypto
