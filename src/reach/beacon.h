// reach/beacon.h - how nodes on one local network notice each other: the datagram, and when to send it.
//
// How:     a few beacons at start, then one about every 10 s; a beacon of a node not known yet is answered
//          by one.
// Drive:   after the constructor and every handle_*(), ask poll_send(), then re-arm next_timeout().
// Time:    `now` never goes backwards between calls (checked).  Threads: single owner.
// Wire:    docs/wire/beacon.md.
#pragma once

#include <array>
#include <cstdint>
#include <expected>
#include <string_view>

#include "base/bytes.h"
#include "base/rng.h"
#include "base/time.h"
#include "crypto/keys.h"
#include "crypto/network_tag.h"

namespace starling::reach {

// Why a datagram is no beacon of this version; the receiver counts each.
enum class BeaconDrop : uint8_t { not_a_beacon, other_version, malformed, count_ };
std::string_view name_of(BeaconDrop reason);

//  0        4  5          13     15               47           55
//  | "STRL" |1 | network  | port | node key       | life       |
//
// Nothing in it is authenticated: `node_key` is a hint whom to shake hands with at the datagram's source
// address, and `life` alone must never stop a node.
struct Beacon {
  static constexpr size_t kSize = 55;
  static constexpr uint8_t kVersion = 1;

  crypto::NetworkTag network;
  uint16_t udp_port = 0;
  crypto::NodeKey node_key;
  // A random number of this run: the same key with another life is a second process on the same home.
  uint64_t life = 0;

  [[nodiscard]] static std::expected<Beacon, BeaconDrop> decode(ByteView datagram);
  // Pre: udp_port != 0.
  [[nodiscard]] Bytes encode() const;
  friend bool operator==(const Beacon&, const Beacon&) = default;
};

// Beacons after the start: three, because the first is often lost while an interface comes up.
inline constexpr std::array<Duration, 3> kBeaconStartOffsets = {0ms, 250ms, 1s};
// Between the later ones: short enough to find a missed node while a person waits, 8 B/s with all headers.
inline constexpr Duration kBeaconInterval = 10s;
// Part of the interval by which it varies, so that nodes that started together drift apart.
inline constexpr double kBeaconJitter = 0.2;
// Answers to unknown nodes: at once, but this far apart, whatever anybody sends. One that comes too early
// waits.
inline constexpr Duration kBeaconAnswerInterval = 2s;

// Attacks answered: a flood of beacons with invented keys yields one answer each kBeaconAnswerInterval, no
// state per sender, and never keeps the regular beacons from going out.
class BeaconSchedule {
 public:
  // The first beacon is due at `now`. `rng` is borrowed and must outlive this object; one draw per regular
  // interval.
  BeaconSchedule(Rng& rng, Instant now);

  // A beacon of our network arrived whose node is not known yet. Which nodes are known is the caller's
  // affair.
  void handle_unknown_beacon(Instant now);
  // Before next_timeout() it does nothing. After a long pause (a sleeping computer) one beacon goes out, not
  // many.
  void handle_timeout(Instant now);

  // True when one beacon is to be sent now on every interface; false until the next is due.
  [[nodiscard]] bool poll_send();
  [[nodiscard]] Instant next_timeout() const;

 private:
  void check_time(Instant now);
  [[nodiscard]] Instant next_regular(Instant now);
  void send_answer(Instant now);

  Rng& rng_;
  Instant start_;
  Instant last_now_;
  Instant regular_at_;
  Instant answer_at_ = kNever;   // an answer that came too early for its interval
  Instant answer_allowed_from_;  // start of the next answer interval
  size_t start_offsets_done_ = 0;
  bool send_due_ = false;
};

}  // namespace starling::reach
