// session/receive_buffer.h - bytes of a stream from their arrival until they are read.
//
// How:   a chain of chunks; what arrives is copied once, and a chunk that is read whole is handed out as it is.
#pragma once

#include <deque>

#include "base/bytes.h"

namespace starling::session {

class ReceiveBuffer {
 public:
  // Room of a chunk: little for the first bytes, which are mostly read at once, more when reading falls behind.
  static constexpr size_t kFirstChunk = 4'096;
  static constexpr size_t kChunk = 65'536;

  void append(ByteView bytes);
  // The next bytes, at least one unless nothing is left, at most `max`. Pre: max > 0.
  Bytes read(size_t max);
  void clear();

  [[nodiscard]] size_t size() const { return size_; }
  [[nodiscard]] bool empty() const { return size_ == 0; }

 private:
  std::deque<Bytes> chunks_;
  size_t read_in_front_ = 0;
  size_t size_ = 0;
};

}  // namespace starling::session
