// link/pending_sessions.h - handshakes answered whose first data packet has not come yet.
//
// Rules and the attacks they answer:
//  - nothing about an existing link changes until a packet under the new keys proves that the init was no replay;
//  - a repeated init gets the same answer again, so that repeats cost nothing and displace nothing;
//  - kPerPeerMax per peer and kMax in all; one younger than kProtected is never displaced (a flood of replays must not
//    push out a genuine handshake within its round trip);
//  - each lives kLifetime.
// Threads: single owner.
#pragma once

#include <map>
#include <optional>
#include <vector>

#include "base/time.h"
#include "link/carrier.h"
#include "link/handshake.h"

namespace starling::link {

struct PendingSession {
  crypto::NodeKey peer;
  PathId path;                    // where the answer went: what a confirmation proves
  crypto::DhPublicKey ephemeral;  // of the init
  uint64_t own_instance = 0;
  Established established;
  Bytes answer;  // complete with macs
  Instant made;
};

class PendingSessions {
 public:
  static constexpr size_t kMax = 256;
  static constexpr size_t kPerPeerMax = 4;
  static constexpr Duration kProtected = 1s;
  static constexpr Duration kLifetime = 10s;

  // Whether add() would take one more for this peer now.
  [[nodiscard]] bool has_room(Instant now, const crypto::NodeKey& peer) const;
  // Pre: has_room(). Returns the local index of the one displaced, if any.
  std::optional<uint32_t> add(Instant now, PendingSession session);
  [[nodiscard]] PendingSession* find(uint32_t local_index);
  [[nodiscard]] const PendingSession* find_repeat(ByteView ephemeral) const;
  // The instance we told this peer in an answer it has not confirmed, if any.
  [[nodiscard]] std::optional<uint64_t> own_instance_for(const crypto::NodeKey& peer) const;
  PendingSession take(uint32_t local_index);
  // Drops all of `peer`, or all answered over `carrier`; returns their local indices.
  std::vector<uint32_t> remove(const crypto::NodeKey& peer);
  std::vector<uint32_t> remove_carrier(CarrierId carrier);
  // Local indices of those past their time.
  std::vector<uint32_t> expire(Instant now);
  [[nodiscard]] Instant next_timeout() const;
  [[nodiscard]] size_t size() const { return sessions_.size(); }

 private:
  using Sessions = std::map<uint32_t, PendingSession>;
  template <typename Matches>
  std::vector<uint32_t> remove_if(Matches matches);
  // The one that has to go for another of `peer`; end() when none has to.
  [[nodiscard]] Sessions::const_iterator displaced_by(const crypto::NodeKey& peer) const;

  Sessions sessions_;  // by local index
};

}  // namespace starling::link
