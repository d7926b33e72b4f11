// routing/waiting_room.h - packets that wait at a router for leaves that sleep.
//
// How:     a leaf asks for it while it is linked; from the end of the link on, packets to it are kept until it comes back or
//          its time is over. Where room is short, the sender who takes most of it loses its oldest packet.
// Bounds:  kLeavesMax leaves; kPacketsMax packets and kBytesMax bytes for each, kBytesAll in all.
// Threads: single owner.   Wire: docs/wire/routing.md#sleep.
#pragma once

#include <chrono>
#include <map>
#include <vector>

#include "base/time.h"
#include "routing/types.h"

namespace starling::routing {

class WaitingRoom {
 public:
  static constexpr std::chrono::seconds kTimeMax{86'400};
  static constexpr size_t kLeavesMax = 256;
  static constexpr size_t kPacketsMax = 64;
  static constexpr size_t kBytesMax = size_t{128} << 10;
  static constexpr size_t kBytesAll = size_t{8} << 20;

  struct Packet {
    crypto::NodeId source;
    Bytes bytes;             // of the mesh packet, as it goes to the leaf
    size_t sealed_from = 0;  // see SendPacket
  };

  // Keep for `leaf` from now on what comes while it is away, until `time` has passed. Zero: no longer, and what is there is
  // dropped. False when there are too many leaves.
  bool reserve(Instant now, const crypto::NodeId& leaf, std::chrono::seconds time);
  [[nodiscard]] bool is_reserved(Instant now, const crypto::NodeId& leaf) const;
  // False when it is not kept: there is no room, or not for this leaf. Counts what had to go for it in `dropped`.
  bool keep(Instant now, const crypto::NodeId& leaf, Packet&& packet, uint64_t& dropped);
  // What waits for it, the oldest first.
  std::vector<Packet> take(const crypto::NodeId& leaf);
  // Of leaves whose time is over; returns how many packets went with them.
  uint64_t expire(Instant now);
  [[nodiscard]] size_t leaves() const { return places_.size(); }
  [[nodiscard]] size_t bytes() const { return bytes_; }

 private:
  struct Place {
    Instant until;
    std::vector<Packet> packets;
    size_t bytes = 0;
  };
  void drop(Place& place, size_t at);
  static size_t oldest_of_greediest(const Place& place);

  std::map<crypto::NodeId, Place> places_;
  size_t bytes_ = 0;
};

}  // namespace starling::routing
