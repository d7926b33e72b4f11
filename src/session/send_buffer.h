// session/send_buffer.h - bytes of a stream from write() until the peer has acknowledged them.
//
// How:   a chain of owned chunks, each as it was written, so nothing is copied or moved. What gather() shows stays where it is
//        until it is acknowledged: QUIC sends it again from there.
#pragma once

#include <deque>

#include "base/bytes.h"

namespace starling::session {

class SendBuffer {
 public:
  // Smaller chunks are put together in one of this size.
  static constexpr size_t kSmallChunk = 1'024;
  static constexpr size_t kJoinedChunk = 4'096;

  void push(Bytes chunk);
  // Views of unsent bytes, in order: as many as fit in `into`, and no more than make up `size` bytes; how many.
  size_t gather(std::span<ByteView> into, size_t size) const;
  // The first `size` unsent bytes are sent.
  void mark_sent(size_t size);
  // All bytes of the stream below `offset` have arrived. Pre: they are sent.
  void acknowledge(uint64_t offset);
  // Pre: nothing shows its bytes to QUIC any more.
  void clear();

  // Not yet acknowledged.
  [[nodiscard]] size_t size() const { return static_cast<size_t>(end_ - acknowledged_); }
  [[nodiscard]] bool any_acknowledged() const { return acknowledged_ > 0; }
  [[nodiscard]] size_t unsent() const { return static_cast<size_t>(end_ - sent_); }

 private:
  std::deque<Bytes> chunks_;
  size_t next_chunk_ = 0;  // holds the first unsent byte, or is chunks_.size()
  size_t next_in_chunk_ = 0;
  uint64_t front_ =
      0;  // offsets in the stream: of the first chunk, of the first byte that is not acknowledged, ...
  uint64_t acknowledged_ = 0;
  uint64_t sent_ = 0;
  uint64_t end_ = 0;
};

}  // namespace starling::session
