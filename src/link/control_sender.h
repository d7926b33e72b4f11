// link/control_sender.h - the sending half of a link's reliable ordered control channel.
//
// How:     messages become one byte stream {length varint, bytes}...; the stream goes out in segments, each kept until
//          acknowledged; loss is seen by later segments being acknowledged or by a timeout; a congestion window in the
//          manner of NewReno (RFC 9002) bounds what is under way.
// Drive:   send(), then while next_segment() gives one, put it on the wire; handle_ack(), handle_timeout().
// Threads: single owner.   Wire: docs/wire/link.md#control-channel.
#pragma once

#include <deque>
#include <optional>

#include "base/bytes.h"
#include "base/time.h"
#include "link/frame.h"
#include "link/rtt.h"

namespace starling::link {

class ControlSender {
 public:
  // A message is at most this long; receivers refuse longer ones.
  static constexpr size_t kMessageMax = 16 << 10;
  // Stream bytes kept, sent or not; send() refuses beyond. A full routing table of 1,100 entries of 200 bytes fits.
  static constexpr size_t kBufferMax = 1 << 20;
  static constexpr Duration kTimeoutMin = 50ms;
  static constexpr Duration kTimeoutMax = 2s;

  // Takes a message of 1 to kMessageMax bytes (checked). False, with nothing taken, when the buffer is full.
  [[nodiscard]] bool send(ByteView message);

  struct Segment {
    uint64_t offset = 0;
    Bytes bytes;
  };
  // The next segment that may go out now, of at most `size_max` bytes (pre: > 0); lost ones first.
  std::optional<Segment> next_segment(Instant now, size_t size_max);
  [[nodiscard]] bool wants_to_send() const;

  // False when the peer acknowledges what was never sent: a protocol violation. Feeds `rtt`.
  [[nodiscard]] bool handle_ack(Instant now, const AckFrame& ack, RttEstimator& rtt);
  // The oldest segment got no answer in time: it counts as lost.
  void handle_timeout(Instant now, const RttEstimator& rtt);
  [[nodiscard]] Instant next_timeout(const RttEstimator& rtt) const;

  // Timeouts since the last acknowledgement that moved something: two or more hint at an MTU that has shrunk.
  [[nodiscard]] int timeouts_in_a_row() const { return timeouts_in_a_row_; }
  [[nodiscard]] size_t buffered() const { return buffer_.size(); }

 private:
  struct InFlight {
    uint64_t offset;
    size_t size;
    Instant sent_at;
    uint64_t order;  // of transmission, over all segments
    bool acknowledged;
    bool lost;
    bool resent;
  };

  // One past the last stream byte that may go out: what lies further would not fit the receiver's window while the first
  // segment not acknowledged is missing there.
  [[nodiscard]] uint64_t sendable_end() const;
  [[nodiscard]] Segment segment_of(const InFlight& flight) const;
  void mark_acknowledged(Instant now, const AckFrame& ack, RttEstimator& rtt);
  void detect_loss();
  void shrink_window();
  void drop_acknowledged_front();

  std::deque<uint8_t> buffer_;  // stream bytes from base_ on
  uint64_t base_ = 0;           // offset of the first byte not acknowledged
  uint64_t next_offset_ = 0;    // first byte never sent
  std::deque<InFlight> flights_;
  uint64_t next_order_ = 1;
  uint64_t highest_acknowledged_order_ = 0;
  // Losses of segments sent before do not shrink the window again.
  uint64_t recovery_until_order_ = 0;
  size_t bytes_in_flight_ = 0;
  size_t window_ = kWindowStart;
  size_t slow_start_limit_ = kWindowMax;
  int timeouts_in_a_row_ = 0;

  static constexpr size_t kWindowStart = 14'720;  // RFC 9002 section 7.2
  static constexpr size_t kWindowMin = 2'400;
  static constexpr size_t kWindowMax = 128 << 10;  // half of what ControlReceiver buffers
};

}  // namespace starling::link
