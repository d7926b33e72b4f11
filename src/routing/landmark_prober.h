// routing/landmark_prober.h - keeps this node's address true: probes its landmarks and collects the paths they answer.
//
// How:     the landmarks are chosen anew when the table has been quiet for kQuiet; each is probed at once, again when its first
//          hop or its distance changes, and then ever more rarely. A landmark that does not answer kSilentMax probes is left out.
// Drive:   handle_table_changed(); poll_probe() until empty; handle_answer(); poll_address() says when the address is new.
// Threads: single owner.   Wire: docs/wire/routing.md#probe.
#pragma once

#include <map>
#include <optional>

#include "base/rng.h"
#include "crypto/secure_random.h"
#include "routing/address.h"
#include "routing/probe.h"

namespace starling::routing {

class LandmarkProber {
 public:
  static constexpr Duration kQuiet = 100ms;
  // While the table never gets quiet, choose anyway after this.
  static constexpr Duration kQuietMax = 1s;
  static constexpr Duration kAnswerWait = 1s;
  static constexpr int kSilentMax = 3;

  explicit LandmarkProber(crypto::SecureRandom& random) : random_(random) {}

  void handle_table_changed(Instant now);
  struct Order {
    crypto::NodeId landmark;
    uint32_t nonce;
  };
  std::optional<Order> poll_order(Instant now, const RouteTable& table);
  // Of that landmark, with the path that it came over. False when nothing like it was asked.
  bool handle_answer(Instant now, const crypto::NodeId& from, uint32_t nonce, LandmarkPath path);
  // The address as it is now, when it differs from the last one polled and is complete enough to be worth telling.
  std::optional<Address> poll_address(Instant now);
  [[nodiscard]] const Address& address() const { return last_address_; }
  [[nodiscard]] Instant next_timeout() const;

 private:
  struct Landmark {
    std::optional<LandmarkPath> path;
    std::optional<NeighbourId> first_hop;
    Metric distance = kInfinity;
    uint32_t nonce = 0;
    Instant next_probe;
    bool waiting = false;
    int silent = 0;
    int answered = 0;
  };
  void choose(Instant now, const RouteTable& table);
  [[nodiscard]] static Duration repeat_after(int answered);

  crypto::SecureRandom& random_;
  std::map<crypto::NodeId, Landmark> landmarks_;
  Instant choose_at_ = kNever;
  Instant changed_since_ = kNever;
  bool address_changed_ = false;
  Address last_address_;
};

}  // namespace starling::routing
