// sim/paths.h - decides what happens to a packet between two hosts: when it arrives, if it does.
//
// How:     each ordered pair has the default properties or its own. A block stops packets where
//          they are handed over; those in flight arrive. Packets of one pair keep their order,
//          jitter or not, except those drawn for reordering.
// Time:    `now` never goes backwards.  Threads: single owner.
#pragma once

#include <optional>
#include <vector>

#include "base/rng.h"
#include "base/time.h"
#include "sim/packet_fate.h"
#include "sim/pair_table.h"

namespace starling::sim {

struct LinkProperties {
  Duration latency = 10ms;
  Duration jitter = 0ms;  // further delay, uniform in [0, jitter]
  double loss = 0;        // probability
  // Probability of a further delay, uniform in [0, 4 * (latency + jitter)], that others overtake.
  double reorder = 0;
  double duplicate = 0;  // probability of a second copy, up to latency + jitter later
  size_t mtu = 1500;     // bytes of the IP packet: UDP payload + 28 (IPv4) or + 48 (IPv6)
  // Of IP packets; 0: unlimited. What would wait longer than queue_ms_max to be sent is dropped.
  double bytes_per_s = 0;
  int64_t queue_ms_max = 100;
  friend bool operator==(const LinkProperties&, const LinkProperties&) = default;
};

struct Transit {
  std::optional<PacketFate> drop;  // the reason, or nothing: it arrives
  Instant arrival;
  std::optional<Instant> copy_arrival;
  bool reordered = false;
};

class Paths {
 public:
  // From a host to itself; nothing else applies there.
  static constexpr Duration kLoopbackDelay = 20us;

  explicit Paths(uint64_t seed) : rng_(seed) {}

  // For all pairs without properties of their own.
  void set_default(const LinkProperties& link);
  void set_one_way(HostId from, HostId to, const LinkProperties& link);
  void set_blocked_one_way(HostId from, HostId to, bool blocked);
  // Hosts of different groups do not reach each other; hosts in no group form one more. Replaces
  // the last partition.
  void partition(const std::vector<std::vector<HostId>>& groups);
  // Ends the partition and all blocks. Properties stay.
  void heal();

  [[nodiscard]] bool blocked(HostId from, HostId to) const;
  [[nodiscard]] Transit transit(Instant now, HostId from, HostId to, size_t ip_bytes);
  // For streams, which retransmit what is lost: a draw of latency and jitter, and the time that the
  // bytes take to send.
  [[nodiscard]] Duration stream_delay(HostId from, HostId to);
  [[nodiscard]] Duration sending_time(HostId from, HostId to, size_t bytes) const;

 private:
  struct State {
    uint32_t link = 0;  // index in links_
    bool blocked = false;
    Instant busy_until{};
    Instant last_arrival{};
  };

  [[nodiscard]] const LinkProperties& link_of(const State* state) const;
  [[nodiscard]] bool separated(HostId from, HostId to) const;
  [[nodiscard]] uint32_t group_of(HostId host) const;
  Duration uniform_up_to(Duration limit);

  Rng rng_;
  // The first is the default. Grows by one per change to something new: as many as a test sets.
  std::vector<LinkProperties> links_{LinkProperties{}};
  PairTable<State> states_;
  std::vector<uint32_t> groups_;  // by host; empty: no partition
};

}  // namespace starling::sim
