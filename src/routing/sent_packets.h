// routing/sent_packets.h - the last recording packets that this node sent, so that an error can be believed and acted on.
//
// Rule:    an error counts only if it repeats the nonce of a packet that we sent to that destination.
// Bounds:  kMax packets; the oldest makes room.
// Threads: single owner.
#pragma once

#include <deque>
#include <optional>
#include <set>

#include "base/time.h"
#include "routing/mesh_packet.h"

namespace starling::routing {

struct SentPacket {
  uint32_t nonce = 0;
  crypto::NodeId destination;
  PayloadKind kind = PayloadKind::echo;
  Bytes payload;
  std::vector<Waypoint> waypoints;
  std::set<ShortId> tried;  // landmarks that led nowhere
  int tries = 1;
};

class SentPackets {
 public:
  // As many conversations may hit one failure at once; at most 4.5 MB, when all are full.
  static constexpr size_t kMax = 512;

  void add(SentPacket packet) {
    if (packets_.size() == kMax) packets_.pop_front();
    packets_.push_back(std::move(packet));
  }
  std::optional<SentPacket> take(uint32_t nonce) {
    for (auto packet = packets_.begin(); packet != packets_.end(); ++packet) {
      if (packet->nonce != nonce) continue;
      SentPacket found = std::move(*packet);
      packets_.erase(packet);
      return found;
    }
    return std::nullopt;
  }

 private:
  std::deque<SentPacket> packets_;
};

}  // namespace starling::routing
