// link/path_set.h - the carrier paths of one link: which are proven, and which one carries the traffic.
//
// Rules and the attacks they answer:
//  - an address that did not answer a challenge gets at most kAmplificationMax times the bytes that came from it, and only
//    challenges and answers (forged source addresses must not turn a node into a weapon; RFC 9000 section 8);
//  - traffic moves to a proven path only while the active one is silent, or from TCP to UDP (a copy of a packet
//    sent from elsewhere must not capture the link);
//  - kPathsMax paths; the longest silent inactive one makes room.
// Threads: single owner.   Wire: docs/wire/link.md#paths.
#pragma once

#include <list>
#include <optional>
#include <vector>

#include "base/time.h"
#include "crypto/secure_random.h"
#include "link/carrier.h"
#include "link/mtu_search.h"

namespace starling::link {

struct CarrierPath {
  PathId id;
  CarrierKind kind = CarrierKind::udp;
  bool validated = false;
  Instant last_heard{};
  uint64_t bytes_received = 0;  // counted until validated
  uint64_t bytes_sent = 0;      // likewise
  uint64_t challenge = 0;
  Instant next_challenge = kNever;
  int challenges_left = 0;
  MtuSearch mtu;
};

class PathSet {
 public:
  static constexpr size_t kPathsMax = 4;
  static constexpr uint64_t kAmplificationMax = 3;
  static constexpr int kChallengesMax = 5;
  static constexpr Duration kChallengeInterval = 300ms;

  explicit PathSet(crypto::SecureRandom& random) : random_(random) {}

  // A path that a handshake proved. The first one becomes active.
  void add_validated(Instant now, const PathId& id, CarrierKind kind);
  // An authentic packet of `size` bytes came over `id`; unknown paths are added and will be challenged. `newest`: no packet
  // with a higher counter came before. `silence`: how long the active path must have been silent to lose its place.
  void handle_received(Instant now, const PathId& id, CarrierKind kind, size_t size, bool newest,
                       Duration silence);
  // The answer to a challenge came over `id`. False when it fits none.
  bool handle_response(Instant now, const PathId& id, uint64_t token);
  // Challenges due now: the caller sends each on its path.
  struct Challenge {
    PathId path;
    uint64_t token;
  };
  std::optional<Challenge> poll_challenge(Instant now);
  // True when `size` more bytes may go to `id`; counts them as sent.
  bool may_send(const PathId& id, size_t size);
  void remove_carrier(CarrierId carrier);

  // The path for traffic; none before the first validated one and after the last one went away.
  [[nodiscard]] CarrierPath* active();
  [[nodiscard]] const CarrierPath* active() const;
  [[nodiscard]] CarrierPath* find(const PathId& id);
  [[nodiscard]] std::vector<PathId> validated() const;
  // A list, so that references survive additions and the removal of other paths.
  std::list<CarrierPath>& all() { return paths_; }
  [[nodiscard]] Instant next_timeout() const;

 private:
  CarrierPath& add(Instant now, const PathId& id, CarrierKind kind);
  void consider(Instant now, CarrierPath& path, Duration silence);

  crypto::SecureRandom& random_;
  std::list<CarrierPath> paths_;
  std::optional<PathId> active_;
};

}  // namespace starling::link
