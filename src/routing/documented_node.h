// routing/documented_node.h - for tests: the node, the chain and the ids of the examples on docs/wire/routing.md.
#pragma once

#include <string_view>

#include "crypto/identity.h"
#include "routing/announcement.h"
#include "routing/sequence_chain.h"
#include "routing/types.h"

namespace starling::routing::documented {

inline Bytes bytes_of(std::string_view hex) { return from_hex(hex).value(); }
template <typename Fixed>
Fixed fixed_of(std::string_view hex) {
  return Fixed::from(bytes_of(hex)).value();
}

inline constexpr std::string_view kAnnouncementHex =
    "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a"
    "00"
    "00"
    "01"
    "40"
    "6b49d200"
    "00002a30"
    "d9872d149bb0ac7cdff846bfd02e440c"
    "282dff4c62ee2b043f8f24352a9abb8d26b3ca8f55eb404559e01484df1d069c"
    "5edea149624dc49c2387d7155c6f5594307ecba2b1635ff83824c8e87aec5902";

// Of the work on docs/wire/work-proof.md.
inline constexpr std::string_view kProofHex =
    "0607d322cef9cc4ee55622b8c380cdf58ae3319d7ffe107e0f3e147cb370bb48"
    "92eae862e0103578a763c99fcb1708";
// The announcement of the epoch after that, with the proof.
inline constexpr std::string_view kProvenAnnouncementHex =
    "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a"
    "01"
    "00"
    "01"
    "40"
    "6b49d201"
    "00002a30"
    "d9872d149bb0ac7cdff846bfd02e440c"
    "0607d322cef9cc4ee55622b8c380cdf58ae3319d7ffe107e0f3e147cb370bb48"
    "92eae862e0103578a763c99fcb1708"
    "0870fa3c2f94426affdb5a51b8de93c5b6f003914859c980ae5ff604b8968904"
    "567cf16110967bbfce2f2d340ca35d5af448d05c58e43dbe08b683d63a19e90d";

// The key pair of the first test of RFC 8032, section 7.1.
inline crypto::Identity identity() {
  const Bytes seed = bytes_of("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60");
  return crypto::Identity(crypto::SigningSeed(ByteView(seed).first<crypto::SigningSeed::kSize>()));
}
inline crypto::NodeId node() {
  return fixed_of<crypto::NodeId>("21fe31dfa154a261626bf854046fd227");
}
// The other node of the examples: it asks, probes and sends.
inline crypto::NodeId asker() {
  return fixed_of<crypto::NodeId>("a0a1a2a3a4a5a6a7a8a9aaabacadaeaf");
}
// The id whose eight bytes are all `byte`.
inline ShortId short_id(uint8_t byte) {
  ShortId id;
  id.value.fill(byte);
  return id;
}

// Of the chain whose last element, 8192, is 000102...0f.
inline ChainValue element(uint32_t position) {
  return descend(fixed_of<ChainValue>("000102030405060708090a0b0c0d0e0f"),
                 kSteps * kBuckets - position);
}

inline Announcement announcement() {
  Announcement announcement;
  announcement.key = identity().key();
  announcement.epoch = 1'800'000'000;
  announcement.lifetime_s = Announcement::kLifetimeSecondsMax;
  announcement.anchor = element(0);
  sign(announcement, identity());
  return announcement;
}

inline PriorityProof proof() { return fixed_of<PriorityProof>(kProofHex); }
inline Announcement proven_announcement() {
  Announcement proven = announcement();
  proven.proof_kind = ProofKind::work;
  proven.epoch += 1;
  proven.proof = proof();
  sign(proven, identity());
  return proven;
}

}  // namespace starling::routing::documented
