// link/dial_attempts.h - handshakes that we began and that have no answer yet.
//
// How:     one attempt per peer and path; its init is repeated after kRetries and given up after kPatience.
// Threads: single owner.   Wire: docs/wire/link.md#handshake.
#pragma once

#include <map>
#include <optional>
#include <vector>

#include "base/time.h"
#include "link/carrier.h"
#include "link/cookie.h"
#include "link/handshake.h"

namespace starling::link {

struct DialAttempt {
  crypto::NodeKey peer;
  PathId path;
  bool by_owner = false;  // asked for with dial(), so that its failure is reported
  MacKeys peer_mac_keys;
  Initiation initiation;
  Instant begun;
  std::optional<Cookie> cookie;
  crypto::Mac last_mac1;
  int tries = 0;
  Instant next_try;
};

class DialAttempts {
 public:
  static constexpr size_t kMax = 256;
  static constexpr Duration kPatience = 5s;
  // Pause after the n-th try: quick at first, since a neighbour that starts at the same moment answers the second or third.
  static Duration pause_after(int tries) { return std::min<Duration>(tries * 100ms, 500ms); }

  [[nodiscard]] bool has_room() const { return attempts_.size() < kMax; }
  void add(DialAttempt attempt);
  [[nodiscard]] DialAttempt* find(uint32_t local_index);
  [[nodiscard]] DialAttempt* find(const crypto::NodeKey& peer, const PathId& path);
  // The one begun first.
  [[nodiscard]] DialAttempt* find(const crypto::NodeKey& peer);
  // Drops all attempts to `peer`; returns their local indices.
  std::vector<uint32_t> remove(const crypto::NodeKey& peer);
  // Takes out all attempts over `carrier`.
  std::vector<DialAttempt> take_carrier(CarrierId carrier);
  // The next attempt whose init is to be sent now; advances its schedule.
  DialAttempt* poll_due(Instant now);
  // Takes out an attempt that is past its patience.
  std::optional<DialAttempt> poll_given_up(Instant now);
  [[nodiscard]] Instant next_timeout() const;
  [[nodiscard]] size_t size() const { return attempts_.size(); }

 private:
  std::map<uint32_t, DialAttempt> attempts_;  // by local index
};

}  // namespace starling::link
