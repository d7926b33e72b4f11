// link/mtu_search.h - finds the largest packet that one path carries (in the manner of RFC 8899).
//
// How:     probes of the sizes in kSizes above the proven one go out together; the largest that is acknowledged counts.
//          What stayed silent is tried again after 1 s, 5 s and 30 s, then once an hour. While packets of more than half the
//          proven size or 1,000 bytes are sent, the next larger size in kSizes is probed again each minute: three silent
//          probes, or suspect(), start over from kCarrierMtuMin.
// Drive:   while poll_probe() gives a size, send a packet of that size; handle_ack(); next_timeout().
// Threads: single owner.   Wire: docs/wire/link.md#mtu.
#pragma once

#include <algorithm>
#include <array>
#include <optional>

#include "base/time.h"
#include "link/packet.h"

namespace starling::link {

class MtuSearch {
 public:
  // Packet sizes without IP and UDP headers: radio, the IPv4 minimum, IPv6 minimum, tunnels, PPPoE, Ethernet over IPv6
  // and IPv4, and jumbo frames of about 2,200, 4,092, 8,896 and 9,000 bytes over IPv6.
  static constexpr std::array<uint16_t, 11> kSizes = {256,   548,   1'232, 1'372, 1'420, 1'452,
                                                      1'472, 2'176, 4'044, 8'848, 8'952};
  static constexpr uint16_t kLargest = kSizes.back();

  // `reliable`: a stream carrier, which carries kLargest by definition.
  MtuSearch(Instant now, bool reliable);

  [[nodiscard]] size_t mtu() const { return mtu_; }
  std::optional<uint16_t> poll_probe(Instant now);
  void handle_ack(uint16_t size);
  void handle_sent(Instant now, size_t size);  // any packet but probes
  // Large packets seem to vanish while small ones pass.
  void suspect(Instant now);
  [[nodiscard]] Instant next_timeout() const { return std::min(next_search_, next_verify_); }

 private:
  [[nodiscard]] uint16_t size_to_verify() const;
  void end_verifying();
  size_t mtu_;
  bool done_;
  Instant next_search_;
  int searches_ = 0;
  size_t probe_index_ = kSizes.size();  // next size of this search to hand out
  Instant next_verify_ = kNever;        // set once a large packet was sent after the last proof
  size_t unproven_ = 0;                 // the largest of these
  int verify_silent_ = 0;
};

}  // namespace starling::link
