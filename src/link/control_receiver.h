// link/control_receiver.h - the receiving half of a link's reliable ordered control channel.
//
// How:     handle_segment() puts bytes in their place; poll_message() gives whole messages in order; ack() says what arrived.
// Bounds:  bytes beyond kWindow of the next one expected are refused; ControlSender never goes beyond.
// Threads: single owner.   Wire: docs/wire/link.md#control-channel.
#pragma once

#include <deque>
#include <map>
#include <optional>

#include "base/bytes.h"
#include "link/frame.h"

namespace starling::link {

class ControlReceiver {
 public:
  static constexpr size_t kWindow = 256 << 10;
  // Pieces kept beyond gaps; a segment that would be one more is dropped. Messages not polled yet have no bound of their
  // own: the owner polls after each segment.
  static constexpr size_t kGapsMax = 64;

  enum class Outcome : uint8_t {
    taken,
    repeated,   // nothing new in it
    no_room,    // too many gaps: dropped, the peer will send it again
    violation,  // beyond the window, or a message longer than allowed: close the link
  };
  // Pre, as the decoder of ControlFrame ensures: not empty, and offset + bytes.size() <= wire::kVarintMax. After `violation`
  // the object is of no more use.
  Outcome handle_segment(uint64_t offset, ByteView bytes);
  std::optional<Bytes> poll_message();
  // What arrived, for an acknowledgement.
  [[nodiscard]] AckFrame ack() const;

 private:
  Outcome insert_gap_segment(uint64_t offset, ByteView bytes);
  void move_contiguous();
  [[nodiscard]] bool split_messages();

  uint64_t contiguous_ = 0;          // first byte not received
  std::map<uint64_t, Bytes> later_;  // received beyond a gap, apart and not touching
  Bytes partial_;                    // received, not yet a whole message
  std::deque<Bytes> messages_;
};

}  // namespace starling::link
